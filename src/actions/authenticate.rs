//! `authenticate`: checks a username and a password, then goes on as `login` does. An unknown username, one without a
//! password and a wrong password are alike in text and time.

use super::reply::Body;
use super::{Call, login};
use crate::db::users;
use crate::error::{Error, ErrorCode};
use crate::users::username;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let [username, password] = call.envelope.doc_texts(["username", "password"])?;
    let (organization, key) = (call.project.organization_id, username::key(&username));
    let found = call
        .app
        .db
        .read_row(call.local, move |conn| {
            Ok(users::credentials(conn, organization, &key)?)
        })
        .await?;
    let (clogin, hash) = found.unzip();
    let right = call.app.hashing.verify(password, hash.flatten()).await?;
    match clogin {
        Some(clogin) if right => login::enter(call, clogin).await,
        _ => {
            let msg = "The username or the password is wrong.";
            Err(Error::new(ErrorCode::InvalidCredentials, msg))
        }
    }
}
