//! What is known of credentials that were issued to a person elsewhere.

use serde_json::{Map, Value};

use super::{RestCall, not_found};
use crate::db::connection::{Conn, DbConn};
use crate::db::credentials::{self, Credential};
use crate::db::error::UniqueIndex;
use crate::db::rest_lists::Position;
use crate::db::{rest_users, users};
use crate::error::{Error, ErrorCode};
use crate::ids::CloginId;

/// Up to `limit` of a person's, in the order in which they were recorded, and whose they are. None for somebody unknown.
///
/// # Errors
///
/// When the database cannot be read.
pub async fn list(
    call: &RestCall<'_>,
    uuid: &str,
    after: Option<Position>,
    limit: usize,
) -> Result<(Option<CloginId>, Vec<Credential>), Error> {
    let (organization, uuid) = (call.organization(), uuid.to_owned());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = move |conn: &mut DbConn| {
        let Some(user) = rest_users::find(conn, organization, &uuid)? else {
            return Ok((None, Vec::new()));
        };
        let clogin = user.clogin_id();
        let found = credentials::of_user(conn, organization, clogin, after.as_ref(), limit)?;
        Ok((Some(clogin), found))
    };
    call.app().db.read_consistently(read).await
}

/// Records one. `id`: none makes one.
///
/// # Errors
///
/// `user_not_found`; `already_registered`, when the organization has one with this id.
pub async fn record(
    call: &RestCall<'_>,
    uuid: &str,
    id: Option<String>,
    metadata: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let (organization, uuid, now) = (call.organization(), uuid.to_owned(), call.app().clock.now());
    let id = id.unwrap_or_else(|| call.app().ids.uuid(now).to_string());
    // The id comes first, wherever it stood.
    let mut kept = Map::from_iter([("id".to_owned(), Value::from(id.clone()))]);
    kept.extend(metadata.into_iter().filter(|(key, _)| key != "id"));
    let text = Value::Object(kept.clone()).to_string();
    let recorded = call
        .write(move |conn: &mut Conn| {
            let user = rest_users::find(conn, organization, &uuid)?.ok_or_else(not_found)?;
            let clogin = user.clogin_id();
            // Held: who is deleted at this moment gets none.
            if !users::hold(conn, organization, clogin)? {
                return Err(not_found());
            }
            let new = Credential {
                organization_id: organization.0,
                id: id.clone(),
                user_id: Some(clogin.0),
                created_at: now,
                metadata: text.clone(),
            };
            credentials::insert(conn, &new)?;
            Ok((clogin, ()))
        })
        .await;
    match recorded {
        Err(error) if error.taken() == Some(UniqueIndex::Credential) => {
            let msg = "A credential with this id is recorded already.";
            Err(Error::new(ErrorCode::AlreadyRegistered, msg))
        }
        result => result.map(|()| kept),
    }
}
