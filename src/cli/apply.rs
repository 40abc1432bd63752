//! `clogin apply`: reads the files, applies them, prints the plan.

use std::path::PathBuf;

use super::output::{Failed, say};
use crate::app::App;
use crate::project::apply::{self, ApplyOptions, Mode, Unnamed};
use crate::project::check;
use crate::project::file::ProjectFile;

pub const EXAMPLES: &str = "\
The plan is printed, a line each: + added, ~ changed, - removed, ! a remark. All of it is done in one transaction, or
nothing. Applying a file twice changes nothing; a running server sees the change within a second.

Examples:
  clogin apply camp.json --dry-run
  clogin apply camp.json conference.json
  clogin apply camp.json --prune";

#[derive(clap::Args)]
pub struct Arguments {
    /// Project files, one for each organization (their format: clogin schema project)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print the plan, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Also remove what the files do not name: admins, projects and their items, never users
    #[arg(long)]
    prune: bool,
}

/// The files, named and read. To be called before a database is made for them.
///
/// # Errors
///
/// Sentences, a line each.
pub(super) fn read(arguments: &Arguments) -> Result<Vec<(String, ProjectFile)>, String> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for path in &arguments.files {
        let name = super::shown(path);
        match std::fs::read(path) {
            Ok(bytes) => match check::parse(&name, &bytes) {
                Ok(file) => files.push((name, file)),
                Err(found) => problems.extend(found.iter().map(ToString::to_string)),
            },
            Err(error) => problems.push(format!("{name}: cannot be read: {error}")),
        }
    }
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    Ok(files)
}

/// # Errors
///
/// Sentences, a line each.
pub(super) async fn run(
    app: &App,
    files: Vec<(String, ProjectFile)>,
    arguments: &Arguments,
) -> Result<(), Failed> {
    let options = ApplyOptions {
        mode: if arguments.dry_run {
            Mode::DryRun
        } else {
            Mode::Real
        },
        unnamed: if arguments.prune {
            Unnamed::Removed
        } else {
            Unnamed::Stays
        },
    };
    let applied = apply::apply(app, files, options)
        .await
        .map_err(|error| error.to_string())?;
    for line in &applied.plan {
        say(line)?;
    }
    if !applied.is_changed {
        say("nothing to change")?;
    }
    if !applied.tokens.is_empty() {
        say("\nTokens that were made; they are not shown again:")?;
    }
    for (id, token) in &applied.tokens {
        say(format_args!("admin {id}: {token}"))?;
    }
    Ok(())
}
