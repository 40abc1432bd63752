//! Whole tables of an organization, in pages by id: what `clogin check` reads.

use diesel::prelude::*;

use super::carts::CartLine;
use super::connection::DbConn;
use super::registrations::Registration;
use super::schema::{
    cart_lines, counters, credentials, events, group_totals, idempotency_records, organizations,
    payments, registrations, user_values, users,
};
use crate::clock::Timestamp;
use crate::ids::OrganizationId;

/// Rows that are held in memory at a time.
const PAGE: i64 = 500;
/// Answers can be large.
const PAGE_OF_RESPONSES: i64 = 50;

pub fn organization_ids(conn: &mut DbConn) -> QueryResult<Vec<OrganizationId>> {
    let ids: Vec<i64> = organizations::table
        .order(organizations::id)
        .select(organizations::id)
        .load(conn)?;
    Ok(ids.into_iter().map(OrganizationId).collect())
}

/// The last id of each kind that was handed out or applied.
pub fn counters(conn: &mut DbConn) -> QueryResult<Vec<(String, i64)>> {
    counters::table
        .select((counters::name, counters::value))
        .load(conn)
}

/// A person's texts, and the forms in which they are compared.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct PersonKeys {
    pub id: i64,
    pub username: Option<String>,
    pub username_key: Option<String>,
    pub main_email: Option<String>,
    pub email_key: Option<String>,
    pub uuid: String,
    pub created_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    pub custom_properties: Option<String>,
    pub claims: String,
    pub provider_key: Option<String>,
    pub provider_id: Option<String>,
    pub provider_url: Option<String>,
    pub subject_id: Option<String>,
}

/// A value of a person's document: see `db/user_values.rs`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = user_values)]
pub struct KeptValue {
    pub user_id: i64,
    pub document: String,
    pub key_sha256: String,
    pub created_at: Timestamp,
    pub uuid: String,
}

/// The values of these people's documents.
pub fn values(
    conn: &mut DbConn,
    organization: OrganizationId,
    people: &[i64],
) -> QueryResult<Vec<KeptValue>> {
    user_values::table
        .filter(user_values::organization_id.eq(organization.0))
        .filter(user_values::user_id.eq_any(people))
        .select(KeptValue::as_select())
        .load(conn)
}

/// The people after an id.
pub fn people(
    conn: &mut DbConn,
    organization: OrganizationId,
    after: i64,
) -> QueryResult<Vec<PersonKeys>> {
    users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::id.gt(after))
        .order(users::id)
        .select(PersonKeys::as_select())
        .limit(PAGE)
        .load(conn)
}

/// The registrations after an id, those that have ended included.
pub fn registrations(
    conn: &mut DbConn,
    organization: OrganizationId,
    after: i64,
) -> QueryResult<Vec<Registration>> {
    registrations::table
        .filter(registrations::organization_id.eq(organization.0))
        .filter(registrations::id.gt(after))
        .order(registrations::id)
        .select(Registration::as_select())
        .limit(PAGE)
        .load(conn)
}

/// Which of these people there are, and since when they are deleted.
pub fn known_people(
    conn: &mut DbConn,
    organization: OrganizationId,
    ids: &[i64],
) -> QueryResult<Vec<(i64, Option<Timestamp>)>> {
    users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::id.eq_any(ids))
        .select((users::id, users::deleted_at))
        .load(conn)
}

/// A person's place in a project.
#[derive(Queryable, Selectable, Clone, Copy)]
#[diesel(table_name = registrations)]
pub struct Place {
    pub group_id: i64,
    pub clogin_id: i64,
    pub parent_id: Option<i64>,
    pub deleted_at: Option<Timestamp>,
}

/// Where these people are or were registered.
pub fn places(
    conn: &mut DbConn,
    organization: OrganizationId,
    people: &[i64],
) -> QueryResult<Vec<Place>> {
    registrations::table
        .filter(registrations::organization_id.eq(organization.0))
        .filter(registrations::clogin_id.eq_any(people))
        .select(Place::as_select())
        .load(conn)
}

/// What these people have in their carts, in all projects, with the projects: oldest lines first.
pub fn lines(
    conn: &mut DbConn,
    organization: OrganizationId,
    people: &[i64],
) -> QueryResult<Vec<(i64, CartLine)>> {
    cart_lines::table
        .filter(cart_lines::organization_id.eq(organization.0))
        .filter(cart_lines::clogin_id.eq_any(people))
        .order(cart_lines::id)
        .select((cart_lines::group_id, CartLine::as_select()))
        .load(conn)
}

