//! `clogin export-project`: prints the project file of an organization.

use super::output::{Failed, say};
use crate::app::App;
use crate::ids::OrganizationId;
use crate::project::export;

pub const EXAMPLES: &str = "\
What is set up, as one project file: without users and tokens, and without admins that are revoked. Applying it to the
same database changes nothing.

Examples:
  clogin export-project 1 > camp.json";

#[derive(clap::Args)]
pub struct Arguments {
    /// The id of the organization
    #[arg(value_name = "ORG")]
    organization: i64,
}

/// # Errors
///
/// A sentence.
pub async fn run(app: &App, arguments: Arguments) -> Result<(), Failed> {
    let organization = arguments.organization;
    let file = export::export(app, OrganizationId(organization))
        .await
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("there is no organization {organization}"))?;
    let text = serde_json::to_string_pretty(&file).map_err(|error| error.to_string())?;
    say(text)
}
