//! Many registered people at once: pages of a project, and families.

pub mod heads;

use diesel::prelude::*;

use super::connection::DbConn;
use super::registrations::Registration;
use super::schema::{group_totals, registrations, users};
use super::users::User;
use crate::ids::{CloginId, GroupId, OrganizationId};

/// Which of a project's people, by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Excluded {
    /// The normal list.
    #[default]
    Without,
    With,
    Only,
}

/// Which of a project's people, by their place in a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Parents and individuals.
    Parents,
    Children,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Position(i64),
    /// After this registration: as fast at any depth.
    After(i64),
}

/// What a list is of.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    pub organization: OrganizationId,
    pub group: GroupId,
    pub excluded: Excluded,
}

/// Which of the selection are read.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// Up to `limit` people of a rank.
    Page {
        rank: Rank,
        start: Start,
        limit: i64,
    },
    /// The children of some parents.
    ChildrenOf(&'a [CloginId]),
    /// Those of some registrations.
    These(&'a [i64]),
}

/// People in the order of their registrations.
pub fn people(
    conn: &mut DbConn,
    selection: Selection,
    part: Part<'_>,
) -> QueryResult<Vec<(Registration, User)>> {
    let mut query = registrations::table
        .inner_join(
            users::table.on(users::organization_id
                .eq(registrations::organization_id)
                .and(users::id.eq(registrations::clogin_id))),
        )
        .filter(registrations::organization_id.eq(selection.organization.0))
        .filter(registrations::group_id.eq(selection.group.0))
        .filter(registrations::deleted_at.is_null())
        .select((Registration::as_select(), User::as_select()))
        .into_boxed();
    // These conditions stand as the partial indexes have them, without parameters, so that both databases use those.
    query = match selection.excluded {
        Excluded::Without => query.filter(diesel::dsl::not(registrations::excluded)),
        Excluded::With => query,
        Excluded::Only => query.filter(registrations::excluded),
    };
    query = match part {
        Part::Page {
            rank: Rank::Parents,
            ..
        } => query.filter(registrations::parent_id.is_null()),
        Part::Page { .. } | Part::ChildrenOf(_) => {
            query.filter(registrations::parent_id.is_not_null())
        }
        Part::These(_) => query,
    };
    // The rest is sorted here: SQLite would go through all children to have those of a few parents in this order.
    if let Part::Page { .. } = part {
        query = query.order(registrations::id);
    }
    query = match part {
        Part::Page {
            start: Start::Position(position),
            limit,
            ..
        } => query.offset(position).limit(limit),
        Part::Page {
            start: Start::After(id),
            limit,
            ..
        } => query.filter(registrations::id.gt(id)).limit(limit),
        Part::ChildrenOf(parents) => {
            let parents = parents.iter().map(|parent| Some(parent.0));
            query.filter(registrations::parent_id.eq_any(parents))
        }
        Part::These(ids) => query.filter(registrations::id.eq_any(ids)),
    };
    let mut found: Vec<(Registration, User)> = query.load(conn)?;
    found.sort_by_key(|(registration, _)| registration.id);
    Ok(found)
}

/// People of a project by their ids.
pub fn by_ids(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    ids: &[CloginId],
) -> QueryResult<Vec<(Registration, User)>> {
    registrations::table
        .inner_join(
            users::table.on(users::organization_id
                .eq(registrations::organization_id)
                .and(users::id.eq(registrations::clogin_id))),
        )
        .filter(registrations::organization_id.eq(organization.0))
        .filter(registrations::group_id.eq(group.0))
        .filter(registrations::clogin_id.eq_any(ids.iter().map(|id| id.0)))
        .filter(registrations::deleted_at.is_null())
        .select((Registration::as_select(), User::as_select()))
        .load(conn)
}

/// Counts and sums of a project's people, a row for each rank and whether they are excluded.
#[derive(Queryable, Clone, Copy, Debug)]
pub struct TotalsRow {
    pub is_child: bool,
    pub excluded: bool,
    pub users: i64,
    pub ordered: i64,
    pub paid: i64,
}

/// The shares of all connections, to be added up.
pub fn totals(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
) -> QueryResult<Vec<TotalsRow>> {
    group_totals::table
        .filter(group_totals::organization_id.eq(organization.0))
        .filter(group_totals::group_id.eq(group.0))
        .select((
            group_totals::is_child,
            group_totals::excluded,
            group_totals::users,
            group_totals::ordered,
            group_totals::paid,
        ))
        .load(conn)
}
