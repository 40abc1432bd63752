//! Changing a person's special fields: they are the same in every project.

use super::profile::Profile;
use super::username;
use crate::clock::Timestamp;
use crate::db::connection::DbConn;
use crate::db::login_tokens;
use crate::db::users::{self, User, UserChange};
use crate::error::Error;
use crate::ids::{CloginId, OrganizationId};

/// Changes what the profile names, and holds the person's row until the transaction ends. A new password makes the login
/// tokens of the old one worthless.
///
/// # Errors
///
/// `user_not_found`; the unique index `Username`.
pub fn person(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: CloginId,
    profile: &Profile,
    password_hash: Option<String>,
    now: Timestamp,
) -> Result<User, Error> {
    let new_password = password_hash.is_some();
    let change = change(profile, password_hash, now);
    let user = users::change(conn, organization, id, &change)?.ok_or_else(Error::user_not_found)?;
    if new_password {
        login_tokens::void(conn, organization, id)?;
    }
    Ok(user)
}

fn change(profile: &Profile, password_hash: Option<String>, now: Timestamp) -> UserChange {
    let profile = profile.clone();
    let main_email = profile
        .main_email
        .map(|address| Some(address).filter(|address| !address.is_empty()));
    UserChange {
        username: profile
            .username
            .as_ref()
            .map(|username| username.shown.clone()),
        username_key: profile.username.map(|username| username.key),
        password_hash,
        first_name: profile.first_name,
        last_name: profile.last_name,
        org_name: profile.org_name,
        email_key: main_email
            .clone()
            .map(|address| address.as_deref().map(username::key)),
        main_email,
        updated_at: now,
    }
}