/// Lines of carts after an id that belong to nobody's registration.
pub fn lost_lines(
    conn: &mut DbConn,
    organization: OrganizationId,
    after: i64,
) -> QueryResult<Vec<i64>> {
    let owner = registrations::table
        .filter(registrations::organization_id.eq(cart_lines::organization_id))
        .filter(registrations::group_id.eq(cart_lines::group_id))
        .filter(registrations::clogin_id.eq(cart_lines::clogin_id));
    cart_lines::table
        .filter(cart_lines::organization_id.eq(organization.0))
        .filter(cart_lines::id.gt(after))
        .filter(diesel::dsl::not(diesel::dsl::exists(owner)))
        .order(cart_lines::id)
        .select(cart_lines::id)
        .limit(PAGE)
        .load(conn)
}

#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = payments)]
pub struct AuditedPayment {
    pub id: i64,
    pub group_id: i64,
    pub clogin_id: i64,
    pub kind: String,
    pub status: String,
    pub amount: i64,
}

/// What these people have paid, in all projects.
pub fn payments(
    conn: &mut DbConn,
    organization: OrganizationId,
    people: &[i64],
) -> QueryResult<Vec<AuditedPayment>> {
    payments::table
        .filter(payments::organization_id.eq(organization.0))
        .filter(payments::clogin_id.eq_any(people))
        .order(payments::id)
        .select(AuditedPayment::as_select())
        .load(conn)
}

/// Payments after an id that belong to nobody's registration.
pub fn lost_payments(
    conn: &mut DbConn,
    organization: OrganizationId,
    after: i64,
) -> QueryResult<Vec<i64>> {
    let owner = registrations::table
        .filter(registrations::organization_id.eq(payments::organization_id))
        .filter(registrations::group_id.eq(payments::group_id))
        .filter(registrations::clogin_id.eq(payments::clogin_id));
    payments::table
        .filter(payments::organization_id.eq(organization.0))
        .filter(payments::id.gt(after))
        .filter(diesel::dsl::not(diesel::dsl::exists(owner)))
        .order(payments::id)
        .select(payments::id)
        .limit(PAGE)
        .load(conn)
}

/// One connection's share of a project's totals.
#[derive(Queryable, Selectable, Clone, Copy)]
#[diesel(table_name = group_totals)]
pub struct TotalsShare {
    pub group_id: i64,
    pub is_child: bool,
    pub excluded: bool,
    pub users: i64,
    pub ordered: i64,
    pub paid: i64,
}

pub fn totals(conn: &mut DbConn, organization: OrganizationId) -> QueryResult<Vec<TotalsShare>> {
    group_totals::table
        .filter(group_totals::organization_id.eq(organization.0))
        .select(TotalsShare::as_select())
        .load(conn)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = idempotency_records)]
pub struct StoredResponse {
    pub admin_id: i64,
    pub idempotency_key: String,
    pub response: Option<String>,
    pub created_at: Timestamp,
}

/// The answers that are kept for replays, after that of an admin's key.
pub fn responses(
    conn: &mut DbConn,
    organization: OrganizationId,
    after: (i64, &str),
) -> QueryResult<Vec<StoredResponse>> {
    let (admin, key) = after;
    let later_key = idempotency_records::admin_id
        .eq(admin)
        .and(idempotency_records::idempotency_key.gt(key));
    idempotency_records::table
        .filter(idempotency_records::organization_id.eq(organization.0))
        .filter(idempotency_records::admin_id.gt(admin).or(later_key))
        .order((
            idempotency_records::admin_id,
            idempotency_records::idempotency_key,
        ))
        .select(StoredResponse::as_select())
        .limit(PAGE_OF_RESPONSES)
        .load(conn)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = credentials)]
pub struct AuditedCredential {
    pub id: String,
    pub user_id: Option<i64>,
    pub created_at: Timestamp,
    pub metadata: String,
}

/// What is known of credentials, after an id.
pub fn credentials(
    conn: &mut DbConn,
    organization: OrganizationId,
    after: &str,
) -> QueryResult<Vec<AuditedCredential>> {
    credentials::table
        .filter(credentials::organization_id.eq(organization.0))
        .filter(credentials::id.gt(after))
        .order(credentials::id)
        .select(AuditedCredential::as_select())
        .limit(PAGE)
        .load(conn)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct AuditedEvent {
    pub id: String,
    pub metadata: String,
    pub data: Option<String>,
}

/// The events after an id.
pub fn events(
    conn: &mut DbConn,
    organization: OrganizationId,
    after: &str,
) -> QueryResult<Vec<AuditedEvent>> {
    events::table
        .filter(events::organization_id.eq(organization.0))
        .filter(events::id.gt(after))
        .order(events::id)
        .select(AuditedEvent::as_select())
        .limit(PAGE)
        .load(conn)
}
