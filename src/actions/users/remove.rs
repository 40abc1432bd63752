//! Deletes a person softly: it is hidden on all surfaces and logs in no more, its registrations end, and its seats are
//! free. What it was stays, its username and its provider link too, until `restore`.

use chrono::TimeDelta;

use super::{RestCall, not_found, places};
use crate::actions::ending;
use crate::clock::Timestamp;
use crate::db::connection::{Conn, DbConn};
use crate::db::{login_tokens, registrations, rest_users, totals, users};
use crate::error::Error;
use crate::ids::{CloginId, OrganizationId};
use crate::project::snapshot::Setup;
use crate::triggers::settle::Settling;
use crate::triggers::trace::Trace;

const HAS_CHILDREN: &str = "The user has children: delete or move them first.";

/// # Errors
///
/// `user_not_found`; `has_children`.
pub async fn remove(call: &RestCall<'_>, uuid: &str) -> Result<(), Error> {
    let (setup, settling, uuid) = (call.fresh_setup().await?, call.settling(), uuid.to_owned());
    let has_mail = call
        .write(move |conn| {
            let found = rest_users::find(conn, setup.organization.id, &uuid)?;
            let clogin = found.ok_or_else(not_found)?.clogin_id();
            let mut trace = Trace::default();
            if !remove_held(conn, &setup, clogin, settling, &mut trace)? {
                return Err(not_found());
            }
            Ok((clogin, !trace.emails.is_empty()))
        })
        .await?;
    if has_mail {
        call.app().mail.nudge();
    }
    Ok(())
}

/// False: it has been deleted meanwhile, softly or for good.
///
/// # Errors
///
/// `has_children`.
pub(super) fn remove_held(
    conn: &mut Conn,
    setup: &Setup,
    clogin: CloginId,
    settling: Settling,
    trace: &mut Trace,
) -> Result<bool, Error> {
    let organization = setup.organization.id;
    let Some(user) = users::find(conn, organization, clogin)? else {
        return Ok(false);
    };
    let mut held = Vec::new();
    places::hold(conn, setup, &user, &mut held)?;
    let at = moment(conn, organization, clogin, settling.now)?;
    if !rest_users::remove(conn, organization, clogin, at)? {
        return Ok(false);
    }
    // Whoever registered it meanwhile had held its row, and has let go of it: from here on nobody does.
    places::hold(conn, setup, &user, &mut held)?;
    for person in &held {
        ending::check_childless(conn, person, HAS_CHILDREN)?;
    }
    login_tokens::void(conn, organization, clogin)?;
    for mut person in held {
        ending::end(conn, &mut person, at, settling, trace)?;
    }
    totals::add_people(conn, organization, -1)?;
    Ok(true)
}

/// When the person and its registrations end: at a moment at which none of them has ended before, so that `restore`
/// knows which they were.
fn moment(
    conn: &mut DbConn,
    organization: OrganizationId,
    clogin: CloginId,
    now: Timestamp,
) -> Result<Timestamp, Error> {
    let ended = registrations::ended_of(conn, organization, clogin)?;
    let last = ended.into_iter().map(|(_, at)| at).max();
    Ok(last.map_or(now, |last| now.max(last + TimeDelta::milliseconds(1))))
}
