//! The totals of projects are the counts and sums of their registrations; an organization has as many people as it keeps.

use std::collections::BTreeMap;
use std::fmt;

use super::Report;
use crate::db::audit;
use crate::db::connection::DbConn;
use crate::db::totals::PEOPLE;
use crate::error::Error;

/// Whose totals; see `db/totals.rs`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub group: i64,
    pub is_child: bool,
    pub excluded: bool,
}

/// Money in minor units. A row that is wrong may hold anything: nothing overflows.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub users: i64,
    pub ordered: i64,
    pub paid: i64,
}

impl Key {
    /// Under which the people of an organization are counted.
    pub(super) const PEOPLE: Key = Key {
        group: PEOPLE.0,
        is_child: false,
        excluded: false,
    };
}

impl Sums {
    pub(super) fn add(&mut self, other: Sums) {
        self.users = self.users.saturating_add(other.users);
        self.ordered = self.ordered.saturating_add(other.ordered);
        self.paid = self.paid.saturating_add(other.paid);
    }
}

pub(super) fn check(
    conn: &mut DbConn,
    report: &mut Report,
    counted: BTreeMap<Key, Sums>,
) -> Result<(), Error> {
    let mut both: BTreeMap<Key, (Sums, Sums)> = BTreeMap::new();
    for (key, sums) in counted {
        both.entry(key).or_default().0 = sums;
    }
    for share in audit::totals(conn, report.organization())? {
        let key = Key {
            group: share.group_id,
            is_child: share.is_child,
            excluded: share.excluded,
        };
        both.entry(key).or_default().1.add(Sums {
            users: share.users,
            ordered: share.ordered,
            paid: share.paid,
        });
    }
    for (key, (counted, kept)) in both {
        if counted != kept {
            let how = if key == Key::PEOPLE {
                format!("are kept as {}; there are {}", kept.users, counted.users)
            } else {
                format!("are kept as {kept}; its registrations have {counted}")
            };
            report.disagrees(key, how);
        }
    }
    Ok(())
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Key::PEOPLE {
            return formatter.write_str("people");
        }
        let who = if self.is_child { "children" } else { "parents" };
        let which = if self.excluded { "excluded" } else { "normal" };
        write!(formatter, "totals of project {}, {which} {who}", self.group)
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sums {
            users,
            ordered,
            paid,
        } = self;
        write!(formatter, "{users} users, ordered {ordered}, paid {paid}")
    }
}
