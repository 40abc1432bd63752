//! Makes a person of the organization, registered nowhere yet: `create` of the action API with its clogin_id does that.

use super::{RestCall, owner};
use crate::db::rest_users::{self, RestUser};
use crate::db::{totals, user_values};
use crate::error::Error;
use crate::users::views::Given;

/// # Errors
///
/// The unique index `ProviderLink`, when somebody in the organization has this link.
pub async fn create(call: &RestCall<'_>, given: Given) -> Result<RestUser, Error> {
    let (organization, now) = (call.organization(), call.app().clock.now());
    let uuid = call.app().ids.uuid(now);
    let new = given.new_person(organization, uuid, call.caller.default_locale(), now);
    let documents = given.values();
    call.write(move |conn| {
        let user = rest_users::insert(conn, &new.user, &new.documents)?;
        let owner = owner(organization, &user);
        for (document, keys) in &documents {
            user_values::insert(conn, &owner, *document, keys)?;
        }
        totals::add_people(conn, organization, 1)?;
        Ok(user)
    })
    .await
}
