//! `move_child`: gives a child another parent of the project. Both parents are settled: one has a child less, one a child
//! more.

use serde_json::json;

use super::reply::{Body, Reply};
use super::{Call, registering};
use crate::db::totals;
use crate::error::{Error, ErrorCode, FieldError};
use crate::ids::CloginId;
use crate::lenient;
use crate::project::file::Structure;
use crate::triggers::settle::{Changes, settle, settle_parent_of};
use crate::triggers::trace::Trace;
use crate::users::family;
use crate::users::person::Person;

const PATH: &str = "doc.connected_to";

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let person = call.person().await?;
    let before = person.clone();
    let moved = match read(call, &person) {
        Ok(parent) => move_to(call, person, parent).await,
        Err(error) => Err(error),
    };
    moved.map_err(|error| error.about(before))
}

/// The parent to which the child is to go.
fn read(call: &Call<'_>, person: &Person) -> Result<CloginId, Error> {
    if call.project.group.structure != Structure::Family {
        return Err(registering::not_a_family_project());
    }
    call.envelope.check_doc_keys(&["connected_to"])?;
    let id = lenient::id(call.envelope.doc.get("connected_to"))
        .map_err(|rule| Error::invalid(PATH, "invalid", rule))?;
    let required = || Error::invalid(PATH, "required", "is required: the new parent's clogin_id");
    let parent = CloginId(id.ok_or_else(required)?);
    check_is_child(person)?;
    if parent == person.clogin_id() {
        return Err(registering::parent_is_child(PATH));
    }
    Ok(parent)
}

async fn move_to(call: &Call<'_>, person: Person, parent: CloginId) -> Result<Body, Error> {
    let settling = call.settling();
    call.write(move |conn| {
        let held = family::hold(conn, &person, Some(parent))?;
        match held.other {
            None => return Err(unknown_parent()),
            Some(other) if other.parent_id.is_some() => {
                return Err(registering::parent_is_child(PATH));
            }
            Some(_) => {}
        }
        let before = held.person;
        check_is_child(&before)?;
        let mut child = before.clone();
        child.registration.parent_id = Some(parent.0);
        let is_there = before.connected_to() == parent;
        let mut trace = Trace::default();
        settle(conn, &mut child, &Changes::default(), settling, &mut trace)?;
        child.write(conn, &before.registration, settling.now)?;
        if !is_there {
            settle_parent_of(conn, &before, settling, &mut trace)?;
            settle_parent_of(conn, &child, settling, &mut trace)?;
        }
        totals::follow(conn, Some(&before.registration), &child.registration)?;
        let system_action = if is_there {
            json!([])
        } else {
            json!(["child_moved"])
        };
        Ok(Reply::about(child)
            .with_trace(trace)
            .with("msg", "Child moved")
            .with("system_action", system_action))
    })
    .await
}

fn check_is_child(person: &Person) -> Result<(), Error> {
    if person.is_child() {
        return Ok(());
    }
    let error = FieldError::new(
        "clogin_id",
        "not_a_child_of",
        "is not a child: it has no parent",
    );
    Err(Error::new(ErrorCode::NotAChildOf, "Only a child can be moved.").with_errors(vec![error]))
}

fn unknown_parent() -> Error {
    let rule = "is not registered in this project";
    Error::user_not_found().with_errors(vec![FieldError::new(PATH, "user_not_found", rule)])
}
