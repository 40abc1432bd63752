//! Counts and sums of a project, kept with every change and never scanned.
//!
//! Each connection of the pool adds to rows of its own (`slot`), so that writers on PostgreSQL do not wait for one
//! another; whoever reads adds the rows up. Changed last in a transaction.

use diesel::backend::Backend;
use diesel::dsl::{count_star, sql};
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

/// Makes the totals follow a registration from what it was to what it is. One that has ended counts for nothing.
pub fn follow(
    conn: &mut Conn,
    before: Option<&Registration>,
    after: &Registration,
) -> QueryResult<()> {
    let (before, after) = (before.and_then(share), share(after));
    if let (Some((old_key, old)), Some((key, new))) = (before, after)
        && old_key == key
    {
        let change = TotalsChange {
            users: 0,
            ordered: new.ordered - old.ordered,
            paid: new.paid - old.paid,
        };
        return if change == TotalsChange::default() {
            Ok(())
        } else {
            add(conn, key, change)
        };
    }
    if let Some((key, old)) = before {
        let change = TotalsChange {
            users: -old.users,
            ordered: -old.ordered,
            paid: -old.paid,
        };
        add(conn, key, change)?;
    }
    match after {
        Some((key, new)) => add(conn, key, new),
        None => Ok(()),
    }
}

/// What a registration adds to the totals, and to which.
fn share(registration: &Registration) -> Option<(TotalsKey, TotalsChange)> {
    if registration.deleted_at.is_some() {
        return None;
    }
    let key = TotalsKey {
        organization: OrganizationId(registration.organization_id),
        group: GroupId(registration.group_id),
        is_child: registration.parent_id.is_some(),
        excluded: registration.excluded,
    };
    let change = TotalsChange {
        users: 1,
        ordered: registration.order_total,
        paid: registration.paid_total,
    };
    Some((key, change))
}

/// Counts and sums a project anew, from its registrations. Others that change totals wait until the transaction ends:
/// a change made at the same time would be counted twice, or not at all. Called last in a transaction, as [`add`] is.
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

/// Registrations that have ended do not count.
fn count(conn: &mut DbConn, key: TotalsKey) -> QueryResult<TotalsChange> {
    // PostgreSQL's sum of BIGINT is NUMERIC; the amounts that are accepted cannot overflow 63 bits.
    let sum = |column: &str| sql::<Nullable<BigInt>>(&format!("CAST(SUM({column}) AS BIGINT)"));
    let (users, ordered, paid): (i64, Option<i64>, Option<i64>) = registrations::table
        .filter(registrations::organization_id.eq(key.organization.0))
        .filter(registrations::group_id.eq(key.group.0))
        .filter(registrations::parent_id.is_not_null().eq(key.is_child))
        .filter(registrations::excluded.eq(key.excluded))
        .filter(registrations::deleted_at.is_null())
        .select((count_star(), sum("order_total"), sum("paid_total")))
        .get_result(conn)?;
    Ok(TotalsChange {
        users,
        ordered: ordered.unwrap_or(0),
        paid: paid.unwrap_or(0),
    })
}
