//! Inserts that calls wait for. What diesel makes of a row is walked three times at each execution, and each column of it
//! several times: a tenth of what a create costs SQLite's writer. Here the text is said at once, and only the values are
//! walked through.

use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{self, BigInt, Bool, HasSqlType, Nullable, Text};
use diesel::sqlite::Sqlite;

use crate::clock::Timestamp;

/// What is written of a row.
pub trait Row {
    /// The table and its columns, as SQL.
    const INTO: &'static str;

    /// Pushes the values, in the order of the columns.
    fn push<'b>(&'b self, values: &mut impl Values<'b>) -> QueryResult<()>;
}

/// Takes the values of a row, one after the other.
pub trait Values<'b> {
    fn boolean(&mut self, value: &'b bool) -> QueryResult<()>;
    fn integer(&mut self, value: &'b i64) -> QueryResult<()>;
    fn integer_or_null(&mut self, value: &'b Option<i64>) -> QueryResult<()>;
    fn text(&mut self, value: &'b str) -> QueryResult<()>;
    fn text_or_null(&mut self, value: &'b Option<String>) -> QueryResult<()>;
    fn timestamp(&mut self, value: &'b Timestamp) -> QueryResult<()>;
}

/// Rows in one statement, which is prepared once for each number of them. Where there are several, each has a key that
/// nobody else has: a row whose key is there already would be left out on SQLite.
pub struct Insert<'a, R, const ROWS: usize>(pub &'a [R; ROWS]);

impl<R: 'static, const ROWS: usize> QueryId for Insert<'_, R, ROWS> {
    type QueryId = Insert<'static, R, ROWS>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Conn, R, const ROWS: usize> RunQueryDsl<Conn> for Insert<'_, R, ROWS> {}

impl<R: Row, const ROWS: usize> QueryFragment<Sqlite> for Insert<'_, R, ROWS> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        // Of a statement that can fail at its second row SQLite copies each page that it changes.
        let verb = match ROWS {
            1 => "INSERT INTO ",
            _ => "INSERT OR IGNORE INTO ",
        };
        walk(verb, self.0, out)
    }
}

impl<R: Row, const ROWS: usize> QueryFragment<Pg> for Insert<'_, R, ROWS> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        walk("INSERT INTO ", self.0, out)
    }
}

fn walk<'b, DB, R: Row>(verb: &str, rows: &'b [R], mut out: AstPass<'_, 'b, DB>) -> QueryResult<()>
where
    DB: Backend,
    for<'p> Pushed<'p, 'b, DB>: Values<'b>,
{
    out.push_sql(verb);
    out.push_sql(R::INTO);
    for (index, row) in rows.iter().enumerate() {
        out.push_sql(if index == 0 { " VALUES (" } else { "), (" });
        row.push(&mut Pushed {
            out: out.reborrow(),
            separator: "",
        })?;
    }
    out.push_sql(")");
    Ok(())
}

struct Pushed<'a, 'b, DB: Backend> {
    out: AstPass<'a, 'b, DB>,
    separator: &'static str,
}

impl<'b, DB: Backend> Pushed<'_, 'b, DB> {
    fn push<Type, Value>(&mut self, value: &'b Value) -> QueryResult<()>
    where
        DB: HasSqlType<Type>,
        Value: ToSql<Type, DB> + ?Sized,
    {
        self.out.push_sql(self.separator);
        self.separator = ", ";
        self.out.push_bind_param::<Type, Value>(value)
    }
}

impl<'b, DB> Values<'b> for Pushed<'_, 'b, DB>
where
    DB: Backend + HasSqlType<Bool>,
    bool: ToSql<Bool, DB>,
    i64: ToSql<BigInt, DB>,
    str: ToSql<Text, DB>,
    String: ToSql<Text, DB>,
    Timestamp: ToSql<sql_types::Timestamp, DB>,
{
    fn boolean(&mut self, value: &'b bool) -> QueryResult<()> {
        self.push::<Bool, _>(value)
    }

    fn integer(&mut self, value: &'b i64) -> QueryResult<()> {
        self.push::<BigInt, _>(value)
    }

    fn integer_or_null(&mut self, value: &'b Option<i64>) -> QueryResult<()> {
        self.push::<Nullable<BigInt>, _>(value)
    }

    fn text(&mut self, value: &'b str) -> QueryResult<()> {
        self.push::<Text, _>(value)
    }

    fn text_or_null(&mut self, value: &'b Option<String>) -> QueryResult<()> {
        self.push::<Nullable<Text>, _>(value)
    }

    fn timestamp(&mut self, value: &'b Timestamp) -> QueryResult<()> {
        self.push::<sql_types::Timestamp, _>(value)
    }
}
