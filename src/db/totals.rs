//! Counts and sums of a project, kept with every change and never scanned.
//!
//! Each connection of the pool adds to rows of its own (`slot`), so that writers on PostgreSQL do not wait for one
//! another; whoever reads adds the rows up. Changed last in a transaction.

use diesel::prelude::*;

use super::connection::Conn;
use super::schema::group_totals;
use crate::ids::{GroupId, OrganizationId};

/// Whose totals: parents and individuals apart from children, excluded ones apart from the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TotalsKey {
    pub organization: OrganizationId,
    pub group: GroupId,
    pub is_child: bool,
    pub excluded: bool,
}

/// A change of the totals; money in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TotalsChange {
    pub users: i64,
    pub ordered: i64,
    pub paid: i64,
}

pub fn add(conn: &mut Conn, key: TotalsKey, change: TotalsChange) -> QueryResult<()> {
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
            .execute(&mut **conn)?;
    }
    Ok(())
}
