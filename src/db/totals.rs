//! Counts and sums of a project, kept with every change and never scanned.
//!
//! Each connection of the pool adds to rows of its own (`slot`), so that writers on PostgreSQL do not wait for one
//! another; whoever reads adds the rows up. Changed last in a transaction.

use diesel::backend::Backend;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Nullable};

use super::connection::{Conn, DbConn, hold_off_writers};
use super::registrations::Registration;
use super::schema::{group_totals, registrations};
use crate::ids::{GroupId, OrganizationId};

/// Whose totals: parents and individuals apart from children, excluded ones apart from the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TotalsKey {
    organization: OrganizationId,
    group: GroupId,
    is_child: bool,
    excluded: bool,
}

/// A change of the totals; money in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct TotalsChange {
    users: i64,
    ordered: i64,
    paid: i64,
}

impl TotalsChange {
    fn less(self, other: TotalsChange) -> TotalsChange {
        TotalsChange {
            users: self.users - other.users,
            ordered: self.ordered - other.ordered,
            paid: self.paid - other.paid,
        }
    }
}

fn add(conn: &mut Conn, key: TotalsKey, change: TotalsChange) -> QueryResult<()> {
    let slot = conn.slot();
    Add { key, slot, change }.execute(&mut **conn).map(|_| ())
}

/// Written by hand: diesel prepares every update anew, and has no ON CONFLICT for two databases at once.
#[derive(QueryId)]
struct Add {
    key: TotalsKey,
    slot: i64,
    change: TotalsChange,
}

impl<Conn> RunQueryDsl<Conn> for Add {}

impl<DB> QueryFragment<DB> for Add
where
    DB: Backend + HasSqlType<Bool>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO group_totals \
             (organization_id, group_id, is_child, excluded, slot, users, ordered, paid) VALUES (",
        );
        out.push_bind_param::<BigInt, _>(&self.key.organization.0)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.key.group.0)?;
        out.push_sql(", ");
        out.push_bind_param::<Bool, _>(&self.key.is_child)?;
        out.push_sql(", ");
        out.push_bind_param::<Bool, _>(&self.key.excluded)?;
        for value in [
            &self.slot,
            &self.change.users,
            &self.change.ordered,
            &self.change.paid,
        ] {
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(value)?;
        }
        out.push_sql(
            ") ON CONFLICT (organization_id, group_id, is_child, excluded, slot) DO UPDATE SET \
             users = group_totals.users + excluded.users, \
             ordered = group_totals.ordered + excluded.ordered, \
             paid = group_totals.paid + excluded.paid",
        );
        Ok(())
    }
}

/// Makes the totals follow a registration from what it was to what it is. Of one that has ended what is paid still
/// counts.
pub fn follow(
    conn: &mut Conn,
    before: Option<&Registration>,
    after: &Registration,
) -> QueryResult<()> {
    let (key, mut change) = share(after);
    match before.map(share) {
        Some((old_key, old)) if old_key == key => change = change.less(old),
        Some((old_key, old)) => add_if_any(conn, old_key, TotalsChange::default().less(old))?,
        None => {}
    }
    add_if_any(conn, key, change)
}

fn add_if_any(conn: &mut Conn, key: TotalsKey, change: TotalsChange) -> QueryResult<()> {
    if change == TotalsChange::default() {
        return Ok(());
    }
    add(conn, key, change)
}

/// What a registration adds to the totals, and to which.
fn share(registration: &Registration) -> (TotalsKey, TotalsChange) {
    let key = TotalsKey {
        organization: OrganizationId(registration.organization_id),
        group: GroupId(registration.group_id),
        is_child: registration.parent_id.is_some(),
        excluded: registration.excluded,
    };
    let (users, ordered) = match registration.deleted_at {
        None => (1, registration.order_total),
        Some(_) => (0, 0),
    };
    let change = TotalsChange {
        users,
        ordered,
        paid: registration.paid_total,
    };
    (key, change)
}

/// Counts and sums a project anew, from its registrations. Others that change totals wait until the transaction ends:
/// a change made at the same time would be counted twice, or not at all. Called last in a transaction, as every change
/// of totals is.
pub fn recompute(conn: &mut Conn, organization: OrganizationId, group: GroupId) -> QueryResult<()> {
    hold_off_writers(conn, "group_totals")?;
    let old = group_totals::table
        .filter(group_totals::organization_id.eq(organization.0))
        .filter(group_totals::group_id.eq(group.0));
    diesel::delete(old).execute(&mut **conn)?;
    for (is_child, excluded) in [(false, false), (false, true), (true, false), (true, true)] {
        let key = TotalsKey {
            organization,
            group,
            is_child,
            excluded,
        };
        let change = count(conn, key)?;
        if change != TotalsChange::default() {
            Add {
                key,
                slot: 0,
                change,
            }
            .execute(&mut **conn)?;
        }
    }
    Ok(())
}

/// Of registrations that have ended only what is paid counts.
fn count(conn: &mut DbConn, key: TotalsKey) -> QueryResult<TotalsChange> {
    // PostgreSQL's sum of BIGINT is NUMERIC; the amounts that are accepted cannot overflow 63 bits.
    let sum = |what: &str| sql::<Nullable<BigInt>>(&format!("CAST(SUM({what}) AS BIGINT)"));
    let (users, ordered, paid): (Option<i64>, Option<i64>, Option<i64>) = registrations::table
        .filter(registrations::organization_id.eq(key.organization.0))
        .filter(registrations::group_id.eq(key.group.0))
        .filter(registrations::parent_id.is_not_null().eq(key.is_child))
        .filter(registrations::excluded.eq(key.excluded))
        .select((
            sum("CASE WHEN deleted_at IS NULL THEN 1 ELSE 0 END"),
            sum("CASE WHEN deleted_at IS NULL THEN order_total ELSE 0 END"),
            sum("paid_total"),
        ))
        .get_result(conn)?;
    Ok(TotalsChange {
        users: users.unwrap_or(0),
        ordered: ordered.unwrap_or(0),
        paid: paid.unwrap_or(0),
    })
}
