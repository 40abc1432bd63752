//! Holding a child together with the parents that a change of its family concerns.

use std::collections::BTreeSet;

use super::person::Person;
use crate::db::connection::DbConn;
use crate::db::held::{self, EndedToo};
use crate::db::registrations::Registration;
use crate::error::Error;
use crate::ids::CloginId;

/// A registration that is held, as is its parent.
pub struct Held {
    pub person: Person,
    /// The other one that was to be held, where it is registered.
    pub other: Option<Registration>,
}

/// Holds somebody after its parent, if it has one, and after one other: parents in the order of their ids, so that two
/// calls never wait for each other.
///
/// The person may have moved since it was read. Then its parent of now is held late; should somebody wait the other way
/// round, the database breaks that off, and the transaction runs again.
///
/// # Errors
///
/// `user_not_found`, when the person has ended meanwhile.
pub fn hold(conn: &mut DbConn, person: &Person, other: Option<CloginId>) -> Result<Held, Error> {
    let (organization, group) = (person.project.organization_id, person.project.id());
    let mut parent = person.registration.parent_id;
    loop {
        let mut other_held = None;
        let before: BTreeSet<_> = parent.into_iter().chain(other.map(|id| id.0)).collect();
        for id in before {
            let held = held::lock(conn, organization, group, CloginId(id), EndedToo::No)?;
            if other == Some(CloginId(id)) {
                other_held = held;
            }
        }
        let held = person.lock(conn)?;
        if held.registration.parent_id == parent {
            return Ok(Held {
                person: held,
                other: other_held,
            });
        }
        parent = held.registration.parent_id;
    }
}
