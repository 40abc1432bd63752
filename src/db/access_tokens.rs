//! The tokens that API admins get from `/oauth/token`, stored by their hash.

use diesel::prelude::*;

use super::connection::{DbConn, directly};
use super::schema::access_tokens;
use crate::clock::Timestamp;
use crate::ids::{AdminId, OrganizationId};

#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = access_tokens)]
pub struct NewAccessToken {
    pub organization_id: i64,
    /// In hexadecimal digits.
    pub token_sha256: String,
    pub admin_id: i64,
    /// Of the secret that the token was got with, in hexadecimal digits.
    pub secret_sha256: String,
    pub expires_at: Timestamp,
}

pub fn insert(conn: &mut DbConn, token: &NewAccessToken) -> QueryResult<()> {
    diesel::insert_into(access_tokens::table)
        .values(token)
        .execute(conn)
        .map(|_| ())
}

/// The hash of the secret that an admin's token was got with. None: there is no such token, or it has expired.
pub fn secret_of(
    conn: &mut DbConn,
    organization: OrganizationId,
    admin: AdminId,
    token_sha256: &str,
    now: Timestamp,
) -> QueryResult<Option<String>> {
    directly!(conn, |conn| access_tokens::table
        .filter(access_tokens::organization_id.eq(organization.0))
        .filter(access_tokens::token_sha256.eq(token_sha256))
        .filter(access_tokens::admin_id.eq(admin.0))
        .filter(access_tokens::expires_at.gt(now))
        .select(access_tokens::secret_sha256)
        .get_result(conn)
        .optional())
}

/// Deletes up to `limit` tokens that expired before `before`, and says how many it deleted.
pub fn delete_expired(
    conn: &mut DbConn,
    organization: OrganizationId,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let last: Option<Timestamp> = access_tokens::table
        .filter(access_tokens::organization_id.eq(organization.0))
        .filter(access_tokens::expires_at.lt(before))
        .order(access_tokens::expires_at)
        .select(access_tokens::expires_at)
        .limit(limit)
        .load(conn)?
        .pop();
    let Some(last) = last else { return Ok(0) };
    let expired = access_tokens::table
        .filter(access_tokens::organization_id.eq(organization.0))
        .filter(access_tokens::expires_at.le(last));
    diesel::delete(expired).execute(conn)
}
