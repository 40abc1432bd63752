//! `verify_token`: spends a token of `login` or `authenticate`, and answers whose it is.

use std::sync::Arc;

use super::reply::{Body, Reply};
use super::{Call, check_connected_to, login};
use crate::db::login_tokens;
use crate::error::{Error, ErrorCode};
use crate::project::token::token_sha256;
use crate::users::person::Person;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let [token] = call.envelope.doc_texts(["user_token"])?;
    let token_sha256 = token_sha256(token.trim());
    let now = call.app.clock.now();
    let project = Arc::clone(&call.project);
    let connected_to = call.envelope.connected_to;
    call.write(move |conn| {
        let (organization, group) = (project.organization_id, project.id());
        let spent = login_tokens::spend(conn, organization, group, &token_sha256, now)?;
        let clogin = spent.ok_or_else(token_invalid)?;
        let person = Person::find(conn, Arc::clone(&project), clogin)?;
        check_connected_to(connected_to, person.connected_to())
            .map_err(|error| error.about(person.clone()))?;
        if person.registration.excluded {
            // The token is not spent: it lets the person in should the status change while it is valid.
            return Err(login::user_excluded(person));
        }
        Ok(Reply::about(person).with("msg", "Token verified"))
    })
    .await
}

/// One answer for tokens that are used, expired, unknown, or another project's.
fn token_invalid() -> Error {
    Error::new(
        ErrorCode::TokenInvalid,
        "The token is not valid here, or not any more.",
    )
}
