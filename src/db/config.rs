//! The rows of what organizations have set up: organizations, admins, groups, and the items of a group.

use diesel::prelude::*;

use super::connection::DbConn;
use super::schema::{admins, counters, group_items, groups, organizations};
use crate::clock::Timestamp;
use crate::ids::{AdminId, GroupId, OrganizationId};

/// The kinds of rows in `group_items`, and the kinds of ids that `counters` hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemKind {
    Form,
    Category,
    Product,
    Status,
    EmailTemplate,
    Trigger,
}

impl ItemKind {
    pub const ALL: [ItemKind; 6] = [
        ItemKind::Form,
        ItemKind::Category,
        ItemKind::Product,
        ItemKind::Status,
        ItemKind::EmailTemplate,
        ItemKind::Trigger,
    ];

    pub fn name(self) -> &'static str {
        match self {
            ItemKind::Form => "form",
            ItemKind::Category => "category",
            ItemKind::Product => "product",
            ItemKind::Status => "status",
            ItemKind::EmailTemplate => "email_template",
            ItemKind::Trigger => "trigger",
        }
    }

    /// The list of a project in the project file that holds this kind.
    pub fn list(self) -> &'static str {
        match self {
            ItemKind::Form => "forms",
            ItemKind::Category => "categories",
            ItemKind::Product => "products",
            ItemKind::Status => "statuses",
            ItemKind::EmailTemplate => "email_templates",
            ItemKind::Trigger => "triggers",
        }
    }
}

#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = organizations)]
pub struct OrganizationRow {
    pub id: i64,
    pub version: i64,
    pub definition: String,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = admins)]
pub struct AdminRow {
    pub organization_id: i64,
    pub id: i64,
    pub token_sha256: String,
    pub revoked_at: Option<Timestamp>,
    pub definition: String,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = groups)]
pub struct GroupRow {
    pub organization_id: i64,
    pub id: i64,
    pub position: i64,
    pub definition: String,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = group_items)]
pub struct ItemRow {
    pub organization_id: i64,
    pub group_id: i64,
    pub kind: String,
    pub id: i64,
    pub position: i64,
    pub definition: String,
    /// Of the configuration, when it came or changed last.
    pub version: i64,
}

/// Behind every item of a project file: where what the API makes stands, in the order of its ids.
pub const LAST_POSITION: i64 = 1_000_000_000;

/// Begins a change of the configuration: takes the next version, and holds its row until the transaction ends, so that
/// changes happen one after the other and versions become visible in their order.
pub fn next_version(conn: &mut DbConn) -> QueryResult<i64> {
    next_id(conn, "config_version")
}

/// The version that [`next_version`] gave last: a plan that was made from what it reads is out of date when another
/// change came after it.
pub fn current_version(conn: &mut DbConn) -> QueryResult<i64> {
    counters::table
        .filter(counters::name.eq("config_version"))
        .select(counters::value)
        .get_result(conn)
}

/// The next id of a kind: above every one that was ever handed out or applied.
pub fn next_id(conn: &mut DbConn, kind: &str) -> QueryResult<i64> {
    diesel::update(counters::table.filter(counters::name.eq(kind)))
        .set(counters::value.eq(counters::value + 1))
        .returning(counters::value)
        .get_result(conn)
}

/// Sees to it that no id up to `id` is handed out any more.
pub fn reserve_id(conn: &mut DbConn, kind: &str, id: i64) -> QueryResult<()> {
    diesel::update(
        counters::table
            .filter(counters::name.eq(kind))
            .filter(counters::value.lt(id)),
    )
    .set(counters::value.eq(id))
    .execute(conn)
    .map(|_| ())
}

/// The organizations that changed after `version`.
pub fn organizations_since(conn: &mut DbConn, version: i64) -> QueryResult<Vec<OrganizationRow>> {
    organizations::table
        .filter(organizations::version.gt(version))
        .order(organizations::version)
        .select(OrganizationRow::as_select())
        .load(conn)
}

pub fn organization(conn: &mut DbConn, id: OrganizationId) -> QueryResult<Option<OrganizationRow>> {
    organizations::table
        .filter(organizations::id.eq(id.0))
        .select(OrganizationRow::as_select())
        .get_result(conn)
        .optional()
}

pub fn admins_of(conn: &mut DbConn, organization: OrganizationId) -> QueryResult<Vec<AdminRow>> {
    admins::table
        .filter(admins::organization_id.eq(organization.0))
        .order(admins::id)
        .select(AdminRow::as_select())
        .load(conn)
}

pub fn groups_of(conn: &mut DbConn, organization: OrganizationId) -> QueryResult<Vec<GroupRow>> {
    groups::table
        .filter(groups::organization_id.eq(organization.0))
        .order((groups::position, groups::id))
        .select(GroupRow::as_select())
        .load(conn)
}

pub fn group(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: GroupId,
) -> QueryResult<Option<GroupRow>> {
    groups::table
        .filter(groups::organization_id.eq(organization.0))
        .filter(groups::id.eq(id.0))
        .select(GroupRow::as_select())
        .get_result(conn)
        .optional()
}

pub fn items_of(conn: &mut DbConn, organization: OrganizationId) -> QueryResult<Vec<ItemRow>> {
    group_items::table
        .filter(group_items::organization_id.eq(organization.0))
        .order((group_items::position, group_items::id))
        .select(ItemRow::as_select())
        .load(conn)
}

/// An item of a project, as it is now.
pub fn item(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    kind: ItemKind,
    id: i64,
) -> QueryResult<Option<ItemRow>> {
    group_items::table
        .filter(group_items::organization_id.eq(organization.0))
        .filter(group_items::kind.eq(kind.name()))
        .filter(group_items::id.eq(id))
        .filter(group_items::group_id.eq(group.0))
        .select(ItemRow::as_select())
        .get_result(conn)
        .optional()
}

