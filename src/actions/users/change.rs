//! Changes what a call gives of a person; everything else stays.

use super::{RestCall, not_found, owner};
use crate::db::rest_users::{self, RestUser};
use crate::db::user_values;
use crate::error::Error;
use crate::users::views::Given;

/// # Errors
///
/// `user_not_found`; the unique index `ProviderLink`, when somebody else in the organization has this link.
pub async fn change(call: &RestCall<'_>, uuid: &str, given: Given) -> Result<RestUser, Error> {
    let (organization, uuid) = (call.organization(), uuid.to_owned());
    let change = given.change(call.app().clock.now());
    let documents = given.values();
    call.write(move |conn| {
        let changed = rest_users::change(conn, organization, &uuid, &change)?;
        let user = changed.ok_or_else(not_found)?;
        let owner = owner(organization, &user);
        for (document, keys) in &documents {
            user_values::replace(conn, &owner, *document, keys)?;
        }
        Ok(user)
    })
    .await
}
