//! What a registration remembers of triggers: those that hold, and what is still theirs. A trigger without an entry does
//! not hold and has left nothing. What was done is remembered as it was done: the trigger may be another one by now.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{FormId, StatusId};

/// Trigger id → what is remembered of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Memory(BTreeMap<i64, Entry>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Whether its conditions held when it was looked at last.
    #[serde(skip_serializing_if = "is_default")]
    pub holds: bool,
    /// Whether it has held ever since the call that registered the user: for it, what is true in that call only is still
    /// true.
    #[serde(skip_serializing_if = "is_default")]
    pub since_registration: bool,
    /// Whether it has sent its e-mail: once is enough unless it repeats.
    #[serde(skip_serializing_if = "is_default")]
    pub sent: bool,
    /// The cart lines that it added, or that it found as another trigger's.
    #[serde(skip_serializing_if = "is_default")]
    pub carts: Vec<i64>,
    /// The forms that it added, or that it found as another trigger's.
    #[serde(skip_serializing_if = "is_default")]
    pub forms: Vec<FormId>,
    /// The products that it shows in the list.
    #[serde(skip_serializing_if = "is_default")]
    pub shown: Vec<i64>,
    /// The products that it keeps out of the list.
    #[serde(skip_serializing_if = "is_default")]
    pub hidden: Vec<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub status: Option<OwnStatus>,
}

/// A status that a trigger has set, or has found as another trigger's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnStatus {
    pub set: StatusId,
    /// What was there before; none: no status.
    pub before: Option<StatusId>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Memory {
    pub fn get(&self, trigger: i64) -> Entry {
        self.0.get(&trigger).cloned().unwrap_or_default()
    }

    pub fn set(&mut self, trigger: i64, entry: Entry) {
        if entry == Entry::default() {
            self.0.remove(&trigger);
        } else {
            self.0.insert(trigger, entry);
        }
    }

    /// What is left of it when a registration that had ended begins again. What triggers had done went with the cart,
    /// the added forms and the status, and they look at the user as at somebody new; but an e-mail was sent to the
    /// person, who has it still.
    #[must_use]
    pub fn begun_again(self) -> Self {
        let sent = self.0.into_iter().filter(|(_, entry)| entry.sent);
        let only_sent = sent.map(|(trigger, _)| {
            let entry = Entry {
                sent: true,
                ..Entry::default()
            };
            (trigger, entry)
        });
        Memory(only_sent.collect())
    }

    /// Trigger id and entry of each.
    pub fn entries(&self) -> impl Iterator<Item = (i64, &Entry)> {
        self.0.iter().map(|(trigger, entry)| (*trigger, entry))
    }

    /// Whether another trigger than this one has something.
    pub fn is_anothers(&self, trigger: i64, has: impl Fn(&Entry) -> bool) -> bool {
        self.entries()
            .any(|(id, entry)| id != trigger && has(entry))
    }

    /// A status is gone under one that was put over it: there, what was before it comes back one day.
    pub fn forget_status(&mut self, gone: OwnStatus) {
        let statuses = self
            .0
            .values_mut()
            .filter_map(|entry| entry.status.as_mut());
        for over in statuses.filter(|over| over.before == Some(gone.set)) {
            over.before = gone.before;
        }
    }
}