/// Writes an organization's definition, and the version with which it changed.
pub fn save_organization(
    conn: &mut DbConn,
    id: OrganizationId,
    version: i64,
    definition: &str,
) -> QueryResult<()> {
    let values = (
        organizations::version.eq(version),
        organizations::definition.eq(definition),
    );
    let changed = diesel::update(organizations::table.filter(organizations::id.eq(id.0)))
        .set(values)
        .execute(conn)?;
    if changed == 0 {
        diesel::insert_into(organizations::table)
            .values((organizations::id.eq(id.0), values.0, values.1))
            .execute(conn)?;
    }
    Ok(())
}

/// Marks an organization as changed.
pub fn touch_organization(conn: &mut DbConn, id: OrganizationId, version: i64) -> QueryResult<()> {
    diesel::update(organizations::table.filter(organizations::id.eq(id.0)))
        .set(organizations::version.eq(version))
        .execute(conn)
        .map(|_| ())
}

/// The organization that has this admin, group or item, for ids that are unique in the whole database.
/// The one kind of look-up that is not scoped by organization: it answers only who is in the way.
pub fn owner_of_admin(conn: &mut DbConn, id: AdminId) -> QueryResult<Option<i64>> {
    admins::table
        .filter(admins::id.eq(id.0))
        .select(admins::organization_id)
        .get_result(conn)
        .optional()
}

/// As [`owner_of_admin`].
pub fn owner_of_group(conn: &mut DbConn, id: GroupId) -> QueryResult<Option<i64>> {
    groups::table
        .filter(groups::id.eq(id.0))
        .select(groups::organization_id)
        .get_result(conn)
        .optional()
}

/// As [`owner_of_admin`].
pub fn owner_of_item(conn: &mut DbConn, kind: ItemKind, id: i64) -> QueryResult<Option<i64>> {
    group_items::table
        .filter(group_items::kind.eq(kind.name()))
        .filter(group_items::id.eq(id))
        .select(group_items::organization_id)
        .get_result(conn)
        .optional()
}

/// The admin that has this token, of any organization; see [`owner_of_admin`].
pub fn owner_of_token(conn: &mut DbConn, token_sha256: &str) -> QueryResult<Option<AdminId>> {
    admins::table
        .filter(admins::token_sha256.eq(token_sha256))
        .select(admins::id)
        .get_result(conn)
        .optional()
        .map(|id| id.map(AdminId))
}

pub fn insert_admin(conn: &mut DbConn, row: &AdminRow) -> QueryResult<()> {
    diesel::insert_into(admins::table)
        .values(row)
        .execute(conn)
        .map(|_| ())
}

pub fn update_admin(conn: &mut DbConn, row: &AdminRow) -> QueryResult<()> {
    let this = admins::table
        .filter(admins::organization_id.eq(row.organization_id))
        .filter(admins::id.eq(row.id));
    diesel::update(this)
        .set((
            admins::token_sha256.eq(&row.token_sha256),
            admins::revoked_at.eq(row.revoked_at),
            admins::definition.eq(&row.definition),
        ))
        .execute(conn)
        .map(|_| ())
}

pub fn delete_admin(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: AdminId,
) -> QueryResult<()> {
    let this = admins::table
        .filter(admins::organization_id.eq(organization.0))
        .filter(admins::id.eq(id.0));
    diesel::delete(this).execute(conn).map(|_| ())
}

pub fn insert_group(conn: &mut DbConn, row: &GroupRow) -> QueryResult<()> {
    diesel::insert_into(groups::table)
        .values(row)
        .execute(conn)
        .map(|_| ())
}

pub fn update_group(conn: &mut DbConn, row: &GroupRow) -> QueryResult<()> {
    let this = groups::table
        .filter(groups::organization_id.eq(row.organization_id))
        .filter(groups::id.eq(row.id));
    diesel::update(this)
        .set((
            groups::position.eq(row.position),
            groups::definition.eq(&row.definition),
        ))
        .execute(conn)
        .map(|_| ())
}

pub fn delete_group(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: GroupId,
) -> QueryResult<()> {
    let this = groups::table
        .filter(groups::organization_id.eq(organization.0))
        .filter(groups::id.eq(id.0));
    diesel::delete(this).execute(conn).map(|_| ())
}

pub fn insert_item(conn: &mut DbConn, row: &ItemRow) -> QueryResult<()> {
    diesel::insert_into(group_items::table)
        .values(row)
        .execute(conn)
        .map(|_| ())
}

pub fn update_item(conn: &mut DbConn, row: &ItemRow) -> QueryResult<()> {
    let this = group_items::table
        .filter(group_items::organization_id.eq(row.organization_id))
        .filter(group_items::kind.eq(&row.kind))
        .filter(group_items::id.eq(row.id));
    diesel::update(this)
        .set((
            group_items::group_id.eq(row.group_id),
            group_items::position.eq(row.position),
            group_items::definition.eq(&row.definition),
            group_items::version.eq(row.version),
        ))
        .execute(conn)
        .map(|_| ())
}

pub fn delete_item(
    conn: &mut DbConn,
    organization: OrganizationId,
    kind: ItemKind,
    id: i64,
) -> QueryResult<()> {
    let this = group_items::table
        .filter(group_items::organization_id.eq(organization.0))
        .filter(group_items::kind.eq(kind.name()))
        .filter(group_items::id.eq(id));
    diesel::delete(this).execute(conn).map(|_| ())
}
