//! Lists of an organization's people, by creation and then by the public id: all, or those that filters find. Each is one
//! range of one index; what further filters say is looked up for those that the first one finds.
//!
//! Written by hand: diesel cannot compare rows, and what it could say through the enum would be prepared anew each time.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Nullable, Text, Timestamp as SqlTimestamp};

use super::connection::{DbConn, directly};
use super::rest_users::RestUser;
use crate::clock::Timestamp;
use crate::ids::OrganizationId;

/// A place in the order of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub created_at: Timestamp,
    /// Compared as text.
    pub uuid: String,
}

/// Which people.
#[derive(Clone, Debug)]
pub struct Selection {
    pub organization: OrganizationId,
    /// The key of the main e-mail.
    pub email_key: Option<String>,
    pub locale: Option<String>,
    /// The first moment of creation.
    pub created_from: Option<Timestamp>,
    /// The last moment of creation.
    pub created_to: Option<Timestamp>,
    /// Of `user_values`: all of them.
    pub keys: Vec<String>,
}

impl Selection {
    pub fn all(organization: OrganizationId) -> Self {
        Selection {
            organization,
            email_key: None,
            locale: None,
            created_from: None,
            created_to: None,
            keys: Vec::new(),
        }
    }

    /// Whether it is everybody.
    pub fn is_all(&self) -> bool {
        self.email_key.is_none()
            && self.locale.is_none()
            && self.created_from.is_none()
            && self.created_to.is_none()
            && self.keys.is_empty()
    }
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    Offset(i64),
    /// After this place: as fast at any depth.
    After(Position),
    /// Before this place, going backwards: the nearest comes first.
    Before(Position),
}

/// Up to `limit` people of a selection.
pub fn page(
    conn: &mut DbConn,
    selection: &Selection,
    start: &Start,
    limit: i64,
) -> QueryResult<Vec<RestUser>> {
    let page = || Page {
        selection,
        start,
        limit,
    };
    directly!(conn, |conn| page().load(conn))
}

/// How many people a selection has.
pub fn count(conn: &mut DbConn, selection: &Selection) -> QueryResult<i64> {
    directly!(conn, |conn| Count(selection).get_result(conn))
}

struct Page<'a> {
    selection: &'a Selection,
    start: &'a Start,
    limit: i64,
}

struct Count<'a>(&'a Selection);

impl Query for Page<'_> {
    /// The columns of [`RestUser`].
    type SqlType = (
        BigInt,
        Text,
        Nullable<Text>,
        Text,
        Nullable<Text>,
        Text,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
        SqlTimestamp,
        Nullable<SqlTimestamp>,
    );
}

impl Query for Count<'_> {
    type SqlType = BigInt;
}

/// Kept prepared by their text: there are as many as there are combinations of filters.
impl QueryId for Page<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryId for Count<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Conn> RunQueryDsl<Conn> for Page<'_> {}
impl<Conn> RunQueryDsl<Conn> for Count<'_> {}

impl<DB> QueryFragment<DB> for Page<'_>
where
    DB: Backend + HasSqlType<SqlTimestamp>,
    i64: ToSql<BigInt, DB>,
    String: ToSql<Text, DB>,
    Timestamp: ToSql<SqlTimestamp, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "SELECT u.id, u.uuid, u.main_email, u.locale, u.custom_properties, u.claims, u.provider_id, \
             u.provider_url, u.subject_id, u.created_at, u.deleted_at",
        );
        walk_selection(self.selection, &mut out)?;
        let (from, direction) = match self.start {
            Start::Offset(_) => (None, ""),
            Start::After(position) => (Some((" > (", position)), ""),
            Start::Before(position) => (Some((" < (", position)), " DESC"),
        };
        let place = Place::of(self.selection);
        if let Some((comparison, position)) = from {
            out.push_sql(" AND (");
            out.push_sql(place.created_at);
            out.push_sql(", ");
            out.push_sql(place.uuid);
            out.push_sql(")");
            out.push_sql(comparison);
            out.push_bind_param::<SqlTimestamp, _>(&position.created_at)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(&position.uuid)?;
            out.push_sql(")");
        }
        out.push_sql(" ORDER BY ");
        out.push_sql(place.created_at);
        out.push_sql(direction);
        out.push_sql(", ");
        out.push_sql(place.uuid);
        out.push_sql(direction);
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        if let Start::Offset(offset) = self.start {
            out.push_sql(" OFFSET ");
            out.push_bind_param::<BigInt, _>(offset)?;
        }
        Ok(())
    }
}

