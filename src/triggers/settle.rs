//! Settling: after a call has changed a user, the triggers that look at what changed are looked at, in the project's
//! order, and what they do is looked at again, until nothing changes. All in the call's transaction.
//!
//! Each trigger fires and is undone at most once a call, so that settling ends; what would go on is named in the trace.

mod changes;
mod effects;
mod emails;
mod family;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

pub use self::changes::Changes;
pub use self::family::settle_parent_of;
use super::evaluate;
use super::memory::{Entry, Memory};
use super::state::State;
use super::topics::Topic;
use super::trace::{Look, LookResult, Seen, Trace};
use crate::clock::Timestamp;
use crate::db::connection::Conn;
use crate::db::registrations;
use crate::error::Error;
use crate::mail::MailIds;
use crate::orders::cart::Cart;
use crate::project::snapshot::Project;
use crate::project::trigger::{Condition, Effect, Trigger};
use crate::users::person::Person;

/// Whether effects are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effects {
    CarriedOut,
    /// What comes true is remembered, nothing is done, and it is not made up later: `submit_forms: false`, `apply`.
    HeldBack,
}

/// Whether e-mails go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mail {
    Queued,
    /// They count as done: `disable_email_sending`.
    Suppressed,
}

/// How a call settles; made before its transaction.
#[derive(Clone, Copy, Debug)]
pub struct Settling {
    pub effects: Effects,
    pub mail: Mail,
    pub now: Timestamp,
    pub mail_ids: MailIds,
}

/// Settles the triggers of a user that a call has changed. What they change of the registration is changed in memory:
/// the caller saves it.
///
/// # Errors
///
/// When the database cannot do it, or a stored document does not parse.
pub fn settle(
    conn: &mut Conn,
    person: &mut Person,
    changes: &Changes,
    settling: Settling,
    trace: &mut Trace,
) -> Result<(), Error> {
    let project = Arc::clone(&person.project);
    let topics = project.topics();
    let mut pending: BTreeSet<usize> = changes
        .topics()
        .flat_map(|topic| topics.concerned(topic).iter().copied())
        .collect();
    // A new or changed trigger looks at a user at its next changing call; of somebody new everything is new anyway.
    if !changes.is_registration() {
        pending.extend(topics.since(person.registration.triggers_seen));
    }
    person.registration.triggers_seen = person.registration.triggers_seen.max(topics.newest());
    if pending.is_empty() {
        return Ok(());
    }
    let mut run = Run::begin(person, changes, settling, pending)?;
    while let Some(position) = run.pending.pop_first() {
        if let Some(trigger) = project.group.triggers.get(position) {
            let look = run.look(conn, &project, position, trigger)?;
            trace.looks.push(look);
        }
    }
    run.finish(conn, &project, trace)
}

/// A user while its triggers are settled.
struct Run<'a> {
    person: &'a mut Person,
    settling: Settling,
    state: State,
    memory: Memory,
    /// The cart, once somebody has asked for it.
    cart: Option<Cart>,
    children_counted: bool,
    pending: BTreeSet<usize>,
    fired: HashSet<usize>,
    undone: HashSet<usize>,
    /// The triggers whose e-mails go out when everything is settled: they tell of the end.
    emails: Vec<usize>,
}

impl<'a> Run<'a> {
    fn begin(
        person: &'a mut Person,
        changes: &Changes,
        settling: Settling,
        pending: BTreeSet<usize>,
    ) -> Result<Self, Error> {
        let memory = person.trigger_memory()?;
        let state = State {
            is_child: person.is_child(),
            answers: person.answers()?.into_iter().collect(),
            completed: person.form_state()?.completed.into_keys().collect(),
            is_registered_now: changes.is_registration(),
            ..State::default()
        };
        let mut run = Run {
            person,
            settling,
            state,
            memory,
            cart: changes.has_empty_cart().then(Cart::default),
            children_counted: changes.is_registration(),
            pending,
            fired: HashSet::new(),
            undone: HashSet::new(),
            emails: Vec::new(),
        };
        run.see_registration();
        Ok(run)
    }

    /// Takes over into the state what stands in the registration's own columns.
    fn see_registration(&mut self) {
        let registration = &self.person.registration;
        self.state.status = registration.status_id.map(crate::ids::StatusId);
        self.state.ordered = registration.order_total;
        self.state.paid = registration.paid_total;
        let cart = self.cart.iter();
        self.state.products = cart.flat_map(Cart::products).collect();
    }

