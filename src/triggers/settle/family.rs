//! The parent of a child that has come or gone.

use super::{Changes, Settling, settle};
use crate::db::connection::Conn;
use crate::error::Error;
use crate::ids::CloginId;
use crate::triggers::topics::Topic;
use crate::triggers::trace::Trace;
use crate::users::person::Person;

/// Settles the parent of a child that has come or gone; the caller holds it already. Costs nothing where no trigger
/// looks at the number of children.
///
/// # Errors
///
/// As [`settle`].
pub fn settle_parent_of(
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
