//! Settling the triggers of somebody whom a call registers, and of the parent of a child that came or went.

use crate::db::connection::Conn;
use crate::error::Error;
use crate::ids::CloginId;
use crate::triggers::settle::{Changes, Settling, settle};
use crate::triggers::topics::Topic;
use crate::triggers::trace::Trace;
use crate::users::person::Person;
use crate::users::register::Begun;

/// Settles somebody new, writes the registration, and settles the parent of a child.
///
/// # Errors
///
/// As [`Begun::finish`] and [`settle`].
pub(super) fn registration(
    conn: &mut Conn,
    mut begun: Begun,
    settling: Settling,
    trace: &mut Trace,
) -> Result<Person, Error> {
    let changes = Changes::of_registration(&begun.person)?;
    settle(conn, &mut begun.person, &changes, settling, trace)?;
    let person = begun.finish(conn)?;
    parent_of(conn, &person, settling, trace)?;
    Ok(person)
}

/// Settles the parent of a child that has come or gone; the call holds it already. Costs nothing where no trigger looks
/// at the number of children.
///
/// # Errors
///
/// As [`settle`].
pub(super) fn parent_of(
    conn: &mut Conn,
    child: &Person,
    settling: Settling,
    trace: &mut Trace,
) -> Result<(), Error> {
    let Some(parent) = child.registration.parent_id else {
        return Ok(());
    };
    if child
        .project
        .topics()
        .concerned(&Topic::Children)
        .is_empty()
    {
        return Ok(());
    }
    let mut parent = Person::find(conn, child.project.clone(), CloginId(parent))?;
    let held = parent.registration.clone();
    settle(conn, &mut parent, &Changes::of_children(), settling, trace)?;
    parent.save(conn, &held, settling.now)
}
