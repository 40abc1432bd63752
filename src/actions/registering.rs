//! What `create`, `create_child` and a first `login` share: reading the document, what leaves the process or takes long,
//! and finding a username that nobody has.

use std::sync::Arc;

use serde_json::json;

use super::reply::{Body, Reply};
use super::{Call, settling};
use crate::db::error::UniqueIndex;
use crate::db::held::{self, EndedToo};
use crate::error::{Error, ErrorCode, FieldError};
use crate::ids::CloginId;
use crate::project::snapshot::has_families_now;
use crate::triggers::trace::Trace;
use crate::users::forms::FormState;
use crate::users::register::{Ended, Registering};
use crate::users::submission::{self, Occasion, Subject, Submission};
use crate::users::username::Username;

/// What the answer to a registration says.
#[derive(Clone, Copy)]
pub(super) struct Said {
    pub msg: &'static str,
    /// Of a new person.
    pub created: &'static str,
    /// Of one that the organization has already.
    pub registered: &'static str,
}

/// Reads the document of a registration.
///
/// # Errors
///
/// As [`submission::read`].
pub(super) fn read(call: &Call<'_>, parent: Option<CloginId>) -> Result<Submission, Error> {
    let subject = Subject {
        project: &call.project,
        is_child: parent.is_some(),
        forms: &FormState::default(),
        submitter: call.caller.submitter(),
        occasion: Occasion::Registering,
    };
    submission::read(&subject, &call.envelope.doc, "doc")
}

/// Everything that is decided before the transaction: look-ups and hashing among it.
///
/// # Errors
///
/// `validation_failed`, for an e-mail domain that takes no mail; 503.
pub(super) async fn prepare(
    call: &Call<'_>,
    submission: Submission,
    parent: Option<CloginId>,
) -> Result<Registering, Error> {
    check_email_domain(call, &submission).await?;
    let now = call.app.clock.now();
    Ok(Registering {
        project: Arc::clone(&call.project),
        parent,
        password_hash: hash_password(call, &submission).await?,
        submission,
        status: None,
        submit_forms: call.envelope.submit_forms,
        now,
        uuid: call.app.ids.uuid(now),
        locale: call.caller.default_locale(),
    })
}

/// # Errors
///
/// `validation_failed`, when the main e-mail's domain does not exist or takes no mail.
pub(super) async fn check_email_domain(
    call: &Call<'_>,
    submission: &Submission,
) -> Result<(), Error> {
    match submission.profile.new_email() {
        Some(address) if call.project.group.settings.dns_check => {
            if call.app.dns.takes_mail(address).await {
                return Ok(());
            }
            let rule = "has a domain that does not exist or takes no mail";
            Err(Error::invalid("doc.main_email", "unknown_domain", rule))
        }
        _ => Ok(()),
    }
}

/// # Errors
///
/// 503, when too many passwords wait.
pub(super) async fn hash_password(
    call: &Call<'_>,
    submission: &Submission,
) -> Result<Option<String>, Error> {
    match submission.profile.password.clone() {
        Some(password) => Ok(Some(
            call.app
                .hashing
                .hash(password, call.app.ids.bytes())
                .await?,
        )),
        None => Ok(None),
    }
}

/// Makes a new person. `usernames`: tried in their order.
///
/// # Errors
///
/// `username_taken`, when none of them is free.
pub(super) async fn new_person(
    call: &Call<'_>,
    registering: &Registering,
    usernames: Vec<Option<Username>>,
    said: Said,
) -> Result<Body, Error> {
    // A username is tried by inserting it: two calls that want the same one cannot both succeed, and the usual call
    // needs no query for it.
    for username in usernames {
        let (registering, settling) = (registering.clone(), call.settling());
        let written = call
            .write(move |conn| {
                hold_parent(conn, &registering)?;
                let begun = registering.new_person(conn, None, username.as_ref())?;
                let mut trace = Trace::default();
                let person = settling::registration(conn, begun, settling, &mut trace)?;
                Ok(Reply::about(person)
                    .registering()
                    .with_trace(trace)
                    .with("msg", said.msg)
                    .with("system_action", json!([said.created])))
            })
            .await;
        match written {
            Err(error) if error.taken() == Some(UniqueIndex::Username) => {}
            result => return result,
        }
    }
    Err(username_taken())
}

/// Registers a person of the organization in this project too.
///
/// # Errors
///
/// `user_not_found`; `already_registered`, with the state of the registration that is there; `username_taken`.
pub(super) async fn existing_person(
    call: &Call<'_>,
    registering: Registering,
    clogin: CloginId,
    said: Said,
) -> Result<Body, Error> {
    let settling = call.settling();
    let written = call
        .write(move |conn| {
            hold_parent(conn, &registering)?;
            let begun = registering.existing_person(conn, clogin, Ended::Revive)?;
            let mut trace = Trace::default();
            let person = settling::registration(conn, begun, settling, &mut trace)?;
            Ok(Reply::about(person)
                .registering()
                .with_trace(trace)
                .with("msg", said.msg)
                .with("system_action", json!([said.registered])))
        })
        .await;
    match written {
        Err(error) if error.taken() == Some(UniqueIndex::Username) => Err(username_taken()),
        Err(error) if error.code() == ErrorCode::AlreadyRegistered => {
            Err(error.about(call.registered(clogin).await?))
        }
        result => result,
    }
}

/// Holds the parent of a child that is to be registered: it can neither end nor move away meanwhile, nor can the project's
/// families end.
fn hold_parent(
    conn: &mut crate::db::connection::Conn,
    registering: &Registering,
) -> Result<(), Error> {
    let Some(parent) = registering.parent else {
        return Ok(());
    };
    let project = &registering.project;
    let held = held::lock(
        conn,
        project.organization_id,
        project.id(),
        parent,
        EndedToo::No,
    )?;
    match held {
        None => Err(Error::user_not_found()),
        Some(parent) if parent.parent_id.is_some() => Err(parent_is_child("connected_to")),
        Some(_) if has_families_now(conn, project)? => Ok(()),
        Some(_) => Err(not_a_family_project()),
    }
}

/// `path`: where the parent stands in the request.
pub(super) fn parent_is_child(path: &str) -> Error {
    let rule = "is itself a child";
    Error::new(ErrorCode::NotAChildOf, "A child cannot be a parent.")
        .with_errors(vec![FieldError::new(path, "not_a_child_of", rule)])
}

pub(super) fn not_a_family_project() -> Error {
    Error::new(
        ErrorCode::NotAFamilyProject,
        "This project has no families.",
    )
}

pub(super) fn username_taken() -> Error {
    let rule = "belongs to somebody else in the organization";
    let taken = FieldError::new("doc.username", "username_taken", rule);
    Error::new(ErrorCode::UsernameTaken, "The username is taken.").with_errors(vec![taken])
}
