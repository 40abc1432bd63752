//! The end of a person for good: every row that says anything of it, in every table. A table that comes with a person in it
//! comes here too; a test looks for it.

use diesel::prelude::*;

use super::connection::{Conn, DbConn, directly};
use super::registrations::Registration;
use super::rest_users::RestUser;
use super::schema::{
    cart_lines, emails, events, idempotency_records, payments, registrations, user_values, users,
};
use super::{credentials, login_tokens, totals, users as people};
use crate::ids::{CloginId, GroupId, OrganizationId};

/// Neither database takes any number of parameters.
const EVENTS_AT_ONCE: usize = 500;

/// Holds the row of somebody who is to be deleted, deleted softly or not, and reads it. From now on until the transaction
/// ends nobody else can write a row that belongs to it: `uuid` is part of a key, and another value takes PostgreSQL's
/// strongest lock on the row. None: there is no such person any more.
pub fn hold(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: CloginId,
    other_uuid: &str,
) -> QueryResult<Option<RestUser>> {
    let this = users::table
        .filter(users::organization_id.eq(organization.0))
        .filter(users::id.eq(id.0));
    directly!(conn, |conn| diesel::update(this)
        .set(users::uuid.eq(other_uuid))
        .returning(RestUser::as_returning())
        .get_result(conn)
        .optional())
}

/// Whether somebody has children that are deleted softly, and can be restored with it only.
pub fn has_restorable_children(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: CloginId,
) -> QueryResult<bool> {
    for registration in registrations_of(conn, organization, id)? {
        // What ended otherwise is not begun again by `restore`.
        let deleted = users::table
            .filter(users::organization_id.eq(registrations::organization_id))
            .filter(users::id.eq(registrations::clogin_id))
            .filter(users::deleted_at.eq(registrations::deleted_at));
        let children = registrations::table
            .filter(registrations::organization_id.eq(organization.0))
            .filter(registrations::group_id.eq(registration.group_id))
            .filter(registrations::parent_id.eq(id.0))
            .filter(registrations::deleted_at.is_not_null())
            .filter(diesel::dsl::exists(deleted));
        if diesel::select(diesel::dsl::exists(children)).get_result(conn)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Deletes somebody whose row is held, with everything that is known of it. Its registrations have ended; what it paid
/// leaves the totals.
pub fn delete(conn: &mut Conn, organization: OrganizationId, id: CloginId) -> QueryResult<()> {
    let registrations = registrations_of(conn, organization, id)?;
    for registration in &registrations {
        delete_in(conn, organization, GroupId(registration.group_id), id)?;
    }
    login_tokens::void(conn, organization, id)?;
    let values = user_values::table
        .filter(user_values::organization_id.eq(organization.0))
        .filter(user_values::user_id.eq(id.0));
    diesel::delete(values).execute(&mut **conn)?;
    let records = idempotency_records::table
        .filter(idempotency_records::organization_id.eq(organization.0))
        .filter(idempotency_records::clogin_id.eq(id.0));
    diesel::delete(records).execute(&mut **conn)?;
    forget_in_events(conn, organization, id)?;
    credentials::forget_user(conn, organization, id)?;
    people::delete(conn, organization, id)?;
    for registration in &registrations {
        totals::forget(conn, registration)?;
    }
    Ok(())
}

/// That something happened stays, what it was goes.
fn forget_in_events(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: CloginId,
) -> QueryResult<()> {
    // Looked for first: SQLite would update by going through all events.
    let told: Vec<String> = events::table
        .filter(events::organization_id.eq(organization.0))
        .filter(events::clogin_id.eq(id.0))
        .select(events::id)
        .load(conn)?;
    for ids in told.chunks(EVENTS_AT_ONCE) {
        let these = events::table
            .filter(events::organization_id.eq(organization.0))
            .filter(events::id.eq_any(ids));
        diesel::update(these)
            .set((
                events::data.eq(Some("{}")),
                events::clogin_id.eq(None::<i64>),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Those that have ended, too.
fn registrations_of(
    conn: &mut DbConn,
    organization: OrganizationId,
    id: CloginId,
) -> QueryResult<Vec<Registration>> {
    registrations::table
        .filter(registrations::organization_id.eq(organization.0))
        .filter(registrations::clogin_id.eq(id.0))
        .order(registrations::group_id)
        .select(Registration::as_select())
        .load(conn)
}

fn delete_in(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    id: CloginId,
) -> QueryResult<()> {
    let lines = cart_lines::table
        .filter(cart_lines::organization_id.eq(organization.0))
        .filter(cart_lines::group_id.eq(group.0))
        .filter(cart_lines::clogin_id.eq(id.0));
    diesel::delete(lines).execute(conn)?;
    let paid = payments::table
        .filter(payments::organization_id.eq(organization.0))
        .filter(payments::group_id.eq(group.0))
        .filter(payments::clogin_id.eq(id.0));
    diesel::delete(paid).execute(conn)?;
    let messages = emails::table
        .filter(emails::organization_id.eq(organization.0))
        .filter(emails::group_id.eq(group.0))
        .filter(emails::clogin_id.eq(id.0));
    diesel::delete(messages).execute(conn)?;
    let registration = registrations::table
        .filter(registrations::organization_id.eq(organization.0))
        .filter(registrations::group_id.eq(group.0))
        .filter(registrations::clogin_id.eq(id.0));
    diesel::delete(registration).execute(conn).map(|_| ())
}
