//! Where a person is registered, held until the transaction ends.

use std::sync::Arc;

use crate::actions::ending;
use crate::db::connection::Conn;
use crate::db::registrations;
use crate::error::Error;
use crate::ids::{CloginId, GroupId};
use crate::project::snapshot::{Project, Setup};
use crate::users::person::Person;

/// Holds the registrations of a person that are not among `held` yet, each after its parent's.
///
/// # Errors
///
/// 503, when a project has come that the snapshot does not know yet.
pub(super) fn hold(
    conn: &mut Conn,
    setup: &Setup,
    clogin: CloginId,
    held: &mut Vec<Person>,
) -> Result<(), Error> {
    for group in registrations::projects_of(conn, setup.organization.id, clogin)? {
        if held.iter().any(|person| person.project.id() == group) {
            continue;
        }
        let person = Person::find(conn, project(setup, group)?, clogin)?;
        ending::hold_parent_of(conn, &person)?;
        held.push(person.lock(conn)?);
    }
    Ok(())
}

/// # Errors
///
/// 503, when it has come since the snapshot was made.
pub(super) fn project(setup: &Setup, group: GroupId) -> Result<Arc<Project>, Error> {
    let project = setup.projects.get(&group).map(Arc::clone);
    project.ok_or_else(|| Error::unavailable(format!("project {group} is not in the snapshot yet")))
}
