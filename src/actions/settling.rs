//! Settling the triggers of somebody whom a call registers, and of its parent.

use crate::db::connection::Conn;
use crate::error::Error;
use crate::triggers::settle::{Changes, Settling, settle, settle_parent_of};
use crate::triggers::trace::Trace;
use crate::users::person::Person;
use crate::users::register::Begun;

/// Settles somebody new, writes the registration, and settles the parent of a child.
///
/// # Errors
///
/// As [`Begun::write`] and [`settle`].
pub(super) fn registration(
    conn: &mut Conn,
    mut begun: Begun,
    settling: Settling,
    trace: &mut Trace,
) -> Result<Person, Error> {
    let changes = Changes::of_registration(&begun.person)?;
    settle(conn, &mut begun.person, &changes, settling, trace)?;
    let written = begun.write(conn)?;
    settle_parent_of(conn, &written.person, settling, trace)?;
    written.count(conn)
}
