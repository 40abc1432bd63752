//! Undoes a soft deletion: the registrations that ended with it begin again, with their carts. All or nothing: where the
//! seats have gone to others meanwhile, the person stays deleted.

use super::{RestCall, not_found, places};
use crate::clock::Timestamp;
use crate::db::connection::Conn;
use crate::db::held::{self, EndedToo};
use crate::db::registrations;
use crate::db::rest_users::{self, RestUser};
use crate::db::totals;
use crate::db::users::{self, User};
use crate::error::{Error, ErrorCode};
use crate::ids::{CloginId, GroupId};
use crate::orders::cart;
use crate::project::snapshot::{Setup, has_families_now};
use crate::triggers::settle::{Settling, settle_parent_of};
use crate::triggers::trace::Trace;
use crate::users::person::Person;

/// Somebody who is not deleted stays as it is.
///
/// # Errors
///
/// `user_not_found`; `quota_exceeded`, when a seat is gone; `not_a_child_of`, when its parent is.
pub async fn restore(call: &RestCall<'_>, uuid: &str) -> Result<RestUser, Error> {
    let (setup, settling, uuid) = (call.fresh_setup().await?, call.settling(), uuid.to_owned());
    let (user, has_mail) = call
        .write(move |conn| {
            let mut trace = Trace::default();
            let found = rest_users::find_deleted_too(conn, setup.organization.id, &uuid)?;
            let user = found.ok_or_else(not_found)?;
            let user = match user.deleted_at {
                None => user,
                Some(at) => restore_all(conn, &setup, user.clogin_id(), at, settling, &mut trace)?,
            };
            Ok((user.clogin_id(), (user, !trace.emails.is_empty())))
        })
        .await?;
    if has_mail {
        call.app().mail.nudge();
    }
    Ok(user)
}

fn restore_all(
    conn: &mut Conn,
    setup: &Setup,
    clogin: CloginId,
    at: Timestamp,
    settling: Settling,
    trace: &mut Trace,
) -> Result<RestUser, Error> {
    let organization = setup.organization.id;
    let restored = rest_users::restore(conn, organization, clogin, at)?;
    // Somebody else has restored it meanwhile, and perhaps deleted it again.
    let user = restored.ok_or_else(not_found)?;
    let special_fields = users::find(conn, organization, clogin)?.ok_or_else(not_found)?;
    for (group, ended) in registrations::ended_of(conn, organization, clogin)? {
        if ended == at {
            begin_again(conn, setup, group, &special_fields, settling, trace)?;
        }
    }
    totals::add_people(conn, organization, 1)?;
    Ok(user)
}

fn begin_again(
    conn: &mut Conn,
    setup: &Setup,
    group: GroupId,
    user: &User,
    settling: Settling,
    trace: &mut Trace,
) -> Result<(), Error> {
    let (organization, clogin) = (setup.organization.id, CloginId(user.id));
    let project = places::project(setup, group)?;
    // Nobody changes it before the parent is held: it has ended.
    let parent = registrations::parent_of(conn, organization, group, clogin)?;
    if let Some(parent) = parent {
        let held = held::lock(conn, organization, group, parent, EndedToo::No)?;
        if !has_families_now(conn, &project)? {
            let msg = "The user was a child, and its project has no families any more.";
            return Err(Error::new(ErrorCode::NotAChildOf, msg));
        }
        if held.is_none_or(|parent| parent.parent_id.is_some()) {
            let msg = "The user's parent is not registered any more: restore or register it first.";
            return Err(Error::new(ErrorCode::NotAChildOf, msg));
        }
    }
    let ended = held::lock(conn, organization, group, clogin, EndedToo::Yes)?;
    let ended = ended.ok_or_else(not_found)?;
    let mut person = Person {
        project,
        registration: ended.clone(),
        user: user.clone(),
    };
    person.registration.deleted_at = None;
    cart::take_seats_again(conn, &person)?;
    person.write(conn, &ended, settling.now)?;
    settle_parent_of(conn, &person, settling, trace)?;
    Ok(totals::follow(conn, Some(&ended), &person.registration)?)
}
