//! The rows of people: one central login in an organization.

use std::collections::HashMap;

use diesel::prelude::*;

use super::connection::{self, DbConn};
use super::insert::{Insert, Row, Values};
use super::schema::users;
use crate::clock::Timestamp;
use crate::ids::{CloginId, OrganizationId};

/// Neither database takes any number of parameters.
const IDS_AT_ONCE: usize = 500;

/// A person, without the password's hash: what is not read cannot leak.
#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = users)]
pub struct User {
    pub id: i64,
    pub organization_id: i64,
    pub uuid: String,
    pub username: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub org_name: String,
    pub main_email: Option<String>,
}

// Each value is written, NULL too: diesel prepares a statement with DEFAULT in it anew each time.
#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct NewUser {
    pub organization_id: i64,
    pub uuid: String,
    pub username: Option<String>,
    pub username_key: Option<String>,
    pub password_hash: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub org_name: String,
    pub main_email: Option<String>,
    pub email_key: Option<String>,
    /// One of the organization's.
    pub locale: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Row for NewUser {
    const INTO: &'static str = "users (organization_id, uuid, username, username_key, password_hash, first_name, \
         last_name, org_name, main_email, email_key, locale, created_at, updated_at)";

    fn push<'b>(&'b self, values: &mut impl Values<'b>) -> QueryResult<()> {
        values.integer(&self.organization_id)?;
        values.text(&self.uuid)?;
        values.text_or_null(&self.username)?;
        values.text_or_null(&self.username_key)?;
        values.text_or_null(&self.password_hash)?;
        values.text(&self.first_name)?;
        values.text(&self.last_name)?;
        values.text(&self.org_name)?;
        values.text_or_null(&self.main_email)?;
        values.text_or_null(&self.email_key)?;
        values.text(&self.locale)?;
        values.timestamp(&self.created_at)?;
        values.timestamp(&self.updated_at)
    }
}

/// What a call changes of a person; `None` leaves a value as it is.
#[derive(AsChangeset, Debug, Clone)]
#[diesel(table_name = users)]
pub struct UserChange {
    pub username: Option<String>,
    pub username_key: Option<String>,
    pub password_hash: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub org_name: Option<String>,
    pub main_email: Option<Option<String>>,
    pub email_key: Option<Option<String>>,
    pub updated_at: Timestamp,
}

pub fn insert(conn: &mut DbConn, user: &NewUser) -> QueryResult<CloginId> {
    match conn {
        // Asked afterwards: RETURNING would cost it a table for the answer, and a copy of each page that is changed.
        DbConn::Sqlite(conn) => {
            Insert(std::array::from_ref(user)).execute(conn)?;
            diesel::select(last_insert_rowid()).get_result(conn)
        }
        DbConn::Postgres(conn) => diesel::insert_into(users::table)
            .values(user)
            .returning(users::id)
            .get_result(conn),
    }
    .map(CloginId)
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// SQLite's, of the connection.
    fn last_insert_rowid() -> diesel::sql_types::BigInt;
}

/// As [`insert`], with the id that the project file gives.
pub fn insert_as(conn: &mut DbConn, id: CloginId, user: &NewUser) -> QueryResult<()> {
    diesel::insert_into(users::table)
        .values((users::id.eq(id.0), user))
        .execute(conn)
        .map(|_| ())
}

/// Changes a person that is there, and holds its row until the transaction ends. None: there is no such person.
pub fn change(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: CloginId,
    change: &UserChange,
) -> QueryResult<Option<User>> {
    let this = users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::id.eq(id.0))
        .filter(users::deleted_at.is_null());
    diesel::update(this)
        .set(change)
        .returning((
            users::id,
            users::organization_id,
            users::uuid,
            users::username,
            users::first_name,
            users::last_name,
            users::org_name,
            users::main_email,
        ))
        .get_result(conn)
        .optional()
}

/// A person that is not deleted.
pub fn find(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: CloginId,
) -> QueryResult<Option<User>> {
    users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::id.eq(id.0))
        .filter(users::deleted_at.is_null())
        .select(User::as_select())
        .get_result(conn)
        .optional()
}

