//! `clogin check`: verifies the database, and prints what disagrees.

use std::sync::Arc;

use super::output::{Failed, Lines, say};
use crate::app::App;
use crate::check;
use crate::ids::OrganizationId;

pub const EXAMPLES: &str = "\
Reads every row and changes nothing. What disagrees is printed, a line each, by ids only; then the exit code is 1.
A line with ! in front is a remark: an order is beyond a rule of its category that came later.
Each organization is read in one state of the database, so that a server may go on working.

Examples:
  clogin check
  clogin check --organization 1";

#[derive(clap::Args)]
pub struct Arguments {
    /// Only this organization
    #[arg(long, value_name = "ID")]
    organization: Option<i64>,
}

/// # Errors
///
/// How many rows disagree; or a sentence.
pub async fn run(app: &App, arguments: Arguments) -> Result<(), Failed> {
    let only = arguments.organization.map(OrganizationId);
    let lines = Arc::new(Lines::default());
    let sink = Arc::clone(&lines);
    let verified = check::check(app, only, Arc::new(move |line| sink.say(line)))
        .await
        .map_err(|error| error.to_string())?;
    lines.finish()?;
    if let (Some(id), []) = (only, verified.as_slice()) {
        return Err(format!("there is no organization {id}").into());
    }
    match verified.iter().map(|verified| verified.disagreements).sum() {
        0 => {
            for organization in &verified {
                say(organization)?;
            }
            Ok(())
        }
        1u64 => Err("1 row disagrees".to_owned().into()),
        count => Err(format!("{count} rows disagree").into()),
    }
}
