//! Makes the database match project files: reads, checks, plans, and carries the plan out in one transaction.
//!
//! What the plan was made from must still be so when it is carried out: the transaction begins by taking the next
//! version of the configuration, and if another change came between, everything begins anew.

use std::collections::HashMap;
use std::sync::Arc;

use super::check::{self, ids};
use super::existing::{self, Existing};
use super::file::{Group, ProjectFile};
use super::people::{self, FilePerson, Made, Projects};
use super::plan::{self, MadeTokens, Plan, Step};
use super::problem::{Problem, Report};
use super::snapshot::Project;
use crate::app::App;
use crate::db::connection::Conn;
use crate::db::{Outcome, config, registrations, totals, users};
use crate::error::Error;
use crate::ids::{AdminId, CloginId, OrganizationId};

pub use super::existing::Unnamed;

/// How often apply begins anew when the configuration changes under it.
const ATTEMPTS: u32 = 5;

/// Whether the plan is carried out, or only shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Real,
    /// Everything is done, and undone.
    DryRun,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct ApplyOptions {
    pub mode: Mode,
    pub unnamed: Unnamed,
}

/// What was done.
#[derive(Debug, PartialEq, Eq)]
pub struct Applied {
    /// `+` added, `~` changed, `-` removed, `!` a remark; in the order of the files.
    pub plan: Vec<String>,
    /// Whether there was anything to do, other than remarks.
    pub is_changed: bool,
    /// The tokens that were made for new admins: nothing shows them again.
    pub tokens: Vec<(AdminId, String)>,
}

#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The files are not right, or not for this database. Nothing was changed.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
    #[error(transparent)]
    Failed(#[from] Error),
}

