//! The events of an organization. Their ids are UUIDs of version 7, so that the order of ids is that of time.

use diesel::prelude::*;

use super::connection::{DbConn, directly};
use super::schema::events;
use crate::clock::Timestamp;
use crate::ids::{OrganizationId, first_uuid};

// Each value is written, NULL too: diesel prepares a statement with DEFAULT in it anew each time.
#[derive(Insertable, Debug, Clone, Copy)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub struct NewEvent<'a> {
    pub organization_id: i64,
    pub id: &'a str,
    pub kind: &'a str,
    pub request_id: &'a str,
    pub admin_id: i64,
    /// Whom `data` is about.
    pub clogin_id: Option<i64>,
    /// JSON.
    pub metadata: &'a str,
    /// JSON.
    pub data: Option<&'a str>,
}

pub fn insert(conn: &mut DbConn, event: &NewEvent<'_>) -> QueryResult<()> {
    directly!(conn, |conn| diesel::insert_into(events::table)
        .values(event)
        .execute(conn)
        .map(|_| ()))
}

/// Deletes up to `limit` events that are older than `before`, and says how many it deleted.
pub fn delete_expired(
    conn: &mut DbConn,
    organization: OrganizationId,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let last: Option<String> = events::table
        .filter(events::organization_id.eq(organization.0))
        .filter(events::id.lt(first_uuid(before).to_string()))
        .order(events::id)
        .select(events::id)
        .limit(limit)
        .load(conn)?
        .pop();
    let Some(last) = last else { return Ok(0) };
    let expired = events::table
        .filter(events::organization_id.eq(organization.0))
        .filter(events::id.le(last));
    diesel::delete(expired).execute(conn)
}

#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = events)]
pub struct EventRow {
    pub id: String,
    pub kind: String,
    pub request_id: String,
    /// JSON.
    pub metadata: String,
    /// JSON.
    pub data: Option<String>,
}

/// Events that one range of one index holds, as long as it has one request, one type, or one admin and one type at most;
/// further ones are looked at for those.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub organization: OrganizationId,
    /// These, whatever else they are; all, if there is none.
    pub ids: &'a [String],
    pub request: Option<&'a str>,
    /// Of these types; of all, if there is none.
    pub kinds: &'a [String],
    /// By these admins; by all, if there is none.
    pub admins: &'a [i64],
    /// After this id.
    pub after: &'a str,
    /// Before this id.
    pub before: &'a str,
}

/// The ids of the last events of a part, the latest first.
pub fn last_ids(conn: &mut DbConn, part: &Part<'_>, limit: i64) -> QueryResult<Vec<String>> {
    let mut query = events::table
        .filter(events::organization_id.eq(part.organization.0))
        .filter(events::id.gt(part.after))
        .filter(events::id.lt(part.before))
        .order(events::id.desc())
        .select(events::id)
        .limit(limit)
        .into_boxed();
    if !part.ids.is_empty() {
        query = query.filter(events::id.eq_any(part.ids));
    }
    if let Some(request) = part.request {
        query = query.filter(events::request_id.eq(request));
    }
    // An index gives an order only where there is one value.
    query = match part.kinds {
        [] => query,
        [kind] => query.filter(events::kind.eq(kind)),
        kinds => query.filter(events::kind.eq_any(kinds)),
    };
    query = match part.admins {
        [] => query,
        [admin] => query.filter(events::admin_id.eq(admin)),
        admins => query.filter(events::admin_id.eq_any(admins)),
    };
    query.load(conn)
}

/// Events by their ids, the latest first.
pub fn by_ids(
    conn: &mut DbConn,
    organization: OrganizationId,
    ids: &[String],
) -> QueryResult<Vec<EventRow>> {
    events::table
        .filter(events::organization_id.eq(organization.0))
        .filter(events::id.eq_any(ids))
        .order(events::id.desc())
        .select(EventRow::as_select())
        .load(conn)
}
