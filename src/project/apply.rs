//! Makes the database match project files: reads, checks, plans, and carries the plan out in one transaction.
//!
//! What the plan was made from must still be so when it is carried out: the transaction begins by taking the next
//! version of the configuration, and if another change came between, everything begins anew.

use std::collections::HashMap;
use std::sync::Arc;

use super::carry_out::{Attempt, Prepared, carry_out};
use super::check::{self, ids};
use super::existing::{self, Existing};
use super::file::{Group, ProjectFile};
use super::people::{self, FilePerson, Projects};
use super::plan::{self, MadeTokens};
use super::problem::Problem;
use super::snapshot::Project;
use crate::app::App;
use crate::db::config;
use crate::error::Error;
use crate::ids::AdminId;

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
                let found = existing::read(conn, file)?;
                let conflicts = existing::conflicts(conn, name, file, &found)?;
                existing.push((found, conflicts));
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
    let mut highest_ids = HashMap::new();
    for given in ids::given(file) {
        if let Some(counter) = given.kind.counter() {
            let highest = highest_ids.entry(counter).or_insert(given.id);
            *highest = given.id.max(*highest);
        }
    }
    let group_paths = file.groups.iter().enumerate();
    Ok(Prepared {
        name: name.to_owned(),
        organization: file.organization.id,
        plan,
        people,
        highest_ids,
        group_paths: group_paths
            .map(|(index, group)| (group.id.0, format!("groups[{index}]")))
            .collect(),
        tokens,
    })
}
