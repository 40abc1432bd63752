//! The e-mails of a call: they go into the outbox when everything is settled, in the same transaction.

use super::{Mail, Settling};
use crate::db::connection::Conn;
use crate::error::Error;
use crate::mail::{self, Queued};
use crate::project::trigger::{Effect, Trigger};
use crate::triggers::trace::{Look, LookResult, QueuedEmail, Trace};
use crate::users::person::Person;

/// Queues the e-mail of a trigger. One that cannot be made fails alone, not the call. Returns whether that was it for this
/// user: where there was nobody to send it to, it may be sent when the trigger fires again.
///
/// # Errors
///
/// When the database cannot do it.
pub(super) fn send(
    conn: &mut Conn,
    person: &Person,
    trigger: &Trigger,
    settling: Settling,
    trace: &mut Trace,
) -> Result<bool, Error> {
    let Effect::SendEmail { template, .. } = &trigger.action else {
        return Ok(false);
    };
    let (id, ids, now) = (trigger.id, settling.mail_ids, settling.now);
    let (is_done, note) = match (person.project.template(*template), settling.mail) {
        (None, _) => (false, format!("e-mail {template} does not exist any more")),
        (Some(template), Mail::Suppressed) => {
            mail::suppress(conn, person, template, id, ids, now)?;
            (true, format!("e-mail {} is suppressed", template.id))
        }
        (Some(template), Mail::Queued) => {
            match mail::queue(conn, person, template, id, ids, now)? {
                Queued::Queued(email) => {
                    let (template_id, to, subject) = (email.template_id, email.to, email.subject);
                    trace.emails.push(QueuedEmail {
                        trigger_id: id,
                        template_id,
                        to,
                        subject,
                    });
                    (true, format!("e-mail {template_id} is queued"))
                }
                Queued::NoRecipient => (false, format!("e-mail {} has no recipient", template.id)),
                Queued::Failed(reason) => {
                    (true, format!("e-mail {} failed: {reason}", template.id))
                }
            }
        }
    };
    let clogin_id = person.clogin_id();
    let is_this = |look: &&mut Look| {
        look.trigger_id == id && look.clogin_id == clogin_id && look.result == LookResult::Fired
    };
    if let Some(look) = trace.looks.iter_mut().find(is_this) {
        look.notes.push(note);
    }
    Ok(is_done)
}
