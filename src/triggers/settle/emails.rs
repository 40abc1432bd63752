//! The e-mails of a call: they go into the outbox when everything is settled, in the same transaction.

use super::{Mail, Settling};
use crate::db::connection::Conn;
use crate::error::Error;
use crate::mail::{self, Queued};
use crate::project::snapshot::Project;
use crate::project::trigger::Effect;
use crate::triggers::trace::{Look, QueuedEmail, Trace};
use crate::users::person::Person;

/// Queues the e-mails of these triggers, in the project's order. One that cannot be made fails alone, not the call.
///
/// # Errors
///
/// When the database cannot do it.
pub(super) fn send(
    conn: &mut Conn,
    person: &Person,
    project: &Project,
    triggers: &[usize],
    settling: Settling,
    trace: &mut Trace,
) -> Result<(), Error> {
    for trigger in triggers
        .iter()
        .filter_map(|position| project.group.triggers.get(*position))
    {
        let Effect::SendEmail { template, .. } = &trigger.action else {
            continue;
        };
        let (id, ids, now) = (trigger.id, settling.mail_ids, settling.now);
        let note = match (project.template(*template), settling.mail) {
            (None, _) => format!("e-mail {template} does not exist any more"),
            (Some(template), Mail::Suppressed) => {
                mail::suppress(conn, person, template, id, ids, now)?;
                format!("e-mail {} is suppressed", template.id)
            }
            (Some(template), Mail::Queued) => {
                match mail::queue(conn, person, template, id, ids, now)? {
                    Queued::Queued(email) => {
                        let (template_id, to, subject) =
                            (email.template_id, email.to, email.subject);
                        trace.emails.push(QueuedEmail {
                            trigger_id: id,
                            template_id,
                            to,
                            subject,
                        });
                        format!("e-mail {template_id} is queued")
                    }
                    Queued::NoRecipient => format!("e-mail {} has no recipient", template.id),
                    Queued::Failed(reason) => format!("e-mail {} failed: {reason}", template.id),
                }
            }
        };
        let clogin_id = person.clogin_id();
        let is_this = |look: &&mut Look| look.trigger_id == id && look.clogin_id == clogin_id;
        if let Some(look) = trace.looks.iter_mut().rev().find(is_this) {
            look.notes.push(note);
        }
    }
    Ok(())
}
