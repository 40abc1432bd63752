//! The events of an organization. Their ids are UUIDs of version 7, so that the order of ids is that of time.

use diesel::dsl::min;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text};

use super::connection::{DbConn, directly};
use super::insert::{Insert, Row, Values};
use super::schema::events;
use crate::clock::Timestamp;
use crate::ids::{OrganizationId, first_uuid};

#[derive(Debug, Clone)]
pub struct NewEvent {
    pub organization_id: i64,
    pub id: String,
    pub kind: &'static str,
    pub request_id: String,
    pub admin_id: i64,
    /// Whom `data` is about.
    pub clogin_id: Option<i64>,
    /// JSON.
    pub metadata: String,
    /// JSON; none at level 1.
    pub data: Option<String>,
}

impl Row for NewEvent {
    const INTO: &'static str =
        "events (organization_id, id, kind, request_id, admin_id, clogin_id, metadata, data)";

    fn push<'b>(&'b self, values: &mut impl Values<'b>) -> QueryResult<()> {
        values.integer(&self.organization_id)?;
        values.text(&self.id)?;
        values.text(self.kind)?;
        values.text(&self.request_id)?;
        values.integer(&self.admin_id)?;
        values.integer_or_null(&self.clogin_id)?;
        values.text(&self.metadata)?;
        values.text_or_null(&self.data)
    }
}

/// So many events in one statement; their ids are random.
pub fn insert<const N: usize>(conn: &mut DbConn, events: &[NewEvent; N]) -> QueryResult<()> {
    directly!(conn, |conn| Insert(events).execute(conn)).map(|_| ())
}

/// Events that one statement of SQLite writes.
const ROWS_AT_ONCE: usize = 32;

/// Many events, two of each call: as cheaply as each of the databases can.
pub fn insert_many(conn: &mut DbConn, events: &[NewEvent]) -> QueryResult<()> {
    if let DbConn::Postgres(conn) = conn {
        // The same few parameters, however many events there are.
        return diesel::sql_query(
            "INSERT INTO events (organization_id, id, kind, request_id, admin_id, clogin_id, metadata, data) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind::<Array<BigInt>, _>(column(events, |event| event.organization_id))
        .bind::<Array<Text>, _>(column(events, |event| event.id.as_str()))
        .bind::<Array<Text>, _>(column(events, |event| event.kind))
        .bind::<Array<Text>, _>(column(events, |event| event.request_id.as_str()))
        .bind::<Array<BigInt>, _>(column(events, |event| event.admin_id))
        .bind::<Array<Nullable<BigInt>>, _>(column(events, |event| event.clogin_id))
        .bind::<Array<Text>, _>(column(events, |event| event.metadata.as_str()))
        .bind::<Array<Nullable<Text>>, _>(column(events, |event| event.data.as_deref()))
        .execute(conn)
        .map(|_| ());
    }
    let (many, few) = events.as_chunks::<ROWS_AT_ONCE>();
    for events in many {
        insert(conn, events)?;
    }
    let (calls, _) = few.as_chunks::<2>();
    for events in calls {
        insert(conn, events)?;
    }
    Ok(())
}

fn column<'a, T>(events: &'a [NewEvent], value: impl Fn(&'a NewEvent) -> T) -> Vec<T> {
    events.iter().map(value).collect()
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
    pub admin_id: i64,
    /// JSON.
    pub metadata: String,
    /// JSON.
    pub data: Option<String>,
}

/// What one range of one index holds.
#[derive(Clone, Debug)]
pub enum Range {
    All,
    Request(String),
    KindBy { kind: String, admin: i64 },
}

/// The ids of the last events of a range between two ids, the latest first. Each of its queries says what an index has and
/// nothing else: of two indexes SQLite takes the one that gives an order, whatever it has to go through.
pub fn last_ids(
    conn: &mut DbConn,
    organization: OrganizationId,
    range: &Range,
    (after, before): (&str, &str),
    limit: i64,
) -> QueryResult<Vec<String>> {
    let mut query = events::table
        .filter(events::organization_id.eq(organization.0))
        .filter(events::id.gt(after))
        .filter(events::id.lt(before))
        .order(events::id.desc())
        .select(events::id)
        .limit(limit)
        .into_boxed();
    query = match range {
        Range::All => query,
        Range::Request(request) => query.filter(events::request_id.eq(request)),
        Range::KindBy { kind, admin } => query
            .filter(events::kind.eq(kind))
            .filter(events::admin_id.eq(admin)),
    };
    query.load(conn)
}

/// The admins whose calls have made events of a kind, a query each and one more: the index holds them in order.
pub fn admins_of(
    conn: &mut DbConn,
    organization: OrganizationId,
    kind: &str,
) -> QueryResult<Vec<i64>> {
    let mut admins: Vec<i64> = Vec::new();
    while let Some(next) = events::table
        .filter(events::organization_id.eq(organization.0))
        .filter(events::kind.eq(kind))
        .filter(events::admin_id.gt(admins.last().copied().unwrap_or(i64::MIN)))
        .select(min(events::admin_id))
        .first(conn)?
    {
        admins.push(next);
    }
    Ok(admins)
}

/// Events by their ids, in no order.
pub fn by_ids(
    conn: &mut DbConn,
    organization: OrganizationId,
    ids: &[String],
) -> QueryResult<Vec<EventRow>> {
    events::table
        .filter(events::organization_id.eq(organization.0))
        .filter(events::id.eq_any(ids))
        .select(EventRow::as_select())
        .load(conn)
}
