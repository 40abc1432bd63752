//! `login`: makes a token with which the project's front end lets the person in. A person of the organization that is
//! not in the project yet is registered there.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;

use super::Call;
use super::reply::{Body, Reply};
use crate::db::connection::Conn;
use crate::db::login_tokens::{self, NewLoginToken};
use crate::error::{Error, ErrorCode};
use crate::ids::CloginId;
use crate::project::token::token_sha256;
use crate::users::person::Person;
use crate::users::register::{Ended, Registering};
use crate::users::submission::Submission;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    call.envelope.check_doc_keys(&[])?;
    enter(call, call.clogin_id()?).await
}

/// Lets a person in whose identity is known.
///
/// # Errors
///
/// `user_not_found`; `user_excluded`; `not_a_child_of`.
pub(super) async fn enter(call: &Call<'_>, clogin: CloginId) -> Result<Body, Error> {
    match call.registered(clogin).await {
        Ok(person) => {
            call.check_connected_to(person.connected_to())
                .map_err(|error| error.about(person.clone()))?;
            again(call, person).await
        }
        Err(error) if error.code() == ErrorCode::UserNotFound => first_time(call, clogin).await,
        Err(error) => Err(error),
    }
}

async fn again(call: &Call<'_>, person: Person) -> Result<Body, Error> {
    if person.registration.excluded {
        let msg = "The user's status shuts it out of this project.";
        return Err(Error::new(ErrorCode::UserExcluded, msg).about(person));
    }
    let token = Token::make(call);
    call.write(move |conn| {
        token.insert(conn, &person)?;
        Ok(token.reply(person.clone(), &[]))
    })
    .await
}

async fn first_time(call: &Call<'_>, clogin: CloginId) -> Result<Body, Error> {
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
    };
    let token = Token::make(call);
    call.write(move |conn| {
        let person = registering.existing_person(conn, clogin, Ended::Stays)?;
        token.insert(conn, &person)?;
        Ok(token.reply(person, &["user_registered"]))
    })
    .await
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
