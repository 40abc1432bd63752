//! The rows of registrations: a person in a project.

use diesel::backend::Backend;
use diesel::dsl::SqlTypeOf;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::BigInt;

use super::connection::{self, DbConn, directly};
use super::insert::{Insert, Row, Values};
use super::schema::{registrations, users};
use super::users::User;
use crate::clock::Timestamp;
use crate::ids::{CloginId, GroupId, OrganizationId, StatusId};
use crate::project::file::Status;

#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = registrations)]
pub struct Registration {
    pub id: i64,
    pub organization_id: i64,
    pub group_id: i64,
    pub clogin_id: i64,
    pub parent_id: Option<i64>,
    pub version: i64,
    pub status_id: Option<i64>,
    pub excluded: bool,
    /// JSON: field id → answer.
    pub answers: String,
    /// JSON: [`crate::users::forms::FormState`].
    pub forms: String,
    /// JSON: where the person came from.
    pub utm: Option<String>,
    /// Minor units.
    pub order_total: i64,
    /// Minor units.
    pub paid_total: i64,
    pub application_date: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    /// JSON: what triggers have done.
    pub triggers: String,
    /// The version of the configuration up to which triggers have looked at it.
    pub triggers_seen: i64,
}

/// Without its id, which the database makes, and not deleted.
impl Row for Registration {
    const INTO: &'static str = "registrations (organization_id, group_id, clogin_id, parent_id, version, status_id, \
         excluded, answers, forms, utm, order_total, paid_total, application_date, created_at, updated_at, triggers, \
         triggers_seen)";

    fn push<'b>(&'b self, values: &mut impl Values<'b>) -> QueryResult<()> {
        values.integer(&self.organization_id)?;
        values.integer(&self.group_id)?;
        values.integer(&self.clogin_id)?;
        values.integer_or_null(&self.parent_id)?;
        values.integer(&self.version)?;
        values.integer_or_null(&self.status_id)?;
        values.boolean(&self.excluded)?;
        values.text(&self.answers)?;
        values.text(&self.forms)?;
        values.text_or_null(&self.utm)?;
        values.integer(&self.order_total)?;
        values.integer(&self.paid_total)?;
        values.timestamp(&self.application_date)?;
        values.timestamp(&self.created_at)?;
        values.timestamp(&self.updated_at)?;
        values.text(&self.triggers)?;
        values.integer(&self.triggers_seen)
    }
}

/// Writes a new registration. What id it gets is nobody's business: RETURNING would cost SQLite a table for the answer, and a
/// copy of each page that is changed.
pub fn insert(conn: &mut DbConn, new: &Registration) -> QueryResult<()> {
    let row = Insert(std::array::from_ref(new));
    directly!(conn, |conn| row.execute(conn)).map(|_| ())
}

/// A registered person, in one query by one unique index. None: not here, or nowhere.
pub fn find(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    clogin: CloginId,
) -> QueryResult<Option<(Registration, User)>> {
    let find = Find {
        organization,
        group,
        clogin,
    };
    directly!(conn, |conn| find.get_result(conn).optional())
}

/// Written out as inserts are (`db/insert.rs`): nearly every call asks this.
#[derive(QueryId)]
struct Find {
    organization: OrganizationId,
    group: GroupId,
    clogin: CloginId,
}

impl Query for Find {
    type SqlType = (
        registrations::SqlType,
        SqlTypeOf<(
            users::id,
            users::organization_id,
            users::uuid,
            users::username,
            users::first_name,
            users::last_name,
            users::org_name,
            users::main_email,
        )>,
    );
}

impl<Conn> RunQueryDsl<Conn> for Find {}

impl<DB> QueryFragment<DB> for Find
where
    DB: Backend,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "SELECT registrations.id, registrations.organization_id, registrations.group_id, registrations.clogin_id, \
             registrations.parent_id, registrations.version, registrations.status_id, registrations.excluded, \
             registrations.answers, registrations.forms, registrations.utm, registrations.order_total, \
             registrations.paid_total, registrations.application_date, registrations.created_at, \
             registrations.updated_at, registrations.deleted_at, registrations.triggers, registrations.triggers_seen, \
             users.id, users.organization_id, users.uuid, users.username, users.first_name, users.last_name, \
             users.org_name, users.main_email \
             FROM registrations INNER JOIN users \
             ON users.organization_id = registrations.organization_id AND users.id = registrations.clogin_id \
             WHERE registrations.deleted_at IS NULL AND users.deleted_at IS NULL AND registrations.organization_id = ",
        );
        out.push_bind_param::<BigInt, _>(&self.organization.0)?;
        out.push_sql(" AND registrations.group_id = ");
        out.push_bind_param::<BigInt, _>(&self.group.0)?;
        out.push_sql(" AND registrations.clogin_id = ");
        out.push_bind_param::<BigInt, _>(&self.clogin.0)
    }
}

