//! What has to change so that the database matches a file: lines for a person, and steps for the database.

mod stock;

use std::collections::{HashMap, HashSet};

use super::definition::{definitions, parse, rewritten, rewritten_item, to_json, without_lists};
use super::existing::{Existing, Unnamed};
use super::file::{Admin, Group, Organization, ProjectFile, Status, Structure};
use super::steps::{Plan, Step, rank};
use super::token::token_sha256;
use crate::db::config::{AdminRow, GroupRow, ItemKind, ItemRow};
use crate::error::Error;
use crate::ids::{AdminId, GroupId, OrganizationId, StatusId};
use crate::triggers::loops;

/// The tokens of new admins for which the file gives none.
pub type MadeTokens = HashMap<AdminId, String>;

/// `groups`: the projects as they will be, see [`super::existing::merge`].
///
/// # Errors
///
/// When a document of the database does not parse.
pub fn make(
    file: &ProjectFile,
    existing: &Existing,
    groups: &[Group],
    unnamed: Unnamed,
    tokens: &MadeTokens,
) -> Result<Plan, Error> {
    let mut planner = Planner {
        organization: file.organization.id,
        existing,
        plan: Plan {
            organization: to_json(&file.organization)?,
            ..Plan::default()
        },
    };
    planner.plan_organization(&file.organization)?;
    for admin in &file.admins {
        planner.plan_admin(admin, tokens)?;
    }
    planner.plan_groups(groups)?;
    if unnamed == Unnamed::Removed {
        planner.remove_unnamed(file)?;
    }
    planner.plan_stock(groups);
    planner.plan.steps.sort_by_key(rank);
    Ok(planner.plan)
}

struct Planner<'a> {
    organization: OrganizationId,
    existing: &'a Existing,
    plan: Plan,
}

