//! The ids of a file: in range, and unique per kind, in the file and in those that are applied with it.

use std::collections::HashMap;

use crate::db::config::ItemKind;
use crate::project::file::ProjectFile;
use crate::project::problem::{Problem, Report};

/// What a JavaScript number holds exactly; and ids above every one applied can still be handed out.
const MAX_ID: i64 = (1 << 53) - 1;

/// What an id is of. Two kinds may use the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdKind {
    Organization,
    Admin,
    Group,
    Item(ItemKind),
    User,
}

impl IdKind {
    /// As a sentence names one of the kind.
    pub fn word(self) -> &'static str {
        match self {
            IdKind::Organization => "organization",
            IdKind::Admin => "admin",
            IdKind::Group => "project",
            IdKind::Item(ItemKind::EmailTemplate) => "e-mail template",
            IdKind::Item(kind) => kind.name(),
            IdKind::User => "user",
        }
    }

    /// The counter that hands out ids of the kind; the database itself hands out those of users.
    pub fn counter(self) -> Option<&'static str> {
        match self {
            IdKind::Organization => Some("organization"),
            IdKind::Admin => Some("admin"),
            IdKind::Group => Some("group"),
            IdKind::Item(kind) => Some(kind.name()),
            IdKind::User => None,
        }
    }
}

/// An id that a file gives, and where.
pub struct GivenId {
    pub kind: IdKind,
    pub id: i64,
    pub path: String,
}

/// Every id that the file gives, in its order.
pub fn given(file: &ProjectFile) -> Vec<GivenId> {
    let mut ids = Vec::new();
    let mut add = |kind, id, path| ids.push(GivenId { kind, id, path });
    add(
        IdKind::Organization,
        file.organization.id.0,
        "organization.id".to_owned(),
    );
    for (index, admin) in file.admins.iter().enumerate() {
        add(IdKind::Admin, admin.id.0, format!("admins[{index}].id"));
    }
    for (index, group) in file.groups.iter().enumerate() {
        add(IdKind::Group, group.id.0, format!("groups[{index}].id"));
        for kind in ItemKind::ALL {
            let list = group.item_names(kind);
            for (place, (id, _)) in list.into_iter().enumerate() {
                let path = format!("groups[{index}].{}[{place}].id", kind.list());
                add(IdKind::Item(kind), id, path);
            }
        }
    }
    for (index, user) in file.users.iter().enumerate() {
        let path = format!("users[{index}].clogin_id");
        add(IdKind::User, user.clogin_id.0, path);
    }
    ids
}

/// Checks the ids of files that are applied together.
pub fn check<'a>(files: impl Iterator<Item = (&'a str, &'a ProjectFile)>) -> Vec<Problem> {
    let mut seen: HashMap<(IdKind, i64), (&str, String)> = HashMap::new();
    let mut problems = Vec::new();
    for (name, file) in files {
        let mut report = Report::new(name);
        for GivenId { kind, id, path } in given(file) {
            if !(1..=MAX_ID).contains(&id) {
                report.add(path, format!("must be a whole number from 1 to {MAX_ID}"));
            } else if let Some((other, place)) = seen.get(&(kind, id)) {
                let word = kind.word();
                report.add(
                    path,
                    format!("is the id of another {word}: {id} stands in {other} at {place} too"),
                );
            } else {
                seen.insert((kind, id), (name, path));
            }
        }
        problems.extend(report.into_problems());
    }
    problems
}