/// A file, and everything that is made before the transaction.
#[derive(Clone)]
struct Prepared {
    name: String,
    organization: OrganizationId,
    plan: Plan,
    people: Vec<FilePerson>,
    ids: Vec<(&'static str, i64)>,
    /// File paths of projects, for problems that only the transaction finds.
    group_paths: HashMap<i64, String>,
    tokens: MadeTokens,
}

enum Attempt {
    Done,
    /// Something changed since the plan was made.
    OutOfDate,
    Refused(Vec<Problem>),
}

/// Applies files, each with what problems call it. Either all of them, or nothing.
///
/// # Errors
///
/// Every problem of the files; or that the database cannot do it now.
pub async fn apply(
    app: &App,
    files: Vec<(String, ProjectFile)>,
    options: ApplyOptions,
) -> Result<Applied, ApplyError> {
    let files = Arc::new(files);
    let named = files.iter().map(|(name, file)| (name.as_str(), file));
    let problems = ids::check(named);
    for _ in 0..ATTEMPTS {
        let (version, mut prepared) = prepare(app, &files, options, problems.clone()).await?;
        if options.mode == Mode::Real {
            for file in &mut prepared {
                people::hash_passwords(app, &mut file.people).await?;
            }
        }
        let applied = applied(&prepared, options.mode);
        if !applied.is_changed {
            return Ok(applied);
        }
        let attempt = app
            .db
            .write(move |conn| carry_out(conn, version, &prepared, options.mode))
            .await?;
        match attempt {
            Attempt::Done => return Ok(applied),
            Attempt::OutOfDate => {}
            Attempt::Refused(problems) => return Err(ApplyError::Problems(problems)),
        }
    }
    let cause = "the configuration changes faster than it can be applied";
    Err(Error::unavailable(cause).into())
}

fn applied(prepared: &[Prepared], mode: Mode) -> Applied {
    let mut applied = Applied {
        plan: Vec::new(),
        is_changed: false,
        tokens: Vec::new(),
    };
    for file in prepared {
        applied.is_changed |= !file.plan.steps.is_empty() || !file.people.is_empty();
        applied.plan.extend(file.plan.lines.iter().cloned());
        let people = file.people.iter().map(|person| person.line.clone());
        applied.plan.extend(people);
        if mode == Mode::Real {
            let tokens = file.tokens.iter().map(|(id, token)| (*id, token.clone()));
            applied.tokens.extend(tokens);
        }
    }
    applied.tokens.sort();
    applied
}

/// Reads what there is, checks the files against it, and plans. Answers the version that was seen, too.
async fn prepare(
    app: &App,
    files: &Arc<Vec<(String, ProjectFile)>>,
    options: ApplyOptions,
    mut problems: Vec<Problem>,
) -> Result<(i64, Vec<Prepared>), ApplyError> {
    let read = Arc::clone(files);
    let (version, existing) = app
        .db
        .read_consistently(move |conn| {
            let mut existing = Vec::new();
            for (name, file) in read.iter() {
                let conflicts = existing::conflicts(conn, name, file)?;
                existing.push((existing::read(conn, file)?, conflicts));
            }
            Ok((config::current_version(conn)?, existing))
        })
        .await?;
    let mut prepared = Vec::new();
    for ((name, file), (existing, conflicts)) in files.iter().zip(existing) {
        problems.extend(conflicts);
        let groups = existing::merge(file, &existing, options.unnamed);
        problems.extend(check::check(name, file, &groups, &existing.people));
        match prepare_people(app, name, file, &existing, &groups) {
            Ok(people) if problems.is_empty() => {
                let file = prepare_file(app, name, file, &existing, &groups, people, options)?;
                prepared.push(file);
            }
            Ok(_) => {}
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() {
        Ok((version, prepared))
    } else {
        Err(ApplyError::Problems(problems))
    }
}

fn prepare_people(
    app: &App,
    name: &str,
    file: &ProjectFile,
    existing: &Existing,
    groups: &[Group],
) -> Result<Vec<FilePerson>, Vec<Problem>> {
    let projects: Projects = groups
        .iter()
        .map(|group| {
            let project = Project::new(file.organization.id, group.clone());
            (group.id, Arc::new(project))
        })
        .collect();
    people::prepare(app, name, file, &projects, |id| {
        existing.people.existing.contains(&id)
    })
}

fn prepare_file(
    app: &App,
    name: &str,
    file: &ProjectFile,
    existing: &Existing,
    groups: &[Group],
    people: Vec<FilePerson>,
    options: ApplyOptions,
) -> Result<Prepared, Error> {
    let tokens: MadeTokens = file
        .admins
        .iter()
        .filter(|admin| admin.token.is_none() && !existing.admins.contains_key(&admin.id))
        .map(|admin| (admin.id, app.ids.token().to_string()))
        .collect();
    let plan = plan::make(file, existing, groups, options.unnamed, &tokens)?;
    let ids = ids::given(file);
    let group_paths = file.groups.iter().enumerate();
    Ok(Prepared {
        name: name.to_owned(),
        organization: file.organization.id,
        plan,
        people,
        ids: ids
            .iter()
            .filter_map(|given| Some((given.kind.counter()?, given.id)))
            .collect(),
        group_paths: group_paths
            .map(|(index, group)| (group.id.0, format!("groups[{index}]")))
            .collect(),
        tokens,
    })
}

fn carry_out(
    conn: &mut Conn,
    version: i64,
    files: &[Prepared],
    mode: Mode,
) -> Result<Outcome<Attempt>, Error> {
    let next = config::next_version(conn)?;
    if next != version + 1 {
        return Ok(Outcome::Undo(Attempt::OutOfDate));
    }
    let mut problems = Vec::new();
    for file in files {
        problems.extend(obstacles(conn, file)?);
    }
    if !problems.is_empty() {
        return Ok(Outcome::Undo(Attempt::Refused(problems)));
    }
    for file in files {
        for (counter, id) in &file.ids {
            config::reserve_id(conn, counter, *id)?;
        }
        if !file.plan.steps.is_empty() {
            let definition = &file.plan.organization;
            config::save_organization(conn, file.organization, next, definition)?;
        }
        for step in &file.plan.steps {
            take(conn, file.organization, step)?;
        }
    }
    match make_people(conn, files, mode)? {
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

fn take(conn: &mut Conn, organization: OrganizationId, step: &Step) -> Result<(), Error> {
    match step {
        Step::Organization | Step::FreeStatus(..) => {}
        Step::InsertAdmin(row) => config::insert_admin(conn, row)?,
        Step::UpdateAdmin(row) => config::update_admin(conn, row)?,
        Step::RemoveAdmin(id) => config::delete_admin(conn, organization, *id)?,
        Step::InsertGroup(row) => config::insert_group(conn, row)?,
        Step::UpdateGroup(row) => config::update_group(conn, row)?,
        Step::RemoveGroup(id) => config::delete_group(conn, organization, *id)?,
        Step::InsertItem(row) => config::insert_item(conn, row)?,
        Step::UpdateItem(row) => config::update_item(conn, row)?,
        Step::RemoveItem(kind, id) => config::delete_item(conn, organization, *kind, *id)?,
        Step::Exclude(group, status) => {
            registrations::exclude_status(conn, organization, *group, status)?;
        }
    }
    Ok(())
}

fn make_people(conn: &mut Conn, files: &[Prepared], mode: Mode) -> Result<Attempt, Error> {
    let people = || {
        files.iter().flat_map(|file| {
            let name = file.name.as_str();
            file.people.iter().map(move |person| (name, person))
        })
    };
    let highest: Option<CloginId> = people().map(|(_, person)| person.id).max();
    // What a rollback would not undo is left out of a dry run.
    if let (Some(id), Mode::Real) = (highest, mode) {
        users::reserve_ids(conn, id)?;
    }
    let mut problems = Vec::new();
    for (name, person) in people() {
        match person.make(conn, name)? {
            Made::Yes => {}
            Made::IdIsTaken => return Ok(Attempt::OutOfDate),
            Made::Refused(problem) => problems.push(problem),
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
