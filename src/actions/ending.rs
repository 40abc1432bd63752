//! What the end of a registration takes, whoever ends it: `delete`, or the deletion of its person.

use crate::clock::Timestamp;
use crate::db::connection::Conn;
use crate::db::{registrations, totals};
use crate::error::{Error, ErrorCode};
use crate::orders::cart;
use crate::triggers::settle::{Settling, settle_parent_of};
use crate::triggers::trace::Trace;
use crate::users::person::Person;

/// Refuses to let somebody go who has children in its project.
///
/// # Errors
///
/// `has_children`, with this message.
pub(super) fn check_childless(
    conn: &mut Conn,
    person: &Person,
    msg: &'static str,
) -> Result<(), Error> {
    let project = &person.project;
    let (organization, group) = (project.organization_id, project.id());
    if registrations::have_parent(conn, organization, group, person.clogin_id())? {
        return Err(Error::new(ErrorCode::HasChildren, msg));
    }
    Ok(())
}

/// Ends a registration that is held: its seats are free, its order counts no more, and its parent has a child less.
///
/// # Errors
///
/// When the database cannot do it.
pub(super) fn end(
    conn: &mut Conn,
    person: &mut Person,
    at: Timestamp,
    settling: Settling,
    trace: &mut Trace,
) -> Result<(), Error> {
    cart::free_seats(conn, person)?;
    let held = person.registration.clone();
    person.registration.deleted_at = Some(at);
    person.write(conn, &held, settling.now)?;
    settle_parent_of(conn, person, settling, trace)?;
    Ok(totals::follow(conn, Some(&held), &person.registration)?)
}