impl Planner<'_> {
    fn add(&mut self, line: String, step: Step) {
        self.plan.lines.push(line);
        self.plan.steps.push(step);
    }

    fn plan_organization(&mut self, organization: &Organization) -> Result<(), Error> {
        let sign = match &self.existing.organization {
            None => "+",
            Some(row) => {
                let old: Organization = parse(&row.definition)?;
                if old == *organization {
                    return Ok(());
                }
                "~"
            }
        };
        let line = format!(
            "{sign} organization {} {:?}",
            organization.id, organization.name
        );
        self.add(line, Step::Organization);
        Ok(())
    }

    fn plan_admin(&mut self, admin: &Admin, tokens: &MadeTokens) -> Result<(), Error> {
        let existing = self.existing.admins.get(&admin.id);
        let given = admin.token.as_ref().or_else(|| tokens.get(&admin.id));
        let token_sha256 = match (given, existing) {
            (Some(token), _) => token_sha256(token),
            (None, Some(old)) => old.token_sha256.clone(),
            (None, None) => return Err(Error::internal("a new admin has no token")),
        };
        let row = AdminRow {
            organization_id: self.organization.0,
            id: admin.id.0,
            token_sha256,
            revoked_at: existing.and_then(|old| old.revoked_at),
            definition: to_json(admin)?,
        };
        let name = format!("admin {} {:?}", admin.id, admin.email);
        let Some(old) = existing else {
            self.add(format!("+ {name}"), Step::InsertAdmin(row));
            return Ok(());
        };
        let is_same = rewritten::<Admin>(&old.definition)? == row.definition;
        if old.token_sha256 != row.token_sha256 {
            self.add(
                format!("~ {name}, with another token"),
                Step::UpdateAdmin(row),
            );
        } else if !is_same {
            self.add(format!("~ {name}"), Step::UpdateAdmin(row));
        }
        if old.revoked_at.is_some() {
            let remark = format!("! {name} is revoked, and stays so: it cannot call the API");
            self.plan.lines.push(remark);
        }
        Ok(())
    }

    fn plan_groups(&mut self, groups: &[Group]) -> Result<(), Error> {
        let old = |group: &Group| {
            let row = self.existing.group_rows.get(&group.id);
            (group.id.0, row.map(|row| row.position))
        };
        let positions = positions(groups.iter().map(old));
        for (group, position) in groups.iter().zip(positions) {
            self.plan_group(group, position)?;
            for kind in ItemKind::ALL {
                self.plan_items(group, kind)?;
            }
            self.remark_loops(group);
        }
        Ok(())
    }

    fn remark_loops(&mut self, group: &Group) {
        for triggers in loops::find(group) {
            let remark = format!(
                "! triggers {triggers:?} (project {}) can set each other off without end: each acts once a call",
                group.id
            );
            self.plan.lines.push(remark);
        }
    }

    fn plan_group(&mut self, group: &Group, position: i64) -> Result<(), Error> {
        let row = GroupRow {
            organization_id: self.organization.0,
            id: group.id.0,
            position,
            definition: to_json(&without_lists(group))?,
        };
        let name = format!("project {} {:?}", group.id, group.name);
        match self.existing.group_rows.get(&group.id) {
            None => self.add(format!("+ {name}"), Step::InsertGroup(row)),
            Some(old) if rewritten::<Group>(&old.definition)? != row.definition => {
                let had_families = parse::<Group>(&old.definition)?.structure == Structure::Family;
                if had_families && group.structure == Structure::Individual {
                    self.plan.steps.push(Step::EndFamilies(group.id));
                }
                self.add(format!("~ {name}"), Step::UpdateGroup(row));
            }
            Some(old) if old.position != position => {
                self.add(format!("~ {name}, in its order"), Step::UpdateGroup(row));
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn plan_items(&mut self, group: &Group, kind: ItemKind) -> Result<(), Error> {
        let names = group.item_names(kind);
        let old = |id: i64| {
            let row = self.existing.item_rows.get(&(kind.name().to_owned(), id));
            row.filter(|row| row.group_id == group.id.0)
        };
        let olds = names
            .iter()
            .map(|(id, _)| (*id, old(*id).map(|row| row.position)));
        let positions = positions(olds);
        let definitions = definitions(group, kind)?;
        for (((id, name), position), definition) in
            names.into_iter().zip(positions).zip(definitions)
        {
            let row = ItemRow {
                organization_id: self.organization.0,
                group_id: group.id.0,
                kind: kind.name().to_owned(),
                id,
                position,
                definition,
                version: 0,
            };
            let name = format!("{} {id} {name:?} (project {})", kind.name(), group.id);
            self.plan_item(kind, &name, row)?;
        }
        Ok(())
    }

    fn plan_item(&mut self, kind: ItemKind, name: &str, row: ItemRow) -> Result<(), Error> {
        let Some(old) = self.existing.item_rows.get(&(row.kind.clone(), row.id)) else {
            self.add(format!("+ {name}"), Step::InsertItem(row));
            return Ok(());
        };
        let is_same = rewritten_item(kind, &old.definition)? == row.definition;
        if is_same && old.group_id == row.group_id && old.position == row.position {
            return Ok(());
        }
        if kind == ItemKind::Status {
            self.plan_status(old, &row)?;
        }
        let line = if old.group_id != row.group_id {
            format!("~ {name}, from project {}", old.group_id)
        } else if is_same {
            format!("~ {name}, in its order")
        } else {
            format!("~ {name}")
        };
        self.add(line, Step::UpdateItem(row));
        Ok(())
    }

    /// What follows for registrations from a change of their status.
    fn plan_status(&mut self, old: &ItemRow, new: &ItemRow) -> Result<(), Error> {
        let (before, after): (Status, Status) = (parse(&old.definition)?, parse(&new.definition)?);
        let step = if old.group_id != new.group_id {
            Step::FreeStatus(GroupId(old.group_id), after.id)
        } else if before.is_excluded != after.is_excluded {
            Step::Exclude(GroupId(new.group_id), after)
        } else {
            return Ok(());
        };
        self.plan.steps.push(step);
        Ok(())
    }

    fn remove_unnamed(&mut self, file: &ProjectFile) -> Result<(), Error> {
        let existing = self.existing;
        let mut admins: Vec<_> = existing.admins.values().collect();
        admins.sort_by_key(|row| row.id);
        // One that is revoked stays: removed, it could come back to life with the next file that names it.
        for row in admins.into_iter().filter(|row| row.revoked_at.is_none()) {
            if !file.admins.iter().any(|admin| admin.id.0 == row.id) {
                let admin: Admin = parse(&row.definition)?;
                let line = format!("- admin {} {:?}", admin.id, admin.email);
                self.add(line, Step::RemoveAdmin(admin.id));
            }
        }
        let named = file.item_ids();
        for group in &existing.groups {
            self.remove_items(group, &named);
            if !file.groups.iter().any(|named| named.id == group.id) {
                let line = format!("- project {} {:?}", group.id, group.name);
                self.add(line, Step::RemoveGroup(group.id));
            }
        }
        Ok(())
    }

    fn remove_items(&mut self, group: &Group, named: &HashSet<(ItemKind, i64)>) {
        for kind in ItemKind::ALL {
            for (id, name) in group.item_names(kind) {
                if named.contains(&(kind, id)) {
                    continue;
                }
                if kind == ItemKind::Status {
                    let step = Step::FreeStatus(group.id, StatusId(id));
                    self.plan.steps.push(step);
                }
                let word = kind.name();
                let line = format!("- {word} {id} {name:?} (project {})", group.id);
                self.add(line, Step::RemoveItem(kind, id));
            }
        }
    }
}

/// Positions in the order given, of items with these ids: what stands in order already keeps its own, so that an item
/// that the API made far behind is left alone, and adding one at the end changes no other. Among those at one position
/// the id decides, as it does when they are read.
fn positions(items: impl Iterator<Item = (i64, Option<i64>)>) -> Vec<i64> {
    items
        .scan((-1, 0), |last, (id, old)| {
            let kept = old.filter(|old| (*old, id) > *last);
            *last = (kept.unwrap_or(last.0 + 1), id);
            Some(last.0)
        })
        .collect()
}
