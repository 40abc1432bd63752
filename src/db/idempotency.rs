//! The records of calls with an idempotency key: the first statement of such a call takes the key, the last one stores
//! the answer, in the call's own transaction.

use diesel::prelude::*;

use super::connection::DbConn;
use super::schema::idempotency_records;
use crate::clock::Timestamp;
use crate::ids::{AdminId, CloginId, OrganizationId};

/// Whose key it is: one of an API admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordKey {
    pub organization: OrganizationId,
    pub admin: AdminId,
    pub key: String,
}

#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = idempotency_records)]
pub struct Record {
    pub request_sha256: String,
    /// There in every record that is committed.
    pub response: Option<String>,
}

/// A record not older than `since`.
pub fn find(conn: &mut DbConn, key: &RecordKey, since: Timestamp) -> QueryResult<Option<Record>> {
    idempotency_records::table
        .filter(idempotency_records::organization_id.eq(key.organization.0))
        .filter(idempotency_records::admin_id.eq(key.admin.0))
        .filter(idempotency_records::idempotency_key.eq(&key.key))
        .filter(idempotency_records::created_at.ge(since))
        .select(Record::as_select())
        .get_result(conn)
        .optional()
}

/// Takes the key. Another call that has it makes this one wait, and then fail on the unique index.
pub fn take(
    conn: &mut DbConn,
    key: &RecordKey,
    request_sha256: &str,
    now: Timestamp,
    since: Timestamp,
) -> QueryResult<()> {
    let expired = idempotency_records::table
        .filter(idempotency_records::organization_id.eq(key.organization.0))
        .filter(idempotency_records::admin_id.eq(key.admin.0))
        .filter(idempotency_records::idempotency_key.eq(&key.key))
        .filter(idempotency_records::created_at.lt(since));
    diesel::delete(expired).execute(conn)?;
    diesel::insert_into(idempotency_records::table)
        .values((
            idempotency_records::organization_id.eq(key.organization.0),
            idempotency_records::admin_id.eq(key.admin.0),
            idempotency_records::idempotency_key.eq(&key.key),
            idempotency_records::request_sha256.eq(request_sha256),
            idempotency_records::created_at.eq(now),
        ))
        .execute(conn)
        .map(|_| ())
}

/// Stores the answer of the call that took the key, and whom it is about.
pub fn fill(
    conn: &mut DbConn,
    key: &RecordKey,
    response: &str,
    clogin: Option<CloginId>,
) -> QueryResult<()> {
    let this = idempotency_records::table
        .filter(idempotency_records::organization_id.eq(key.organization.0))
        .filter(idempotency_records::admin_id.eq(key.admin.0))
        .filter(idempotency_records::idempotency_key.eq(&key.key));
    diesel::update(this)
        .set((
            idempotency_records::response.eq(response),
            idempotency_records::clogin_id.eq(clogin.map(|clogin| clogin.0)),
        ))
        .execute(conn)
        .map(|_| ())
}

/// Deletes up to `limit` records that are older than `before`, and says how many it deleted.
pub fn delete_expired(
    conn: &mut DbConn,
    organization: OrganizationId,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let expired = || {
        idempotency_records::table
            .filter(idempotency_records::organization_id.eq(organization.0))
            .filter(idempotency_records::created_at.lt(before))
    };
    let last: Option<Timestamp> = expired()
        .order(idempotency_records::created_at)
        .select(idempotency_records::created_at)
        .limit(limit)
        .load(conn)?
        .pop();
    match last {
        Some(last) => diesel::delete(
            idempotency_records::table
                .filter(idempotency_records::organization_id.eq(organization.0))
                .filter(idempotency_records::created_at.le(last)),
        )
        .execute(conn),
        None => Ok(0),
    }
}
