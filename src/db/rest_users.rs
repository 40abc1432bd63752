//! The rows of people as the REST surfaces know them: by their public id, across all projects. Lists are in
//! `rest_lists.rs`.

use diesel::prelude::*;

use super::connection::{DbConn, directly};
use super::schema::users;
use super::users::NewUser;
use crate::clock::Timestamp;
use crate::ids::{CloginId, OrganizationId};

/// A person of an organization, wherever it is registered.
#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = users)]
pub struct RestUser {
    /// The clogin_id: for the database only.
    pub id: i64,
    /// The public id.
    pub uuid: String,
    pub main_email: Option<String>,
    pub locale: String,
    /// JSON: an object.
    pub custom_properties: Option<String>,
    /// JSON: an object.
    pub claims: String,
    pub provider_id: Option<String>,
    pub provider_url: Option<String>,
    /// None: there is no link to where somebody logs in elsewhere.
    pub subject_id: Option<String>,
    pub created_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
}

impl RestUser {
    pub fn clogin_id(&self) -> CloginId {
        CloginId(self.id)
    }
}

/// What a new person has that the action API does not give.
#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct NewDocuments {
    pub custom_properties: Option<String>,
    pub claims: String,
    pub provider_key: Option<String>,
    pub provider_id: Option<String>,
    pub provider_url: Option<String>,
    pub subject_id: Option<String>,
}

/// What a call changes; `None` leaves a value as it is.
#[derive(AsChangeset, Debug, Clone)]
#[diesel(table_name = users)]
pub struct RestUserChange {
    pub main_email: Option<Option<String>>,
    pub email_key: Option<Option<String>>,
    pub locale: Option<String>,
    pub custom_properties: Option<Option<String>>,
    pub claims: Option<String>,
    pub provider_key: Option<Option<String>>,
    pub provider_id: Option<Option<String>>,
    pub provider_url: Option<Option<String>>,
    pub subject_id: Option<Option<String>>,
    pub updated_at: Timestamp,
}

/// Makes a person that is registered nowhere.
pub fn insert(
    conn: &mut DbConn,
    user: &NewUser,
    documents: &NewDocuments,
) -> QueryResult<RestUser> {
    directly!(conn, |conn| diesel::insert_into(users::table)
        .values((user, documents))
        .returning(RestUser::as_returning())
        .get_result(conn))
}

/// A person that is not deleted, by its public id.
pub fn find(
    conn: &mut DbConn,
    organization: OrganizationId,
    uuid: &str,
) -> QueryResult<Option<RestUser>> {
    directly!(conn, |conn| users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::uuid.eq(uuid))
        .filter(users::deleted_at.is_null())
        .select(RestUser::as_select())
        .get_result(conn)
        .optional())
}

/// A person by its public id, deleted or not.
pub fn find_deleted_too(
    conn: &mut DbConn,
    organization: OrganizationId,
    uuid: &str,
) -> QueryResult<Option<RestUser>> {
    directly!(conn, |conn| users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::uuid.eq(uuid))
        .select(RestUser::as_select())
        .get_result(conn)
        .optional())
}

/// Changes a person that is not deleted, and holds its row until the transaction ends. None: there is no such person.
pub fn change(
    conn: &mut DbConn,
    organization: OrganizationId,
    uuid: &str,
    change: &RestUserChange,
) -> QueryResult<Option<RestUser>> {
    let this = users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::uuid.eq(uuid))
        .filter(users::deleted_at.is_null());
    directly!(conn, |conn| diesel::update(this)
        .set(change)
        .returning(RestUser::as_returning())
        .get_result(conn)
        .optional())
}

/// Deletes a person softly, and holds its row until the transaction ends. False: it is deleted already, or not there.
pub fn remove(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: CloginId,
    at: Timestamp,
) -> QueryResult<bool> {
    let this = users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::id.eq(id.0))
        .filter(users::deleted_at.is_null());
    let removed = directly!(conn, |conn| diesel::update(this)
        .set(users::deleted_at.eq(at))
        .execute(conn))?;
    Ok(removed > 0)
}

/// Undoes the soft deletion of a moment, and holds the row until the transaction ends. None: it was not deleted then.
pub fn restore(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: CloginId,
    at: Timestamp,
) -> QueryResult<Option<RestUser>> {
    let this = users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::id.eq(id.0))
        .filter(users::deleted_at.eq(at));
    directly!(conn, |conn| diesel::update(this)
        .set(users::deleted_at.eq(None::<Timestamp>))
        .returning(RestUser::as_returning())
        .get_result(conn)
        .optional())
}
