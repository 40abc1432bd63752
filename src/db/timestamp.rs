//! Moments as columns. In SQLite they are text (`2027-01-05 09:00:00.125`), which diesel writes and reads by general formats
//! of chrono's: a twentieth of what a create costs SQLite's writer, and a thirtieth of what a read of a person costs.

use chrono::NaiveDateTime;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types;
use diesel::sqlite::{Sqlite, SqliteValue};

use super::connection::DbConn;
use crate::clock::Timestamp;

/// The one of both databases that a connection turns out to be of.
type Either = <DbConn as Connection>::Backend;

impl ToSql<sql_types::Timestamp, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<sql_types::Timestamp, Sqlite> for Timestamp {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        match Timestamp::read(value.read_text()) {
            Some(moment) => Ok(moment),
            None => from_sql::<Sqlite>(value),
        }
    }
}

impl ToSql<sql_types::Timestamp, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<sql_types::Timestamp, Pg>::to_sql(&**self, out)
    }
}

impl FromSql<sql_types::Timestamp, Pg> for Timestamp {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        from_sql::<Pg>(value)
    }
}

impl ToSql<sql_types::Timestamp, Either> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Either>) -> serialize::Result {
        out.set_value((sql_types::Timestamp, self));
        Ok(IsNull::No)
    }
}

impl FromSql<sql_types::Timestamp, Either> for Timestamp {
    fn from_sql(value: <Either as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, sql_types::Timestamp>()
    }
}

/// As diesel reads it.
fn from_sql<DB: Backend>(value: DB::RawValue<'_>) -> deserialize::Result<Timestamp>
where
    NaiveDateTime: FromSql<sql_types::Timestamp, DB>,
{
    NaiveDateTime::from_sql(value).map(Timestamp::from)
}
