//! Pages of whoever is at the head of what a list has of a family: parents and individuals, and strays, which are children
//! whose parents are not in the list, as they are excluded and the children are not, or the other way round.
//!
//! Written by hand: diesel has no UNION of queries that are sorted as one. Strays are found from those who are excluded;
//! SQLite takes the tables of a CROSS JOIN in their order.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::serialize::ToSql;
use diesel::sql_types::BigInt;

use super::{Excluded, Selection, Start};
use crate::db::connection::{DbConn, directly};

/// The registrations of a page, in their order.
pub fn page(
    conn: &mut DbConn,
    selection: Selection,
    start: Start,
    limit: i64,
) -> QueryResult<Vec<i64>> {
    let page = || Page {
        selection,
        start,
        limit,
    };
    directly!(conn, |conn| page().load(conn))
}

/// How many strays a list has. One with the excluded in it has none.
pub fn count_strays(conn: &mut DbConn, selection: Selection) -> QueryResult<i64> {
    directly!(conn, |conn| CountStrays(selection).get_result(conn))
}

struct Page {
    selection: Selection,
    start: Start,
    limit: i64,
}

struct CountStrays(Selection);

impl Query for Page {
    type SqlType = BigInt;
}

impl Query for CountStrays {
    type SqlType = BigInt;
}

impl QueryId for Page {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryId for CountStrays {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Conn> RunQueryDsl<Conn> for Page {}
impl<Conn> RunQueryDsl<Conn> for CountStrays {}

impl<DB> QueryFragment<DB> for Page
where
    DB: Backend,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let (after, offset) = match &self.start {
            Start::Position(position) => (None, Some(position)),
            Start::After(id) => (Some(id), None),
        };
        out.push_sql("SELECT r.id FROM registrations r WHERE r.parent_id IS NULL");
        walk_listed(&self.selection, after, &mut out)?;
        out.push_sql(" UNION ALL SELECT r.id");
        walk_strays(&self.selection, after, &mut out)?;
        out.push_sql(" ORDER BY id LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        if let Some(offset) = offset {
            out.push_sql(" OFFSET ");
            out.push_bind_param::<BigInt, _>(offset)?;
        }
        Ok(())
    }
}

impl<DB> QueryFragment<DB> for CountStrays
where
    DB: Backend,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT count(*)");
        walk_strays(&self.0, None, &mut out)
    }
}

/// Everything from FROM on: `r` is the child, `p` its parent.
fn walk_strays<'b, DB>(
    selection: &'b Selection,
    after: Option<&'b i64>,
    out: &mut AstPass<'_, 'b, DB>,
) -> QueryResult<()>
where
    DB: Backend,
    i64: ToSql<BigInt, DB>,
{
    out.push_sql(match selection.excluded {
        Excluded::Only => " FROM registrations r CROSS JOIN registrations p WHERE NOT p.excluded",
        Excluded::Without => " FROM registrations p CROSS JOIN registrations r WHERE p.excluded",
        // Whoever is a child's parent is in the list.
        Excluded::With => " FROM registrations p CROSS JOIN registrations r WHERE 1 = 0",
    });
    out.push_sql(" AND p.deleted_at IS NULL AND p.organization_id = ");
    out.push_bind_param::<BigInt, _>(&selection.organization.0)?;
    out.push_sql(" AND p.group_id = ");
    out.push_bind_param::<BigInt, _>(&selection.group.0)?;
    out.push_sql(" AND r.parent_id = p.clogin_id");
    walk_listed(selection, after, out)
}

/// What is said of whoever is listed, as the partial indexes have it.
fn walk_listed<'b, DB>(
    selection: &'b Selection,
    after: Option<&'b i64>,
    out: &mut AstPass<'_, 'b, DB>,
) -> QueryResult<()>
where
    DB: Backend,
    i64: ToSql<BigInt, DB>,
{
    out.push_sql(match selection.excluded {
        Excluded::Without => " AND NOT r.excluded",
        Excluded::With => "",
        Excluded::Only => " AND r.excluded",
    });
    out.push_sql(" AND r.deleted_at IS NULL AND r.organization_id = ");
    out.push_bind_param::<BigInt, _>(&selection.organization.0)?;
    out.push_sql(" AND r.group_id = ");
    out.push_bind_param::<BigInt, _>(&selection.group.0)?;
    if let Some(after) = after {
        out.push_sql(" AND r.id > ");
        out.push_bind_param::<BigInt, _>(after)?;
    }
    Ok(())
}
