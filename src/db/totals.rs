//! Counts and sums of a project, kept with every change and never scanned.
//!
//! Each connection of the pool adds to rows of its own (`slot`), so that writers on PostgreSQL do not wait for one
//! another; whoever reads adds the rows up. Changed last in a transaction.

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

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
    let row = group_totals::table
        .filter(group_totals::organization_id.eq(key.organization.0))
        .filter(group_totals::group_id.eq(key.group.0))
        .filter(group_totals::is_child.eq(key.is_child))
        .filter(group_totals::excluded.eq(key.excluded))
        .filter(group_totals::slot.eq(slot));
    let changed = diesel::update(row)
        .set((
            group_totals::users.eq(group_totals::users + change.users),
            group_totals::ordered.eq(group_totals::ordered + change.ordered),
            group_totals::paid.eq(group_totals::paid + change.paid),
        ))
        .execute(&mut **conn)?;
    if changed == 0 {
        // The first of its kind. Two that are first at once collide, and the transaction of one runs again.
        insert(conn, key, slot, change)?;
    }
    Ok(())
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
            insert(conn, key, 0, change)?;
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

fn insert(conn: &mut DbConn, key: TotalsKey, slot: i64, change: TotalsChange) -> QueryResult<()> {
    diesel::insert_into(group_totals::table)
        .values((
            group_totals::organization_id.eq(key.organization.0),
            group_totals::group_id.eq(key.group.0),
            group_totals::is_child.eq(key.is_child),
            group_totals::excluded.eq(key.excluded),
            group_totals::slot.eq(slot),
            group_totals::users.eq(change.users),
            group_totals::ordered.eq(change.ordered),
            group_totals::paid.eq(change.paid),
        ))
        .execute(conn)
        .map(|_| ())
}
