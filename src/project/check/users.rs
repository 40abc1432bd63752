//! The rules of the people in a file: where they may be registered. What they answer is read in `people.rs`.

use std::collections::{HashMap, HashSet};

use crate::ids::{CloginId, GroupId};
use crate::project::file::{FileRegistration, FileUser, Group, ProjectFile, Structure};
use crate::project::problem::Report;

/// What the database says about the people that a file names.
#[derive(Default)]
pub struct KnownPeople {
    /// Those of the file that are there already: they are left as they are.
    pub existing: HashSet<CloginId>,
    /// Those that the file connects others to, where they are registered.
    pub registered: HashMap<(GroupId, CloginId), Role>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Parent,
    Child,
}

/// `groups`: the projects of the organization as they will be.
pub fn check(report: &mut Report<'_>, file: &ProjectFile, groups: &[Group], people: &KnownPeople) {
    let mut registered = people.registered.clone();
    for (index, user) in file.users.iter().enumerate() {
        let is_new = !people.existing.contains(&user.clogin_id);
        for (place, registration) in user.registrations.iter().enumerate() {
            let path = format!("users[{index}].registrations[{place}]");
            let Some(group) = groups
                .iter()
                .find(|group| group.id == registration.group_id)
            else {
                let id = registration.group_id;
                let rule = format!("must be a project of the organization; there is no {id}");
                report.add(format!("{path}.group_id"), rule);
                continue;
            };
            let earlier = &user.registrations[..place];
            if earlier.iter().any(|other| other.group_id == group.id) {
                let rule = "is named twice: a user has one registration in a project";
                report.add(format!("{path}.group_id"), rule);
            }
            if is_new {
                check_registration(report, &path, user, registration, group, &registered);
                let role = match registration.connected_to {
                    Some(_) => Role::Child,
                    None => Role::Parent,
                };
                registered.insert((group.id, user.clogin_id), role);
            }
        }
    }
}

fn check_registration(
    report: &mut Report<'_>,
    path: &str,
    user: &FileUser,
    registration: &FileRegistration,
    group: &Group,
    registered: &HashMap<(GroupId, CloginId), Role>,
) {
    if let Some(status) = registration.status
        && !group.statuses.iter().any(|known| known.id == status)
    {
        let rule = format!("must be a status of the project; there is no {status}");
        report.add(format!("{path}.status"), rule);
    }
    let Some(parent) = registration.connected_to else {
        return;
    };
    let path = format!("{path}.connected_to");
    if group.structure != Structure::Family {
        let rule = format!("must be left out: project {} has no families", group.id);
        report.add(path, rule);
        return;
    }
    match registered.get(&(group.id, parent)) {
        _ if parent == user.clogin_id => report.add(path, "must be somebody else"),
        Some(Role::Parent) => {}
        Some(Role::Child) => report.add(path, format!("must be a parent; {parent} is a child")),
        None => {
            let id = group.id;
            let rule = format!(
                "must be registered in project {id}, in the database or earlier in the file; {parent} is not"
            );
            report.add(path, rule);
        }
    }
}
