//! `clogin mail`: looks into the outbox, and sends again what was given up.

use clap::Subcommand;

use super::output::{Failed, say};
use crate::app::App;
use crate::clock::{Timestamp, rfc3339};
use crate::db::Outcome;
use crate::db::connection::Conn;
use crate::db::outbox::{self, StoredEmail};
use crate::ids::OrganizationId;
use crate::mail;

#[derive(Subcommand)]
pub enum Command {
    /// List e-mails, newest first, a line each: id, state, attempts, recipients, subject
    List {
        /// Only those of this organization
        #[arg(long, value_name = "ID")]
        organization: Option<i64>,
        /// Only those in this state
        #[arg(long, value_parser = ["queued", "sending", "retrying", "sent", "failed", "suppressed", "recorded"])]
        state: Option<String>,
        /// At most so many
        #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
        limit: i64,
    },
    /// Print an e-mail with its history and its text
    Show {
        /// The e-mail's id
        id: i64,
    },
    /// Queue an e-mail again, with all its attempts; a running server sends it
    Retry {
        /// The e-mail's id
        id: i64,
    },
}

/// # Errors
///
/// Sentences, a line each.
pub async fn run(app: &App, command: Command) -> Result<(), Failed> {
    match command {
        Command::List {
            organization,
            state,
            limit,
        } => list(app, organization.map(OrganizationId), state, limit).await,
        Command::Show { id } => show(app, id).await,
        Command::Retry { id } => retry(app, id).await,
    }
}

async fn list(
    app: &App,
    organization: Option<OrganizationId>,
    state: Option<String>,
    limit: i64,
) -> Result<(), Failed> {
    let emails = app
        .db
        .read(move |conn| {
            Ok(outbox::list(
                conn,
                organization,
                state.as_deref(),
                limit.max(0),
            )?)
        })
        .await
        .map_err(|error| error.to_string())?;
    for email in emails {
        say(format_args!(
            "{} {} attempts={} to={} subject={}",
            email.id, email.state, email.attempts, email.recipients, email.subject
        ))?;
    }
    Ok(())
}

async fn show(app: &App, id: i64) -> Result<(), Failed> {
    let email = app
        .db
        .read(move |conn| Ok(outbox::find(conn, id)?))
        .await
        .map_err(|error| error.to_string())?;
    let email = email.ok_or_else(|| format!("there is no e-mail {id}"))?;
    for (name, value) in history(&email).into_iter().chain(headers(&email)) {
        if !value.is_empty() {
            say(format_args!("{name}: {value}"))?;
        }
    }
    say(format_args!(
        "\n{}",
        email.body_text.as_ref().unwrap_or(&email.body)
    ))
}

fn history(email: &StoredEmail) -> [(&'static str, String); 11] {
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let time = |at: Option<Timestamp>| at.map(rfc3339).unwrap_or_default();
    [
        ("id", email.id.to_string()),
        ("organization", email.organization_id.to_string()),
        ("project", email.group_id.to_string()),
        ("clogin_id", email.clogin_id.to_string()),
        ("template", number(email.template_id)),
        ("trigger", number(email.trigger_id)),
        ("state", email.state.clone()),
        ("attempts", email.attempts.to_string()),
        ("last_error", email.last_error.clone().unwrap_or_default()),
        ("sent_at", time(email.sent_at)),
        ("next_attempt_at", time(email.next_attempt_at)),
    ]
}

fn headers(email: &StoredEmail) -> [(&'static str, String); 8] {
    [
        ("Message-ID", email.message_id.clone().unwrap_or_default()),
        ("Date", rfc3339(email.created_at)),
        ("From", email.sender.clone()),
        ("To", email.recipients.clone()),
        ("Cc", email.cc.clone()),
        ("Bcc", email.bcc.clone()),
        ("undelivered", email.undelivered.clone().unwrap_or_default()),
        ("Subject", email.subject.clone()),
    ]
}

async fn retry(app: &App, id: i64) -> Result<(), Failed> {
    let now = app.clock.now();
    let snapshot = app.projects.refresh(&app.db).await;
    let snapshot = snapshot.map_err(|error| error.to_string())?;
    let retry = move |conn: &mut Conn| {
        if let Some(email) = outbox::find(conn, id)?.filter(mail::is_unfilled) {
            mail::fill_again(conn, &snapshot, &email)?;
        }
        Ok(Outcome::Keep(outbox::retry(conn, id, now)?))
    };
    let changed = app
        .db
        .write(retry)
        .await
        .map_err(|error| error.to_string())?;
    if !changed {
        let sentence = format!("there is no e-mail {id} that waits or was given up");
        return Err(sentence.into());
    }
    say(format_args!("e-mail {id} is queued"))
}
