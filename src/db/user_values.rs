//! The values of people's documents, by which they are found: rows that are written with the document. What a key is made
//! of is in `users/values.rs`.

use std::collections::BTreeSet;

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Text, Timestamp as SqlTimestamp};

use super::connection::{DbConn, directly};
use super::schema::user_values;
use crate::clock::Timestamp;
use crate::ids::OrganizationId;

/// Rows that one statement inserts at most. A row has six parameters; SQLite takes 32,766 of them, PostgreSQL 65,535.
const ROWS: usize = 5_000;

/// A document by whose values people are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    Claims,
    CustomProperties,
    /// The link to where somebody logs in elsewhere.
    Provider,
}

impl Document {
    pub fn name(self) -> &'static str {
        match self {
            Document::Claims => "claims",
            Document::CustomProperties => "custom_properties",
            Document::Provider => "provider",
        }
    }
}

/// Whose values they are.
#[derive(Clone, Debug)]
pub struct Owner {
    pub organization: OrganizationId,
    pub id: i64,
    pub uuid: String,
    pub created_at: Timestamp,
}

/// Writes the values of a document that had none.
pub fn insert(
    conn: &mut DbConn,
    owner: &Owner,
    document: Document,
    keys: &BTreeSet<String>,
) -> QueryResult<()> {
    let keys: Vec<&String> = keys.iter().collect();
    for keys in keys.chunks(ROWS) {
        let insert = Insert {
            owner,
            document: document.name(),
            keys,
        };
        directly!(conn, |conn| insert.execute(conn))?;
    }
    Ok(())
}

/// Makes the values of a document those that it has now. The caller has changed the person's row, and holds it so.
pub fn replace(
    conn: &mut DbConn,
    owner: &Owner,
    document: Document,
    keys: &BTreeSet<String>,
) -> QueryResult<()> {
    let old = user_values::table
        .filter(user_values::organization_id.eq(owner.organization.0))
        .filter(user_values::user_id.eq(owner.id))
        .filter(user_values::document.eq(document.name()));
    diesel::delete(old).execute(conn)?;
    insert(conn, owner, document, keys)
}

/// How many people have a value, counted up to `most`: no further rows are looked at.
pub fn count(
    conn: &mut DbConn,
    organization: OrganizationId,
    key: &str,
    most: i64,
) -> QueryResult<i64> {
    let count = || Count {
        organization: organization.0,
        key,
        most,
    };
    directly!(conn, |conn| count().get_result(conn))
}

struct Count<'a> {
    organization: i64,
    key: &'a str,
    most: i64,
}

impl Query for Count<'_> {
    type SqlType = BigInt;
}

impl QueryId for Count<'_> {
    type QueryId = Count<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Conn> RunQueryDsl<Conn> for Count<'_> {}

impl<DB> QueryFragment<DB> for Count<'_>
where
    DB: Backend,
    i64: ToSql<BigInt, DB>,
    str: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "SELECT count(*) FROM (SELECT 1 AS one FROM user_values WHERE organization_id = ",
        );
        out.push_bind_param::<BigInt, _>(&self.organization)?;
        out.push_sql(" AND key_sha256 = ");
        out.push_bind_param::<Text, _>(self.key)?;
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.most)?;
        out.push_sql(") AS found");
        Ok(())
    }
}

/// diesel inserts several rows neither through the enum nor, on SQLite, in one statement.
struct Insert<'a> {
    owner: &'a Owner,
    document: &'static str,
    keys: &'a [&'a String],
}

impl QueryId for Insert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Conn> RunQueryDsl<Conn> for Insert<'_> {}

impl<DB> QueryFragment<DB> for Insert<'_>
where
    DB: Backend + HasSqlType<SqlTimestamp>,
    i64: ToSql<BigInt, DB>,
    str: ToSql<Text, DB>,
    String: ToSql<Text, DB>,
    Timestamp: ToSql<SqlTimestamp, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // As many as there are rows in a document.
        out.unsafe_to_cache_prepared();
        out.push_sql(
            "INSERT INTO user_values \
             (organization_id, user_id, document, key_sha256, created_at, uuid) VALUES ",
        );
        for (index, key) in self.keys.iter().enumerate() {
            out.push_sql(if index == 0 { "(" } else { ", (" });
            out.push_bind_param::<BigInt, _>(&self.owner.organization.0)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&self.owner.id)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(self.document)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(*key)?;
            out.push_sql(", ");
            out.push_bind_param::<SqlTimestamp, _>(&self.owner.created_at)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(&self.owner.uuid)?;
            out.push_sql(")");
        }
        Ok(())
    }
}