/// Until the transaction ends nobody else changes a registration, or a cart: that begins with its registration's row.
/// To be called before this transaction changes one, as it may have to wait for those that do.
pub fn hold_off(conn: &mut DbConn) -> QueryResult<()> {
    connection::hold_off_writers(conn, "registrations")
}

/// Where a person is registered, in the order of the projects.
pub fn projects_of(
    conn: &mut DbConn,
    organization: OrganizationId,
    clogin: CloginId,
) -> QueryResult<Vec<GroupId>> {
    registrations::table
        .filter(registrations::organization_id.eq(organization.0))
        .filter(registrations::clogin_id.eq(clogin.0))
        .filter(registrations::deleted_at.is_null())
        .order(registrations::group_id)
        .select(registrations::group_id)
        .load(conn)
        .map(|ids: Vec<i64>| ids.into_iter().map(GroupId).collect())
}

/// Where a person's registrations have ended, and when, in the order of the projects.
pub fn ended_of(
    conn: &mut DbConn,
    organization: OrganizationId,
    clogin: CloginId,
) -> QueryResult<Vec<(GroupId, Timestamp)>> {
    registrations::table
        .filter(registrations::organization_id.eq(organization.0))
        .filter(registrations::clogin_id.eq(clogin.0))
        .filter(registrations::deleted_at.is_not_null())
        .order(registrations::group_id)
        .select((
            registrations::group_id,
            registrations::deleted_at.assume_not_null(),
        ))
        .load(conn)
        .map(|rows: Vec<(i64, Timestamp)>| {
            rows.into_iter().map(|(id, at)| (GroupId(id), at)).collect()
        })
}

/// A live registration, whatever has become of its person.
pub fn of_person(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    clogin: CloginId,
) -> QueryResult<Option<Registration>> {
    registrations::table
        .filter(registrations::organization_id.eq(organization.0))
        .filter(registrations::group_id.eq(group.0))
        .filter(registrations::clogin_id.eq(clogin.0))
        .filter(registrations::deleted_at.is_null())
        .select(Registration::as_select())
        .get_result(conn)
        .optional()
}

/// The parent of a child, of a registration that has ended too.
pub fn parent_of(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    clogin: CloginId,
) -> QueryResult<Option<CloginId>> {
    registrations::table
        .filter(registrations::organization_id.eq(organization.0))
        .filter(registrations::group_id.eq(group.0))
        .filter(registrations::clogin_id.eq(clogin.0))
        .select(registrations::parent_id)
        .get_result(conn)
        .map(|parent: Option<i64>| parent.map(CloginId))
}

/// Whether anybody is or was registered in the project.
pub fn exist_in(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        registrations::table
            .filter(registrations::organization_id.eq(organization.0))
            .filter(registrations::group_id.eq(group.0)),
    ))
    .get_result(conn)
}

/// Whether registrations of the project, ended ones included, have the status.
pub fn have_status(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    status: StatusId,
) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        registrations::table
            .filter(registrations::organization_id.eq(organization.0))
            .filter(registrations::group_id.eq(group.0))
            .filter(registrations::status_id.eq(status.0)),
    ))
    .get_result(conn)
}

/// Takes the registrations that have a status out of the normal list, or back into it. The totals of the project have
/// to be recomputed then.
pub fn exclude_status(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    status: &Status,
) -> QueryResult<()> {
    let having = registrations::table
        .filter(registrations::organization_id.eq(organization.0))
        .filter(registrations::group_id.eq(group.0))
        .filter(registrations::status_id.eq(status.id.0));
    diesel::update(having)
        .set((
            registrations::excluded.eq(status.is_excluded),
            registrations::version.eq(registrations::version + 1),
        ))
        .execute(conn)
        .map(|_| ())
}

/// Whether anybody in the project is a child.
pub fn have_parents(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        registrations::table
            .filter(registrations::organization_id.eq(organization.0))
            .filter(registrations::group_id.eq(group.0))
            .filter(registrations::parent_id.is_not_null())
            .filter(registrations::deleted_at.is_null()),
    ))
    .get_result(conn)
}

/// Whether a parent has children in the project.
pub fn have_parent(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    parent: CloginId,
) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        registrations::table
            .filter(registrations::organization_id.eq(organization.0))
            .filter(registrations::group_id.eq(group.0))
            .filter(registrations::parent_id.eq(parent.0))
            .filter(registrations::deleted_at.is_null()),
    ))
    .get_result(conn)
}

/// How many children a parent has in the project.
pub fn count_children(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    parent: CloginId,
) -> QueryResult<u32> {
    let count: i64 = registrations::table
        .filter(registrations::organization_id.eq(organization.0))
        .filter(registrations::group_id.eq(group.0))
        .filter(registrations::parent_id.eq(parent.0))
        .filter(registrations::deleted_at.is_null())
        .count()
        .get_result(conn)?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}