    /// Looks at one trigger, and does what follows.
    fn look(
        &mut self,
        conn: &mut Conn,
        project: &Project,
        position: usize,
        trigger: &Trigger,
    ) -> Result<Look, Error> {
        self.read_what_it_needs(conn, trigger)?;
        let mut entry = self.memory.get(trigger.id);
        let (holds, verdicts) = evaluate::trigger(project, trigger, &self.state, &entry);
        let mut notes = Vec::new();
        let held_back = self.settling.effects == Effects::HeldBack;
        let result = match (holds, entry.holds) {
            (true, false) if held_back => {
                entry.sent |= matches!(trigger.action, Effect::SendEmail { .. });
                LookResult::HeldBack
            }
            (true, false) if !self.fired.insert(position) => LookResult::Loop,
            (true, false) => {
                self.fire(conn, project, position, trigger, &mut entry, &mut notes)?;
                LookResult::Fired
            }
            (false, true) if !trigger.is_reversed() => LookResult::Unchanged,
            (false, true) if held_back => {
                // What it had done stays, and is not its own any more.
                entry = Entry {
                    sent: entry.sent,
                    shown: entry.shown,
                    hidden: entry.hidden,
                    ..Entry::default()
                };
                LookResult::HeldBack
            }
            (false, true) if !self.undone.insert(position) => LookResult::Loop,
            (false, true) => {
                self.undo(conn, trigger.id, &mut entry, &mut notes)?;
                LookResult::Undone
            }
            _ => LookResult::Unchanged,
        };
        entry.holds = holds;
        entry.since_registration =
            holds && (self.state.is_registered_now || entry.since_registration);
        self.memory.set(trigger.id, entry);
        let conditions = trigger.conditions.iter().cloned().zip(verdicts);
        Ok(Look {
            trigger_id: trigger.id,
            name: trigger.name.clone(),
            clogin_id: self.person.clogin_id(),
            conditions: conditions
                .map(|(condition, verdict)| Seen {
                    condition,
                    holds: verdict.holds,
                    seen: verdict.seen,
                })
                .collect(),
            holds,
            result,
            notes,
        })
    }

    /// The cart and the number of children are read when the first trigger needs them.
    fn read_what_it_needs(&mut self, conn: &mut Conn, trigger: &Trigger) -> Result<(), Error> {
        let sees_cart = |condition: &Condition| matches!(condition, Condition::ProductAdded { .. });
        let adds = matches!(
            trigger.action,
            Effect::AddProduct { .. } | Effect::AddProductNoShow { .. }
        );
        let has_added = !self.memory.get(trigger.id).carts.is_empty();
        if self.cart.is_none() && (adds || has_added || trigger.conditions.iter().any(sees_cart)) {
            self.cart = Some(Cart::read(conn, self.person)?);
            self.see_registration();
        }
        let counts = |condition: &Condition| matches!(condition, Condition::Children { .. });
        if !self.children_counted && trigger.conditions.iter().any(counts) {
            self.state.children = registrations::count_children(
                conn,
                self.person.project.organization_id,
                self.person.project.id(),
                self.person.clogin_id(),
            )?;
            self.children_counted = true;
        }
        Ok(())
    }

    /// Something changed: the triggers that look at it are to be looked at.
    fn changed(&mut self, project: &Project, topic: &Topic) {
        self.pending.extend(project.topics().concerned(topic));
    }

    fn finish(
        mut self,
        conn: &mut Conn,
        project: &Project,
        trace: &mut Trace,
    ) -> Result<(), Error> {
        let senders = self.emails.iter();
        for trigger in senders.filter_map(|position| project.group.triggers.get(*position)) {
            let is_done = emails::send(conn, self.person, trigger, self.settling, trace)?;
            let mut entry = self.memory.get(trigger.id);
            entry.sent |= is_done;
            self.memory.set(trigger.id, entry);
        }
        let memory = serde_json::to_string(&self.memory)
            .map_err(|error| Error::internal(format!("a memory cannot be written: {error}")))?;
        self.person.registration.triggers = memory;
        Ok(())
    }
}
