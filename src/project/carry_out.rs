//! The transaction of `apply`: takes the steps of the plans, and makes the people of the files.

use std::collections::HashMap;

use super::apply::Mode;
use super::people::{FilePerson, Made};
use super::plan::MadeTokens;
use super::problem::{Problem, Report};
use super::steps::{Plan, Step};
use crate::db::config::ItemRow;
use crate::db::connection::Conn;
use crate::db::{Outcome, carts, config, registrations, totals, users};
use crate::error::Error;
use crate::ids::{CloginId, OrganizationId};

/// A file, and everything that is made before the transaction.
#[derive(Clone)]
pub struct Prepared {
    pub name: String,
    pub organization: OrganizationId,
    pub plan: Plan,
    pub people: Vec<FilePerson>,
    /// Counter → the highest id that the file gives.
    pub highest_ids: HashMap<&'static str, i64>,
    /// File paths of projects, for problems that only the transaction finds.
    pub group_paths: HashMap<i64, String>,
    pub tokens: MadeTokens,
}

/// What became of the plans.
pub enum Attempt {
    Done,
    /// Something changed since the plan was made.
    OutOfDate,
    Refused(Vec<Problem>),
}

/// `version`: that of the configuration when the plans were made.
///
/// # Errors
///
/// When the database cannot do it now.
pub fn carry_out(
    conn: &mut Conn,
    version: i64,
    files: &[Prepared],
    mode: Mode,
) -> Result<Outcome<Attempt>, Error> {
    let next = config::next_version(conn)?;
    if next != version + 1 {
        return Ok(Outcome::Undo(Attempt::OutOfDate));
    }
    hold(conn, files, mode)?;
    let mut problems = Vec::new();
    for file in files {
        problems.extend(obstacles(conn, file)?);
    }
    if !problems.is_empty() {
        return Ok(Outcome::Undo(Attempt::Refused(problems)));
    }
    for file in files {
        for (counter, id) in &file.highest_ids {
            config::reserve_id(conn, counter, *id)?;
        }
        if !file.plan.steps.is_empty() {
            let definition = &file.plan.organization;
            config::save_organization(conn, file.organization, next, definition)?;
        }
        for step in &file.plan.steps {
            take(conn, file.organization, step, next)?;
        }
    }
    match make_people(conn, files)? {
        Attempt::Done => {}
        refused => return Ok(Outcome::Undo(refused)),
    }
    // Totals come last.
    for file in files {
        recount(conn, file)?;
    }
    Ok(match mode {
        Mode::Real => Outcome::Keep(Attempt::Done),
        Mode::DryRun => Outcome::Undo(Attempt::Done),
    })
}

/// Holds off who would get in between: first those that make people, then those that change registrations, in the
/// order in which calls write them, so that no two wait for each other.
fn hold(conn: &mut Conn, files: &[Prepared], mode: Mode) -> Result<(), Error> {
    let people = files.iter().flat_map(|file| &file.people);
    let highest: Option<CloginId> = people.map(|person| person.id).max();
    // What a rollback would not undo is left out of a dry run.
    if let (Some(id), Mode::Real) = (highest, mode) {
        users::reserve_ids(conn, id)?;
    }
    let mut steps = files.iter().flat_map(|file| &file.plan.steps);
    if steps.any(Step::needs_still_registrations) {
        registrations::hold_off(conn)?;
    }
    Ok(())
}

/// What cannot be removed because somebody is registered there.
fn obstacles(conn: &mut Conn, file: &Prepared) -> Result<Vec<Problem>, Error> {
    let mut report = Report::new(&file.name);
    for step in &file.plan.steps {
        match step {
            Step::RemoveGroup(id) if registrations::exist_in(conn, file.organization, *id)? => {
                let rule = format!(
                    "must name project {id}: it cannot be removed, as users are or were registered in it"
                );
                report.add("groups", rule);
            }
            Step::EndFamilies(group)
                if registrations::have_parents(conn, file.organization, *group)? =>
            {
                let path = file.group_paths.get(&group.0);
                let path = path.map_or("groups".to_owned(), |path| format!("{path}.structure"));
                let rule = format!("must stay \"family\": project {group} has children");
                report.add(path, rule);
            }
            Step::FreeStatus(group, status)
                if registrations::have_status(conn, file.organization, *group, *status)? =>
            {
                let path = file.group_paths.get(&group.0);
                let path = path.map_or("groups".to_owned(), |path| format!("{path}.statuses"));
                let rule = format!(
                    "must name status {status}: it cannot be taken from project {group}, as registrations have it"
                );
                report.add(path, rule);
            }
            _ => {}
        }
    }
    Ok(report.into_problems())
}

/// An item as it is written: with the version of the change.
fn at(row: &ItemRow, version: i64) -> ItemRow {
    ItemRow {
        version,
        ..row.clone()
    }
}

fn take(
    conn: &mut Conn,
    organization: OrganizationId,
    step: &Step,
    version: i64,
) -> Result<(), Error> {
    match step {
        Step::Organization | Step::FreeStatus(..) | Step::EndFamilies(_) => {}
        Step::InsertAdmin(row) => config::insert_admin(conn, row)?,
        Step::UpdateAdmin(row) => config::update_admin(conn, row)?,
        Step::RemoveAdmin(id) => config::delete_admin(conn, organization, *id)?,
        Step::InsertGroup(row) => config::insert_group(conn, row)?,
        Step::UpdateGroup(row) => config::update_group(conn, row)?,
        Step::RemoveGroup(id) => config::delete_group(conn, organization, *id)?,
        Step::InsertItem(row) => config::insert_item(conn, &at(row, version))?,
        Step::UpdateItem(row) => config::update_item(conn, &at(row, version))?,
        Step::RemoveItem(kind, id) => config::delete_item(conn, organization, *kind, *id)?,
        Step::Exclude(group, status) => {
            registrations::exclude_status(conn, organization, *group, status)?;
        }
        Step::SetQuota(stock) => carts::set_quota(conn, organization, stock.product, stock.quota)?,
    }
    Ok(())
}

fn make_people(conn: &mut Conn, files: &[Prepared]) -> Result<Attempt, Error> {
    let mut problems = Vec::new();
    for file in files {
        for person in &file.people {
            match person.make(conn, &file.name)? {
                Made::Yes => {}
                Made::IdIsTaken => return Ok(Attempt::OutOfDate),
                Made::Refused(found) => problems.extend(found),
            }
        }
    }
    if problems.is_empty() {
        Ok(Attempt::Done)
    } else {
        Ok(Attempt::Refused(problems))
    }
}

fn recount(conn: &mut Conn, file: &Prepared) -> Result<(), Error> {
    let mut groups: Vec<_> = file
        .plan
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Exclude(group, _) => Some(*group),
            _ => None,
        })
        .collect();
    groups.dedup();
    for group in groups {
        totals::recompute(conn, file.organization, group)?;
    }
    Ok(())
}
