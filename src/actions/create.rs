//! `create`: registers a parent or an individual; a new person, or one that the organization has already.

use std::sync::Arc;

use serde_json::json;

use super::reply::{Body, Reply};
use super::{Call, not_a_child_of};
use crate::db::error::UniqueIndex;
use crate::error::{Error, ErrorCode, FieldError};
use crate::ids::CloginId;
use crate::users::forms::FormState;
use crate::users::register::Registering;
use crate::users::submission::{self, Subject, Submission};

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    match (call.envelope.clogin_id, call.envelope.connected_to) {
        (Some(clogin), _) => call.check_connected_to(clogin)?,
        (None, Some(_)) => return Err(not_a_child_of()),
        (None, None) => {}
    }
    let subject = Subject {
        project: &call.project,
        is_child: false,
        forms: &FormState::default(),
        submitter: call.caller.submitter(),
    };
    let submission = submission::read(&subject, &call.envelope.doc, "doc")?;
    check_email_domain(call, &submission).await?;
    let registering = registering(call, submission).await?;
    match call.envelope.clogin_id {
        None => new_person(call, registering).await,
        Some(clogin) => existing_person(call, registering, clogin).await,
    }
}

/// What leaves the process or takes long, before any transaction.
async fn check_email_domain(call: &Call<'_>, submission: &Submission) -> Result<(), Error> {
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

async fn registering(call: &Call<'_>, submission: Submission) -> Result<Registering, Error> {
    let now = call.app.clock.now();
    let password_hash = match submission.profile.password.clone() {
        Some(password) => Some(
            call.app
                .hashing
                .hash(password, call.app.ids.bytes())
                .await?,
        ),
        None => None,
    };
    Ok(Registering {
        project: Arc::clone(&call.project),
        parent: None,
        submission,
        password_hash,
        status: None,
        submit_forms: call.envelope.submit_forms,
        now,
        uuid: call.app.ids.uuid(now),
    })
}

async fn new_person(call: &Call<'_>, registering: Registering) -> Result<Body, Error> {
    // A username is tried by inserting it: two calls that want the same one cannot both succeed, and the usual call
    // needs no query for it.
    for username in registering.submission.username_candidates(&call.app.ids) {
        let registering = registering.clone();
        let written = call
            .write(move |conn| {
                let person = registering.new_person(conn, None, Some(&username))?;
                Ok(Reply::about(person)
                    .with("msg", "User created")
                    .with("system_action", json!(["user_created"])))
            })
            .await;
        match written {
            Err(error) if error.taken() == Some(UniqueIndex::Username) => {}
            result => return result,
        }
    }
    Err(username_taken())
}

async fn existing_person(
    call: &Call<'_>,
    registering: Registering,
    clogin: CloginId,
) -> Result<Body, Error> {
    let written = call
        .write(move |conn| {
            let person = registering.existing_person(conn, clogin)?;
            Ok(Reply::about(person)
                .with("msg", "User created")
                .with("system_action", json!(["user_registered"])))
        })
        .await;
    match written {
        Err(error) if error.taken() == Some(UniqueIndex::Username) => Err(username_taken()),
        Err(error) if error.taken() == Some(UniqueIndex::Registration) => {
            let person = call.person().await?;
            let msg = "The user is registered in this project already.";
            Err(Error::new(ErrorCode::AlreadyRegistered, msg).about(person))
        }
        result => result,
    }
}

fn username_taken() -> Error {
    let rule = "belongs to somebody else in the organization";
    let taken = FieldError::new("doc.username", "username_taken", rule);
    Error::new(ErrorCode::UsernameTaken, "The username is taken.").with_errors(vec![taken])
}