/// The person with a username, and the hash of its password, if it has one.
pub fn credentials(
    conn: &mut DbConn,
    organization: OrganizationId,
    username_key: &str,
) -> QueryResult<Option<(CloginId, Option<String>)>> {
    users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::username_key.eq(username_key))
        .filter(users::deleted_at.is_null())
        .select((users::id, users::password_hash))
        .get_result::<(i64, Option<String>)>(conn)
        .optional()
        .map(|found| found.map(|(id, hash)| (CloginId(id), hash)))
}

/// Holds a person's row until the transaction ends. False: the password's hash is another by now, or the person is gone.
pub fn hold_password(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: CloginId,
    password_hash: &str,
) -> QueryResult<bool> {
    let this = users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::id.eq(id.0))
        .filter(users::password_hash.eq(password_hash))
        .filter(users::deleted_at.is_null());
    let held = diesel::update(this)
        .set(users::updated_at.eq(users::updated_at))
        .execute(conn)?;
    Ok(held > 0)
}

/// Holds a person's row until the transaction ends. False: there is none.
pub fn hold(conn: &mut DbConn, organization: OrganizationId, id: CloginId) -> QueryResult<bool> {
    let this = users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::id.eq(id.0));
    let held = diesel::update(this)
        .set(users::updated_at.eq(users::updated_at))
        .execute(conn)?;
    Ok(held > 0)
}

/// Those of some people who are there, deleted softly or not. None of them is deleted for good until the transaction ends.
/// Nothing is written.
pub fn keep(
    conn: &mut DbConn,
    organization: OrganizationId,
    ids: &[i64],
) -> QueryResult<Vec<CloginId>> {
    let these = users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::id.eq_any(ids))
        .order(users::id)
        .select(users::id);
    // SQLite has one writer, and no other lock. On PostgreSQL only a deletion for good waits for this one.
    let found: Vec<i64> = match conn {
        DbConn::Sqlite(conn) => these.load(conn)?,
        DbConn::Postgres(conn) => these.for_key_share().load(conn)?,
    };
    Ok(found.into_iter().map(CloginId).collect())
}

/// Deletes the row of somebody of whom nothing else is there any more.
pub fn delete(conn: &mut DbConn, organization: OrganizationId, id: CloginId) -> QueryResult<()> {
    let this = users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::id.eq(id.0));
    diesel::delete(this).execute(conn).map(|_| ())
}

/// Which of these keys belong to somebody in the organization.
pub fn taken_usernames(
    conn: &mut DbConn,
    organization: OrganizationId,
    keys: &[String],
) -> QueryResult<Vec<String>> {
    users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::username_key.eq_any(keys))
        .select(users::username_key.assume_not_null())
        .load(conn)
}

/// Prepares for people whose ids are given, up to `id`: until the transaction ends nobody else makes a person, and then
/// the database hands out ids above it.
pub fn reserve_ids(conn: &mut DbConn, id: CloginId) -> QueryResult<()> {
    connection::hold_off_writers(conn, "users")?;
    connection::move_ids_past(conn, "users", id.0)
}

/// As [`owner`], of many: those whom anybody has.
pub fn owners(conn: &mut DbConn, ids: &[CloginId]) -> QueryResult<HashMap<CloginId, i64>> {
    let mut owners = HashMap::new();
    for ids in ids.chunks(IDS_AT_ONCE) {
        let found: Vec<(i64, i64)> = users::table
            .filter(users::id.eq_any(ids.iter().map(|id| id.0)))
            .select((users::id, users::organization_id))
            .load(conn)?;
        owners.extend(found.into_iter().map(|(id, owner)| (CloginId(id), owner)));
    }
    Ok(owners)
}

/// The organization that has this person; see [`super::config::owner_of_admin`].
pub fn owner(conn: &mut DbConn, id: CloginId) -> QueryResult<Option<i64>> {
    users::table
        .filter(users::id.eq(id.0))
        .select(users::organization_id)
        .get_result(conn)
        .optional()
}
