//! Where a person is registered, held until the transaction ends.

use std::sync::Arc;

use crate::db::connection::Conn;
use crate::db::registrations;
use crate::db::users::User;
use crate::error::{Error, ErrorCode};
use crate::ids::{CloginId, GroupId};
use crate::project::snapshot::{Project, Setup};
use crate::users::family;
use crate::users::person::Person;

/// Holds the registrations of a person that are not among `held` yet, each after its parent's. `user`: as it is or was; its
/// row may say by now that it is deleted.
///
/// # Errors
///
/// 503, when a project has come that the snapshot does not know yet.
pub(super) fn hold(
    conn: &mut Conn,
    setup: &Setup,
    user: &User,
    held: &mut Vec<Person>,
) -> Result<(), Error> {
    let (organization, clogin) = (setup.organization.id, CloginId(user.id));
    for group in registrations::projects_of(conn, organization, clogin)? {
        if held.iter().any(|person| person.project.id() == group) {
            continue;
        }
        let project = project(setup, group)?;
        let Some(registration) = registrations::of_person(conn, organization, group, clogin)?
        else {
            continue;
        };
        let person = Person {
            project,
            registration,
            user: user.clone(),
        };
        match family::hold(conn, &person, None) {
            Ok(now) => held.push(now.person),
            // It has ended meanwhile.
            Err(error) if error.code() == ErrorCode::UserNotFound => {}
            Err(error) => return Err(error),
        }
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
