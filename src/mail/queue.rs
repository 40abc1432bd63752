//! Puts messages into the outbox, in the transaction of the change that caused them.

use std::sync::Arc;

use lettre::message::Mailbox;
use uuid::Uuid;

use super::address;
use super::template::{Rendered, render};
use crate::clock::Timestamp;
use crate::db::connection::DbConn;
use crate::db::outbox::{self, Filled, NewMessage, StoredEmail};
use crate::error::{Error, ErrorCode};
use crate::ids::{CloginId, GroupId, Ids};
use crate::project::file::EmailTemplate;
use crate::project::snapshot::Snapshot;
use crate::users::person::Person;

/// In characters, of what is kept of a failure.
const MAX_REASON_LENGTH: usize = 500;

/// The random part of the `Message-ID`s of one call: made before its transaction, which may run again.
#[derive(Clone, Copy, Debug)]
pub struct MailIds(Uuid);

impl MailIds {
    pub fn new(ids: &Ids) -> Self {
        MailIds(ids.token())
    }

    /// A trigger sends to a person once a call at most, so that this is one message's.
    fn message_id(self, person: &Person, trigger_id: i64, sender: Option<&Mailbox>) -> String {
        let sender = sender.map(|sender| address::with_ascii_domain(&sender.email));
        let domain = sender
            .as_ref()
            .map_or("localhost", |address| address.domain());
        let (random, clogin_id) = (self.0.simple(), person.clogin_id());
        format!("<{random}.{clogin_id}.{trigger_id}@{domain}>")
    }
}

/// A message as the call can tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedEmail {
    pub id: i64,
    pub template_id: i64,
    pub to: String,
    pub subject: String,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queued {
    Queued(QueuedEmail),
    /// `to` renders empty: there is no row.
    NoRecipient,
    /// It cannot be sent, and why: the row says so too, and the call goes on.
    Failed(String),
}

/// Fills a template in and queues the message. The caller nudges the worker ([`super::Mailer::nudge`]) after its commit.
///
/// # Errors
///
/// When the database cannot do it. A template that cannot be filled in is no error.
pub fn queue(
    conn: &mut DbConn,
    person: &Person,
    template: &EmailTemplate,
    trigger_id: i64,
    ids: MailIds,
    now: Timestamp,
) -> Result<Queued, Error> {
    let sender = sender(person);
    let rendered = render(template, person);
    if rendered
        .as_ref()
        .is_ok_and(|rendered| rendered.to.is_empty())
    {
        return Ok(Queued::NoRecipient);
    }
    let mailbox = sender.as_ref().ok();
    let mut row = empty_row(person, template, trigger_id, now);
    row.message_id = ids.message_id(person, trigger_id, mailbox);
    row.sender = mailbox.map(ToString::to_string).unwrap_or_default();
    let problem = match rendered {
        Ok(rendered) => {
            fill(&mut row, rendered);
            sender.err()
        }
        Err(reason) => Some(reason),
    };
    if let Some(reason) = problem {
        let reason: String = reason.chars().take(MAX_REASON_LENGTH).collect();
        row.state = outbox::FAILED;
        row.last_error = Some(reason.clone());
        outbox::insert(conn, &row)?;
        return Ok(Queued::Failed(reason));
    }
    row.state = outbox::QUEUED;
    row.next_attempt_at = Some(now);
    let id = outbox::insert(conn, &row)?;
    Ok(Queued::Queued(QueuedEmail {
        id,
        template_id: template.id,
        to: row.recipients,
        subject: row.subject,
    }))
}

/// Notes a message that would have been sent, if the call had not said `disable_email_sending`. Returns its id; none where `to`
/// renders empty.
///
/// # Errors
///
/// When the database cannot do it.
pub fn suppress(
    conn: &mut DbConn,
    person: &Person,
    template: &EmailTemplate,
    trigger_id: i64,
    ids: MailIds,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    let sender = sender(person).ok();
    let mut row = empty_row(person, template, trigger_id, now);
    row.message_id = ids.message_id(person, trigger_id, sender.as_ref());
    row.sender = sender.map(|sender| sender.to_string()).unwrap_or_default();
    match render(template, person) {
        Ok(rendered) if rendered.to.is_empty() => return Ok(None),
        Ok(rendered) => fill(&mut row, rendered),
        Err(reason) => row.last_error = Some(reason.chars().take(MAX_REASON_LENGTH).collect()),
    }
    Ok(Some(outbox::insert(conn, &row)?))
}

/// Whether a message could not be filled in when it was queued.
pub fn is_unfilled(email: &StoredEmail) -> bool {
    email.state == outbox::FAILED && (email.recipients.is_empty() || email.sender.is_empty())
}

/// Fills such a message in, as its template and its person are now: what was wrong may have been mended since.
///
/// # Errors
///
/// `validation_failed`: it still cannot be filled in, and why.
pub fn fill_again(
    conn: &mut DbConn,
    snapshot: &Snapshot,
    email: &StoredEmail,
) -> Result<(), Error> {
    let refused = |reason: &str| {
        let msg = format!("e-mail {} cannot be filled in: {reason}", email.id);
        Error::new(ErrorCode::ValidationFailed, msg)
    };
    let group = GroupId(email.group_id);
    let mut projects = snapshot
        .organizations()
        .filter_map(|setup| setup.projects.get(&group));
    let project = projects.next();
    let template = project.zip(email.template_id);
    let template = template.and_then(|(project, id)| Some((project, project.template(id)?)));
    let (project, template) = template.ok_or_else(|| refused("its template is no longer there"))?;
    let person = Person::find(conn, Arc::clone(project), CloginId(email.clogin_id));
    let person = person.map_err(|error| match error.code() {
        ErrorCode::UserNotFound => refused("its person is no longer there"),
        _ => error,
    })?;
    let sender = sender(&person).map_err(|reason| refused(&reason))?;
    let rendered = render(template, &person).map_err(|reason| refused(&reason))?;
    if rendered.to.is_empty() {
        return Err(refused("it has nobody to go to"));
    }
    let filled = Filled {
        sender: sender.to_string(),
        recipients: address::join(&rendered.to),
        subject: rendered.subject,
        body: rendered.html,
        body_text: rendered.text,
    };
    outbox::fill(conn, email.id, &filled)?;
    Ok(())
}

fn sender(person: &Person) -> Result<Mailbox, String> {
    let from = person.project.group.settings.from.as_deref();
    let from = from.ok_or("the project has no sender: settings.from is not set")?;
    address::single(from).ok_or_else(|| "settings.from is not a sender".to_owned())
}

fn empty_row(
    person: &Person,
    template: &EmailTemplate,
    trigger_id: i64,
    now: Timestamp,
) -> NewMessage {
    NewMessage {
        organization_id: person.project.organization_id.0,
        group_id: person.project.id().0,
        clogin_id: person.clogin_id().0,
        template_id: template.id,
        trigger_id,
        state: outbox::SUPPRESSED,
        sender: String::new(),
        recipients: String::new(),
        cc: String::new(),
        bcc: String::new(),
        subject: String::new(),
        body: String::new(),
        body_text: String::new(),
        message_id: String::new(),
        last_error: None,
        next_attempt_at: None,
        created_at: now,
    }
}

fn fill(row: &mut NewMessage, rendered: Rendered) {
    row.recipients = address::join(&rendered.to);
    row.subject = rendered.subject;
    row.body = rendered.html;
    row.body_text = rendered.text;
}
