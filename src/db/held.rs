//! Holding a registration, and saving it. Nearly every call that changes something does both, so their SQL is written by
//! hand: diesel prepares every UPDATE of its own anew at each execution.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Nullable, Text, Timestamp as SqlTimestamp};

use super::connection::{DbConn, directly};
use super::registrations::Registration;
use super::schema::registrations;
use crate::clock::Timestamp;
use crate::ids::{CloginId, GroupId, OrganizationId};

/// Whether a registration that has ended is looked for, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedToo {
    Yes,
    No,
}

/// Holds a registration until the transaction ends, and reads it: one statement does both, so that of two calls the
/// second sees what the first has done. None: it is not there.
pub fn lock(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    clogin: CloginId,
    ended: EndedToo,
) -> QueryResult<Option<Registration>> {
    let lock = || Lock {
        key: [organization.0, group.0, clogin.0],
        ended: ended == EndedToo::Yes,
    };
    directly!(conn, |conn| lock().get_result(conn).optional())
}

/// Writes what a call has changed of a registration that it holds.
pub fn save(conn: &mut DbConn, registration: &Registration) -> QueryResult<()> {
    directly!(conn, |conn| Save(registration).execute(conn).map(|_| ()))
}

#[derive(QueryId)]
struct Lock {
    /// Organization, group, clogin.
    key: [i64; 3],
    ended: bool,
}

impl Query for Lock {
    type SqlType = registrations::SqlType;
}

impl<Conn> RunQueryDsl<Conn> for Lock {}

impl<DB> QueryFragment<DB> for Lock
where
    DB: Backend + HasSqlType<Bool>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE registrations SET version = version + 1 WHERE organization_id = ");
        out.push_bind_param::<BigInt, _>(&self.key[0])?;
        out.push_sql(" AND group_id = ");
        out.push_bind_param::<BigInt, _>(&self.key[1])?;
        out.push_sql(" AND clogin_id = ");
        out.push_bind_param::<BigInt, _>(&self.key[2])?;
        out.push_sql(" AND (deleted_at IS NULL OR ");
        out.push_bind_param::<Bool, _>(&self.ended)?;
        // The columns stand as the schema has them.
        out.push_sql(
            ") RETURNING id, organization_id, group_id, clogin_id, parent_id, version, status_id, \
             excluded, answers, forms, utm, order_total, paid_total, application_date, created_at, \
             updated_at, deleted_at, triggers, triggers_seen",
        );
        Ok(())
    }
}

struct Save<'a>(&'a Registration);

/// Of the statement, whatever it writes.
impl QueryId for Save<'_> {
    type QueryId = Save<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Conn> RunQueryDsl<Conn> for Save<'_> {}

impl<DB> QueryFragment<DB> for Save<'_>
where
    DB: Backend + HasSqlType<Bool> + HasSqlType<SqlTimestamp>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
    String: ToSql<Text, DB>,
    Option<i64>: ToSql<Nullable<BigInt>, DB>,
    Option<String>: ToSql<Nullable<Text>, DB>,
    Timestamp: ToSql<SqlTimestamp, DB>,
    Option<Timestamp>: ToSql<Nullable<SqlTimestamp>, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let row = self.0;
        out.push_sql("UPDATE registrations SET parent_id = ");
        out.push_bind_param::<Nullable<BigInt>, _>(&row.parent_id)?;
        out.push_sql(", status_id = ");
        out.push_bind_param::<Nullable<BigInt>, _>(&row.status_id)?;
        out.push_sql(", excluded = ");
        out.push_bind_param::<Bool, _>(&row.excluded)?;
        out.push_sql(", answers = ");
        out.push_bind_param::<Text, _>(&row.answers)?;
        out.push_sql(", forms = ");
        out.push_bind_param::<Text, _>(&row.forms)?;
        out.push_sql(", utm = ");
        out.push_bind_param::<Nullable<Text>, _>(&row.utm)?;
        out.push_sql(", order_total = ");
        out.push_bind_param::<BigInt, _>(&row.order_total)?;
        out.push_sql(", paid_total = ");
        out.push_bind_param::<BigInt, _>(&row.paid_total)?;
        out.push_sql(", application_date = ");
        out.push_bind_param::<SqlTimestamp, _>(&row.application_date)?;
        out.push_sql(", updated_at = ");
        out.push_bind_param::<SqlTimestamp, _>(&row.updated_at)?;
        out.push_sql(", deleted_at = ");
        out.push_bind_param::<Nullable<SqlTimestamp>, _>(&row.deleted_at)?;
        out.push_sql(", triggers = ");
        out.push_bind_param::<Text, _>(&row.triggers)?;
        out.push_sql(", triggers_seen = ");
        out.push_bind_param::<BigInt, _>(&row.triggers_seen)?;
        out.push_sql(" WHERE organization_id = ");
        out.push_bind_param::<BigInt, _>(&row.organization_id)?;
        out.push_sql(" AND group_id = ");
        out.push_bind_param::<BigInt, _>(&row.group_id)?;
        out.push_sql(" AND clogin_id = ");
        out.push_bind_param::<BigInt, _>(&row.clogin_id)?;
        Ok(())
    }
}
