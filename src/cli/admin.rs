//! `clogin admin`: makes, lists and revokes API admins.

use clap::{Subcommand, ValueEnum};

use super::output::{Failed, say};
use crate::app::App;
use crate::clock::rfc3339;
use crate::ids::{AdminId, GroupId, OrganizationId};
use crate::project::admins::{self, ListedAdmin, Revoked};
use crate::project::file::{Admin, AdminKind, Selection};

const CREATE_EXAMPLES: &str = "\
Examples:
  clogin admin create --organization 1 --email api@camp.example
  clogin admin create --organization 1 --email web@camp.example --kind publishable --groups 1001 \\
      --origins https://camp.example";

#[derive(Subcommand)]
pub enum Command {
    /// Make an admin, and print its id and its token: once, as only the token's hash is kept
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Create),
    /// List the admins, without their tokens
    List {
        /// Only those of this organization
        #[arg(long, value_name = "ID")]
        organization: Option<i64>,
    },
    /// End an admin for good: its token is refused within a second
    Revoke {
        /// The admin's id
        id: i64,
    },
}

#[derive(clap::Args)]
pub struct Create {
    /// The organization that it acts for
    #[arg(long, value_name = "ID")]
    organization: i64,
    /// The e-mail that it gives in the header Api-user
    #[arg(long)]
    email: String,
    /// secret for servers; publishable for browsers, where everybody can read it
    #[arg(long, value_enum, default_value_t = Kind::Secret)]
    kind: Kind,
    /// The projects it may use, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    groups: Option<Vec<i64>>,
    /// The actions it may call, separated by commas, such as create,statuses/create [default: all of its kind]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    actions: Option<Vec<String>>,
    /// The web origins from which a publishable admin is accepted, separated by commas
    #[arg(long, value_delimiter = ',')]
    origins: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Secret,
    Publishable,
}

/// # Errors
///
/// Sentences, a line each.
pub async fn run(app: &App, command: Command) -> Result<(), Failed> {
    match command {
        Command::Create(arguments) => create(app, arguments).await,
        Command::List { organization } => list(app, organization.map(OrganizationId)).await,
        Command::Revoke { id } => revoke(app, AdminId(id)).await,
    }
}

async fn create(app: &App, arguments: Create) -> Result<(), Failed> {
    let groups = arguments
        .groups
        .map(|ids| Selection::Listed(ids.into_iter().map(GroupId).collect()));
    let new = Admin {
        id: AdminId(0),
        email: arguments.email,
        token: None,
        kind: match arguments.kind {
            Kind::Secret => AdminKind::Secret,
            Kind::Publishable => AdminKind::Publishable,
        },
        groups: groups.unwrap_or_default(),
        actions: arguments.actions.map(Selection::Listed).unwrap_or_default(),
        origins: arguments.origins,
    };
    let organization = OrganizationId(arguments.organization);
    let (id, token) = admins::create(app, organization, new)
        .await
        .map_err(|error| error.to_string())?;
    say(format_args!(
        "id: {id}\ntoken: {token}\n\nThe token is not shown again."
    ))
}

async fn list(app: &App, organization: Option<OrganizationId>) -> Result<(), Failed> {
    let admins = admins::list(app, organization)
        .await
        .map_err(|error| error.to_string())?;
    for ListedAdmin {
        organization,
        admin,
        revoked_at,
    } in admins
    {
        let kind = match admin.kind {
            AdminKind::Secret => "secret",
            AdminKind::Publishable => "publishable",
        };
        let (groups, actions) = (shown(&admin.groups), shown(&admin.actions));
        let mut line = format!(
            "{} organization={organization} email={} kind={kind} groups={groups} actions={actions}",
            admin.id, admin.email
        );
        if !admin.origins.is_empty() {
            line.push_str(&format!(" origins={}", admin.origins.join(",")));
        }
        if let Some(at) = revoked_at {
            line.push_str(&format!(" revoked_at={}", rfc3339(at)));
        }
        say(line)?;
    }
    Ok(())
}

async fn revoke(app: &App, id: AdminId) -> Result<(), Failed> {
    let revoked = admins::revoke(app, id)
        .await
        .map_err(|error| error.to_string())?;
    match revoked {
        Revoked::Now => say(format_args!("admin {id} is revoked")),
        Revoked::Before => say(format_args!("admin {id} was revoked before")),
        Revoked::Unknown => Err(format!("there is no admin {id}").into()),
    }
}

fn shown<T: std::fmt::Display>(selection: &Selection<T>) -> String {
    match selection {
        Selection::All(_) => "all".to_owned(),
        Selection::Listed(listed) => {
            let words: Vec<_> = listed.iter().map(ToString::to_string).collect();
            words.join(",")
        }
    }
}
