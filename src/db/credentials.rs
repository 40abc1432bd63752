//! What is known of credentials that were issued to people elsewhere.

use diesel::prelude::*;

use super::connection::DbConn;
use super::rest_lists::Position;
use super::schema::credentials;
use crate::clock::Timestamp;
use crate::ids::{CloginId, OrganizationId};

#[derive(Insertable, Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = credentials)]
pub struct Credential {
    pub organization_id: i64,
    pub id: String,
    /// None: its person has been deleted for good.
    pub user_id: Option<i64>,
    pub created_at: Timestamp,
    /// JSON: an object, the id in it.
    pub metadata: String,
}

pub fn insert(conn: &mut DbConn, credential: &Credential) -> QueryResult<()> {
    diesel::insert_into(credentials::table)
        .values(credential)
        .execute(conn)
        .map(|_| ())
}

/// Up to `limit` of a person's, by creation and then by id.
pub fn of_user(
    conn: &mut DbConn,
    organization: OrganizationId,
    user: CloginId,
    after: Option<&Position>,
    limit: i64,
) -> QueryResult<Vec<Credential>> {
    let mut query = credentials::table
        .filter(credentials::organization_id.eq(organization.0))
        .filter(credentials::user_id.eq(user.0))
        .order((credentials::created_at, credentials::id))
        .select(Credential::as_select())
        .limit(limit)
        .into_boxed();
    if let Some(Position { created_at, uuid }) = after {
        // The first condition alone bounds the range of the index.
        query = query.filter(credentials::created_at.ge(created_at)).filter(
            credentials::created_at
                .gt(created_at)
                .or(credentials::id.gt(uuid)),
        );
    }
    query.load(conn)
}

/// They stay, without their person.
pub fn forget_user(
    conn: &mut DbConn,
    organization: OrganizationId,
    user: CloginId,
) -> QueryResult<()> {
    let theirs = credentials::table
        .filter(credentials::organization_id.eq(organization.0))
        .filter(credentials::user_id.eq(user.0));
    diesel::update(theirs)
        .set(credentials::user_id.eq(None::<i64>))
        .execute(conn)
        .map(|_| ())
}
