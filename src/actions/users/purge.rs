//! Deletes a person for good, wherever anything of it is kept. Seats, username and provider link are free, ids are not
//! used again.

use super::remove::remove_held;
use super::{RestCall, not_found};
use crate::db::connection::Conn;
use crate::db::{Outcome, purge as rows, rest_users};
use crate::error::{Error, ErrorCode};
use crate::triggers::trace::Trace;

const HAS_DELETED_CHILDREN: &str =
    "The user has children that are deleted and can be restored: delete them for good first.";

/// Reaches those that were deleted softly, too.
///
/// # Errors
///
/// `user_not_found`; `has_children`.
pub async fn purge(call: &RestCall<'_>, uuid: &str) -> Result<(), Error> {
    let (setup, settling, uuid) = (call.fresh_setup().await?, call.settling(), uuid.to_owned());
    let other_uuid = call.app().ids.uuid(settling.now).to_string();
    let told = call.told();
    let erase = move |conn: &mut Conn| {
        let organization = setup.organization.id;
        let found = rest_users::find_deleted_too(conn, organization, &uuid)?;
        let user = found.ok_or_else(not_found)?;
        let clogin = user.clogin_id();
        let mut trace = Trace::default();
        if user.deleted_at.is_none() {
            // Before the row is held: everybody else holds registrations first.
            remove_held(conn, &setup, clogin, settling, &mut trace)?;
        }
        let held = rows::hold(conn, organization, clogin, &other_uuid)?;
        if held.ok_or_else(not_found)?.deleted_at.is_none() {
            // Restored since it was read.
            remove_held(conn, &setup, clogin, settling, &mut trace)?;
        }
        if rows::has_restorable_children(conn, organization, clogin)? {
            return Err(Error::new(ErrorCode::HasChildren, HAS_DELETED_CHILDREN));
        }
        rows::delete(conn, organization, clogin).map_err(|error| {
            let error = Error::from(error);
            if error.is_gone() {
                return Error::internal(
                    "a table still has rows of somebody who is deleted for good",
                );
            }
            error
        })?;
        if let Some(told) = &told {
            told.insert(conn, None)?;
        }
        Ok(Outcome::Keep(!trace.emails.is_empty()))
    };
    if call.app().db.erase(erase).await? {
        call.app().mail.nudge();
    }
    Ok(())
}
