//! The tokens with which a project's front end lets somebody in: single use, stored by their hash.

use diesel::prelude::*;

use super::connection::DbConn;
use super::schema::login_tokens;
use crate::clock::Timestamp;
use crate::ids::{CloginId, GroupId, OrganizationId};

#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = login_tokens)]
pub struct NewLoginToken {
    pub organization_id: i64,
    /// In hexadecimal digits.
    pub token_sha256: String,
    pub group_id: i64,
    pub clogin_id: i64,
    pub expires_at: Timestamp,
}

pub fn insert(conn: &mut DbConn, token: &NewLoginToken) -> QueryResult<()> {
    diesel::insert_into(login_tokens::table)
        .values(token)
        .execute(conn)
        .map(|_| ())
}

/// Spends a token of this project, and says whose it is. None: it is unknown, used, expired, or another project's, and
/// stays as it is. Of callers that come at once one gets it.
pub fn spend(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    token_sha256: &str,
    now: Timestamp,
) -> QueryResult<Option<CloginId>> {
    let this = login_tokens::table
        .filter(login_tokens::organization_id.eq(organization.0))
        .filter(login_tokens::token_sha256.eq(token_sha256))
        .filter(login_tokens::group_id.eq(group.0))
        .filter(login_tokens::spent_at.is_null())
        .filter(login_tokens::expires_at.gt(now));
    diesel::update(this)
        .set(login_tokens::spent_at.eq(now))
        .returning(login_tokens::clogin_id)
        .get_result(conn)
        .optional()
        .map(|id| id.map(CloginId))
}

/// Makes every token of a person worthless, in all projects.
pub fn void(conn: &mut DbConn, organization: OrganizationId, clogin: CloginId) -> QueryResult<()> {
    let theirs = login_tokens::table
        .filter(login_tokens::organization_id.eq(organization.0))
        .filter(login_tokens::clogin_id.eq(clogin.0));
    diesel::delete(theirs).execute(conn).map(|_| ())
}

/// As [`void`], in one project.
pub fn void_in(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    clogin: CloginId,
) -> QueryResult<()> {
    let theirs = login_tokens::table
        .filter(login_tokens::organization_id.eq(organization.0))
        .filter(login_tokens::clogin_id.eq(clogin.0))
        .filter(login_tokens::group_id.eq(group.0));
    diesel::delete(theirs).execute(conn).map(|_| ())
}

/// Deletes up to `limit` tokens that expired before `before`, and says how many it deleted.
pub fn delete_expired(
    conn: &mut DbConn,
    organization: OrganizationId,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let last: Option<Timestamp> = login_tokens::table
        .filter(login_tokens::organization_id.eq(organization.0))
        .filter(login_tokens::expires_at.lt(before))
        .order(login_tokens::expires_at)
        .select(login_tokens::expires_at)
        .limit(limit)
        .load(conn)?
        .pop();
    let Some(last) = last else { return Ok(0) };
    let expired = login_tokens::table
        .filter(login_tokens::organization_id.eq(organization.0))
        .filter(login_tokens::expires_at.le(last));
    diesel::delete(expired).execute(conn)
}
