//! Counts and sums of a project, and how many people an organization has, kept with every change and never scanned.
//!
//! A connection adds to the rows of its number (`Conn::slot`), so that writers on PostgreSQL seldom wait for one another:
//! only those of two nodes, and one that came for one that broke, have the same. Whoever reads adds the rows up. Changed
//! last in a transaction.

use diesel::backend::Backend;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Nullable};

use super::connection::{Conn, DbConn, directly, hold_off_writers};
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
    add_all(conn, [(key, change)])
}

/// Several rows in one statement; of different keys.
fn add_all<const ROWS: usize>(
    conn: &mut Conn,
    rows: [(TotalsKey, TotalsChange); ROWS],
) -> QueryResult<()> {
    let slot = conn.slot();
    directly!(&mut **conn, |conn| Add { slot, rows }.execute(conn)).map(|_| ())
}

/// Written by hand: diesel prepares every update anew, and has no ON CONFLICT for two databases at once.
struct Add<const ROWS: usize> {
    slot: i64,
    rows: [(TotalsKey, TotalsChange); ROWS],
}

/// Of the statement, whatever it adds.
impl<const ROWS: usize> QueryId for Add<ROWS> {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Conn, const ROWS: usize> RunQueryDsl<Conn> for Add<ROWS> {}

impl<DB, const ROWS: usize> QueryFragment<DB> for Add<ROWS>
where
    DB: Backend + HasSqlType<Bool>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO group_totals \
             (organization_id, group_id, is_child, excluded, slot, users, ordered, paid) VALUES ",
        );
        for (index, (key, change)) in self.rows.iter().enumerate() {
            out.push_sql(if index == 0 { "(" } else { ", (" });
            out.push_bind_param::<BigInt, _>(&key.organization.0)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&key.group.0)?;
            out.push_sql(", ");
            out.push_bind_param::<Bool, _>(&key.is_child)?;
            out.push_sql(", ");
            out.push_bind_param::<Bool, _>(&key.excluded)?;
            for value in [&self.slot, &change.users, &change.ordered, &change.paid] {
                out.push_sql(", ");
                out.push_bind_param::<BigInt, _>(value)?;
            }
            out.push_sql(")");
        }
        out.push_sql(
            " ON CONFLICT (organization_id, group_id, is_child, excluded, slot) DO UPDATE SET \
             users = group_totals.users + excluded.users, \
             ordered = group_totals.ordered + excluded.ordered, \
             paid = group_totals.paid + excluded.paid",
        );
        Ok(())
    }
}

/// Where an organization's people are counted: among the totals of its projects, so that a person who comes with its
/// first registration is counted by the same statement. No project has this id.
pub const PEOPLE: GroupId = GroupId(0);

fn people_key(organization: OrganizationId) -> TotalsKey {
    TotalsKey {
        organization,
        group: PEOPLE,
        is_child: false,
        excluded: false,
    }
}

fn people_change(users: i64) -> TotalsChange {
    TotalsChange {
        users,
        ..TotalsChange::default()
    }
}

/// People come to an organization or leave it, without their registrations.
pub fn add_people(conn: &mut Conn, organization: OrganizationId, people: i64) -> QueryResult<()> {
    add(conn, people_key(organization), people_change(people))
}

/// A person comes to its organization with its first registration.
pub fn add_person_with(conn: &mut Conn, registration: &Registration) -> QueryResult<()> {
    let organization = OrganizationId(registration.organization_id);
    let person = (people_key(organization), people_change(1));
    add_all(conn, [share(registration), person])
}

/// How many people an organization has; those that are deleted do not count.
pub fn people_of(conn: &mut DbConn, organization: OrganizationId) -> QueryResult<i64> {
    let shares: Vec<i64> = directly!(conn, |conn| group_totals::table
        .filter(group_totals::organization_id.eq(organization.0))
        .filter(group_totals::group_id.eq(PEOPLE.0))
        .select(group_totals::users)
        .load(conn))?;
    Ok(shares.into_iter().sum())
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

/// Takes what a registration that is deleted for good has counted for out of the totals.
pub fn forget(conn: &mut Conn, registration: &Registration) -> QueryResult<()> {
    let (key, change) = share(registration);
    add_if_any(conn, key, TotalsChange::default().less(change))
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
            let rows = [(key, change)];
            Add { slot: 0, rows }.execute(&mut **conn)?;
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
