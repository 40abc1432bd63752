//! Holding a child together with the parents that a change of its family concerns.

use std::collections::BTreeSet;

use diesel::Connection;

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

/// Why somebody is not held.
enum NotHeld {
    /// It has moved to this parent since it was read, or has none any more.
    Moved(Option<i64>),
    Failed(Error),
}

impl From<diesel::result::Error> for NotHeld {
    fn from(error: diesel::result::Error) -> Self {
        NotHeld::Failed(error.into())
    }
}

/// Holds somebody after its parent, if it has one, and after one other: parents in the order of their ids, so that two
/// calls never wait for each other. Where the person has moved since it was read, everything is let go of again first:
/// rolling back to a savepoint does that.
///
/// # Errors
///
/// `user_not_found`, when the person has ended meanwhile.
pub fn hold(conn: &mut DbConn, person: &Person, other: Option<CloginId>) -> Result<Held, Error> {
    let mut parent = person.registration.parent_id;
    loop {
        match conn.transaction(|conn| try_to_hold(conn, person, parent, other)) {
            Ok(held) => return Ok(held),
            Err(NotHeld::Moved(to)) => parent = to,
            Err(NotHeld::Failed(error)) => return Err(error),
        }
    }
}

fn try_to_hold(
    conn: &mut DbConn,
    person: &Person,
    parent: Option<i64>,
    other: Option<CloginId>,
) -> Result<Held, NotHeld> {
    let (organization, group) = (person.project.organization_id, person.project.id());
    let mut other_held = None;
    let before: BTreeSet<_> = parent.into_iter().chain(other.map(|id| id.0)).collect();
    for id in before {
        let held = held::lock(conn, organization, group, CloginId(id), EndedToo::No)?;
        if other == Some(CloginId(id)) {
            other_held = held;
        }
    }
    let held = person.lock(conn).map_err(NotHeld::Failed)?;
    match held.registration.parent_id {
        now if now == parent => Ok(Held {
            person: held,
            other: other_held,
        }),
        now => Err(NotHeld::Moved(now)),
    }
}
