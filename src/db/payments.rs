//! The rows of payments and refunds.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::connection::{DbConn, directly};
use super::schema::payments;
use crate::clock::Timestamp;
use crate::ids::{CloginId, GroupId, OrganizationId};

#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = payments)]
pub struct Payment {
    pub id: i64,
    pub clogin_id: i64,
    /// See [`crate::orders::payments::Kind`].
    pub kind: String,
    /// See [`crate::orders::payments::Status`].
    pub status: String,
    /// Minor units, above zero for refunds too.
    pub amount: i64,
    pub reference: Option<String>,
    pub paid_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// Each value is written, NULL too: diesel prepares a statement with DEFAULT in it anew each time.
#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = payments, treat_none_as_default_value = false)]
pub struct NewPaymentRow {
    pub organization_id: i64,
    pub group_id: i64,
    pub clogin_id: i64,
    pub kind: &'static str,
    pub status: &'static str,
    pub amount: i64,
    pub reference: Option<String>,
    pub paid_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

pub fn insert(conn: &mut DbConn, new: &NewPaymentRow) -> QueryResult<i64> {
    directly!(conn, |conn| diesel::insert_into(payments::table)
        .values(new)
        .returning(payments::id)
        .get_result(conn))
}

/// The one with a reference, of a registration.
pub fn find(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    clogin: CloginId,
    reference: &str,
) -> QueryResult<Option<Payment>> {
    directly!(conn, |conn| payments::table
        .filter(payments::organization_id.eq(organization.0))
        .filter(payments::group_id.eq(group.0))
        .filter(payments::clogin_id.eq(clogin.0))
        .filter(payments::reference.eq(reference))
        .select(Payment::as_select())
        .get_result(conn)
        .optional())
}

/// Gives one that was pending its status.
pub fn settle(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: i64,
    status: &str,
    paid_at: Option<Timestamp>,
) -> QueryResult<()> {
    let this = payments::table
        .filter(payments::organization_id.eq(organization.0))
        .filter(payments::id.eq(id));
    diesel::update(this)
        .set((payments::status.eq(status), payments::paid_at.eq(paid_at)))
        .execute(conn)
        .map(|_| ())
}

/// The sum of a registration's rows of a kind and a status, in minor units.
pub fn sum(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    clogin: CloginId,
    kind: &str,
    status: &str,
) -> QueryResult<i64> {
    // PostgreSQL's sum of BIGINT is NUMERIC.
    let sum = sql::<Nullable<BigInt>>("CAST(SUM(amount) AS BIGINT)");
    payments::table
        .filter(payments::organization_id.eq(organization.0))
        .filter(payments::group_id.eq(group.0))
        .filter(payments::clogin_id.eq(clogin.0))
        .filter(payments::kind.eq(kind))
        .filter(payments::status.eq(status))
        .select(sum)
        .get_result(conn)
        .map(|sum: Option<i64>| sum.unwrap_or(0))
}

/// The payments of some people of a project, in one query: oldest first.
pub fn of_people(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    people: &[CloginId],
) -> QueryResult<Vec<Payment>> {
    payments::table
        .filter(payments::organization_id.eq(organization.0))
        .filter(payments::group_id.eq(group.0))
        .filter(payments::clogin_id.eq_any(people.iter().map(|id| id.0)))
        .order(payments::id)
        .select(Payment::as_select())
        .load(conn)
}