impl<DB> QueryFragment<DB> for Count<'_>
where
    DB: Backend + HasSqlType<SqlTimestamp>,
    i64: ToSql<BigInt, DB>,
    String: ToSql<Text, DB>,
    Timestamp: ToSql<SqlTimestamp, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT count(*)");
        walk_selection(self.0, &mut out)
    }
}

/// The columns that give the order: of the index that finds the people.
struct Place {
    created_at: &'static str,
    uuid: &'static str,
}

impl Place {
    fn of(selection: &Selection) -> Self {
        if selection.keys.is_empty() {
            Place {
                created_at: "u.created_at",
                uuid: "u.uuid",
            }
        } else {
            Place {
                created_at: "v.created_at",
                uuid: "v.uuid",
            }
        }
    }
}

/// Everything from FROM on.
fn walk_selection<'b, DB>(
    selection: &'b Selection,
    out: &mut AstPass<'_, 'b, DB>,
) -> QueryResult<()>
where
    DB: Backend + HasSqlType<SqlTimestamp>,
    i64: ToSql<BigInt, DB>,
    String: ToSql<Text, DB>,
    Timestamp: ToSql<SqlTimestamp, DB>,
{
    let organization = &selection.organization.0;
    match selection.keys.first() {
        None => {
            out.push_sql(" FROM users u WHERE u.organization_id = ");
            out.push_bind_param::<BigInt, _>(organization)?;
        }
        Some(key) => {
            // SQLite takes the tables of a CROSS JOIN in this order.
            out.push_sql(
                " FROM user_values v CROSS JOIN users u WHERE u.organization_id = v.organization_id \
                 AND u.id = v.user_id AND v.organization_id = ",
            );
            out.push_bind_param::<BigInt, _>(organization)?;
            out.push_sql(" AND v.key_sha256 = ");
            out.push_bind_param::<Text, _>(key)?;
        }
    }
    for key in selection.keys.iter().skip(1) {
        out.push_sql(
            " AND EXISTS (SELECT 1 FROM user_values w WHERE w.organization_id = u.organization_id \
             AND w.user_id = u.id AND w.key_sha256 = ",
        );
        out.push_bind_param::<Text, _>(key)?;
        out.push_sql(")");
    }
    // As the partial indexes have it.
    out.push_sql(" AND u.deleted_at IS NULL");
    if let Some(email_key) = &selection.email_key {
        out.push_sql(" AND u.email_key = ");
        out.push_bind_param::<Text, _>(email_key)?;
    }
    if let Some(locale) = &selection.locale {
        // Half of all people may have it: where something else finds fewer, its index is not to be used.
        let alone = selection.email_key.is_none() && selection.keys.is_empty();
        out.push_sql(if alone {
            " AND u.locale = "
        } else {
            " AND (u.locale || '') = "
        });
        out.push_bind_param::<Text, _>(locale)?;
    }
    let place = Place::of(selection);
    let bounds = [
        (" >= ", &selection.created_from),
        (" <= ", &selection.created_to),
    ];
    for (comparison, moment) in bounds {
        if let Some(moment) = moment {
            out.push_sql(" AND ");
            out.push_sql(place.created_at);
            out.push_sql(comparison);
            out.push_bind_param::<SqlTimestamp, _>(moment)?;
        }
    }
    Ok(())
}
