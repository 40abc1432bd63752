//! Reads a person of the organization.

use super::{RestCall, not_found};
use crate::db::rest_users::{self, RestUser};
use crate::error::Error;

/// # Errors
///
/// `user_not_found`.
pub async fn read(call: &RestCall<'_>, uuid: &str) -> Result<RestUser, Error> {
    let (organization, uuid) = (call.organization(), uuid.to_owned());
    let find = move |conn: &mut crate::db::connection::DbConn| {
        rest_users::find(conn, organization, &uuid)?.ok_or_else(not_found)
    };
    call.app().db.read_row(&call.worker.local, find).await
}
