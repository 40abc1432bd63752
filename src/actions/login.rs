//! `login`: makes a token with which the project's front end lets the person in. A person of the organization that is
//! not in the project yet is registered there.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;

use super::reply::{Body, Reply};
use super::{Call, authenticate, settling};
use crate::clock::Timestamp;
use crate::db::connection::{Conn, DbConn};
use crate::db::login_tokens::{self, NewLoginToken};
use crate::db::{registrations, users};
use crate::error::{Error, ErrorCode};
use crate::ids::{CloginId, GroupId, OrganizationId};
use crate::project::snapshot::Project;
use crate::project::token::token_sha256;
use crate::triggers::trace::Trace;
use crate::users::person::Person;
use crate::users::register::{Ended, Registering};
use crate::users::submission::Submission;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let clogin = call.clogin_id()?;
    match call.envelope.check_doc_keys(&[]) {
        Ok(()) => enter(call, clogin, Proof::Call).await,
        Err(error) => Err(refusal(call, clogin, error).await?),
    }
}

/// What is wrong with the call, in the order of all actions: the person is not there, it is connected to somebody else,
/// and then the document.
async fn refusal(call: &Call<'_>, clogin: CloginId, doc: Error) -> Result<Error, Error> {
    let project = Arc::clone(&call.project);
    let look = move |conn: &mut DbConn| may_enter(conn, project, clogin);
    let person = call.app.db.read_consistently(look).await?;
    let connected_to = person.as_ref().map_or(clogin, Person::connected_to);
    let error = call.check_connected_to(connected_to).err().unwrap_or(doc);
    Ok(match person {
        Some(person) => error.about(person),
        None => error,
    })
}

/// Who would be let in. None: somebody who would be registered first.
///
/// # Errors
///
/// `user_not_found`, also where the registration has ended.
fn may_enter(
    conn: &mut DbConn,
    project: Arc<Project>,
    clogin: CloginId,
) -> Result<Option<Person>, Error> {
    let (organization, group) = (project.organization_id, project.id());
    let not_found = match Person::find(conn, project, clogin) {
        Err(error) if error.code() == ErrorCode::UserNotFound => error,
        result => return result.map(Some),
    };
    let has_ended = |(project, _): &(GroupId, Timestamp)| *project == group;
    let ended = registrations::ended_of(conn, organization, clogin)?;
    if users::find(conn, organization, clogin)?.is_some() && !ended.iter().any(has_ended) {
        Ok(None)
    } else {
        Err(not_found)
    }
}

/// Why a person may be let in.
#[derive(Clone)]
pub(super) enum Proof {
    /// The organization's server says so.
    Call,
    /// The password of this hash was right, and has to be the person's still when the token is made.
    Password(String),
}

impl Proof {
    /// Holds the person until the transaction ends: a new password voids this token too.
    fn check(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        clogin: CloginId,
    ) -> Result<(), Error> {
        let right = match self {
            Proof::Call => true,
            Proof::Password(hash) => users::hold_password(conn, organization, clogin, hash)?,
        };
        if right {
            Ok(())
        } else {
            Err(authenticate::invalid_credentials())
        }
    }
}

/// Lets a person in whose identity is known.
///
/// # Errors
///
/// `user_not_found`; `user_excluded`; `not_a_child_of`.
pub(super) async fn enter(call: &Call<'_>, clogin: CloginId, proof: Proof) -> Result<Body, Error> {
    match call.registered(clogin).await {
        Ok(person) => again(call, person, proof).await,
        Err(error) if error.code() == ErrorCode::UserNotFound => {
            match first_time(call, clogin, proof.clone()).await {
                // Another login was the first, a moment ago.
                Err(error) if error.code() == ErrorCode::AlreadyRegistered => {
                    again(call, call.registered(clogin).await?, proof).await
                }
                result => result,
            }
        }
        Err(error) => Err(error),
    }
}

async fn again(call: &Call<'_>, person: Person, proof: Proof) -> Result<Body, Error> {
    call.check_connected_to(person.connected_to())
        .map_err(|error| error.about(person.clone()))?;
    let token = Token::make(call);
    call.write(move |conn| {
        // Held: a token for somebody who is leaving would be there when the registration begins again.
        let person = person.lock(conn)?;
        if person.registration.excluded {
            return Err(user_excluded(person));
        }
        proof.check(conn, person.project.organization_id, person.clogin_id())?;
        token.insert(conn, &person)?;
        Ok(token.reply(person, &[]))
    })
    .await
}

async fn first_time(call: &Call<'_>, clogin: CloginId, proof: Proof) -> Result<Body, Error> {
    call.check_connected_to(clogin)?;
    let now = call.app.clock.now();
    let registering = Registering {
        project: Arc::clone(&call.project),
        parent: None,
        submission: Submission::default(),
        password_hash: None,
        status: None,
        submit_forms: call.envelope.submit_forms,
        now,
        uuid: call.app.ids.uuid(now),
        locale: call.caller.default_locale(),
    };
    let (token, settling) = (Token::make(call), call.settling());
    call.write(move |conn| {
        proof.check(conn, registering.project.organization_id, clogin)?;
        let begun = registering.existing_person(conn, clogin, Ended::Stays)?;
        let mut trace = Trace::default();
        let person = settling::registration(conn, begun, settling, &mut trace)?;
        token.insert(conn, &person)?;
        let reply = token.reply(person, &["user_registered"]);
        Ok(reply.registering().with_trace(trace))
    })
    .await
}

pub(super) fn user_excluded(person: Person) -> Error {
    let msg = "The user's status shuts it out of this project.";
    Error::new(ErrorCode::UserExcluded, msg).about(person)
}

/// A token, and what the database keeps of it.
struct Token {
    token: String,
    new: NewLoginToken,
}

impl Token {
    fn make(call: &Call<'_>) -> Self {
        let token = call.app.ids.token().to_string();
        let minutes = call.project.group.settings.login_token_minutes;
        let new = NewLoginToken {
            organization_id: call.project.organization_id.0,
            token_sha256: token_sha256(&token),
            group_id: call.project.id().0,
            clogin_id: 0,
            expires_at: call.app.clock.now() + TimeDelta::minutes(i64::from(minutes)),
        };
        Token { token, new }
    }

    fn insert(&self, conn: &mut Conn, person: &Person) -> Result<(), Error> {
        let new = NewLoginToken {
            clogin_id: person.clogin_id().0,
            ..self.new.clone()
        };
        Ok(login_tokens::insert(conn, &new)?)
    }

    fn reply(&self, person: Person, system_action: &[&str]) -> Reply {
        Reply::about(person)
            .with("msg", "User logged in")
            .with("system_action", json!(system_action))
            .with("user_token", self.token.clone())
    }
}
