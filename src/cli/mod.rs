//! The command line: what `clogin --help` says, and which function does it.

mod admin;
mod apply;
mod check;
mod export;
mod logging;
mod mail;
mod output;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use self::logging::init_logging;
use self::output::{Failed, say};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, Settings};
use crate::ids::Ids;

const EXAMPLES: &str = "\
Examples:
  clogin apply camp.json --dry-run     show what would change
  clogin apply camp.json               make the database match the file
  clogin serve --listen 0.0.0.0:8080   answer requests
  clogin admin create --organization 1 --email api@camp.example

Every setting is a flag and an environment variable: CLOGIN_DATABASE_URL=postgres://… clogin serve";

/// Accounts and registration for teams whose project front ends send JSON
#[derive(Parser)]
#[command(name = "clogin", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten, next_help_heading = "Settings")]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests until SIGTERM or SIGINT
    Serve,
    /// Make the database match project files
    #[command(after_help = apply::EXAMPLES)]
    Apply(apply::Arguments),
    /// Print the project file of an organization
    #[command(after_help = export::EXAMPLES)]
    ExportProject(export::Arguments),
    /// Verify a database: what is kept in two places must agree
    #[command(after_help = check::EXAMPLES)]
    Check(check::Arguments),
    /// Print the JSON Schema (draft 2020-12) of a format
    Schema {
        #[command(subcommand)]
        format: Format,
    },
    /// API admins: the credentials that programs call the API with
    #[command(subcommand)]
    Admin(admin::Command),
    /// E-mails: what was sent, what waits, what was given up
    #[command(subcommand)]
    Mail(mail::Command),
    /// Print the settings in force, without secrets
    Config,
}

#[derive(Subcommand)]
enum Format {
    /// The project file, which `clogin apply` takes
    Project,
}

/// Runs what the command line asks for. 0: done; 1: it could not be done, and standard error says why; 2: the command
/// line is wrong.
pub fn run() -> ExitCode {
    let done = execute(Cli::parse());
    log::logger().flush();
    match done {
        // Whoever has read enough of the output is content.
        Ok(()) | Err(Failed::Closed) => ExitCode::SUCCESS,
        Err(Failed::Sentence(sentences)) => {
            // There is nowhere else to say it.
            let _ = writeln!(std::io::stderr(), "{sentences}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> Result<(), Failed> {
    if let Command::Schema { format } = cli.command {
        return print_schema(&format);
    }
    let config = cli
        .settings
        .understand()
        .map_err(|problems| problems.to_string())?;
    init_logging(&config.log);
    match cli.command {
        Command::Serve => Ok(block_on(crate::http::serve(config))?),
        Command::Apply(arguments) => block_on(async {
            let open = if arguments.dry_run {
                open_for_reading
            } else {
                open
            };
            let files = apply::read(&arguments)?;
            apply::run(&open(config)?, files, &arguments).await
        }),
        Command::ExportProject(arguments) => {
            block_on(async { export::run(&open_for_reading(config)?, arguments).await })
        }
        Command::Check(arguments) => {
            block_on(async { check::run(&open_for_reading(config)?, arguments).await })
        }
        Command::Admin(command @ admin::Command::List { .. }) => {
            block_on(async { admin::run(&open_for_reading(config)?, command).await })
        }
        Command::Admin(command) => block_on(async { admin::run(&open(config)?, command).await }),
        // An e-mail is sent again where there is one.
        Command::Mail(command) => {
            block_on(async { mail::run(&open_for_reading(config)?, command).await })
        }
        Command::Config => say(config),
        Command::Schema { format } => print_schema(&format),
    }
}

fn block_on<T>(task: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(task)
}

/// Makes a database that is missing, and brings up to date one that is older.
fn open(config: Config) -> Result<App, String> {
    App::new(config, Clock::System, Ids::Random)
}

/// Does neither: of a URL that is mistyped an empty database would be told.
fn open_for_reading(config: Config) -> Result<App, String> {
    App::for_reading(config, Clock::System, Ids::Random)
}

fn print_schema(format: &Format) -> Result<(), Failed> {
    let schema = match format {
        Format::Project => crate::project::file::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| error.to_string())?;
    say(text)
}

/// How a file is called in messages.
fn shown(path: &Path) -> String {
    path.display().to_string()
}
