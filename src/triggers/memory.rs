//! What a registration remembers of triggers: those that hold, and what is still theirs. A trigger without an entry does
//! not hold and has left nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::StatusId;

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
    /// Whether it has sent its e-mail: once is enough unless it repeats.
    #[serde(skip_serializing_if = "is_default")]
    pub sent: bool,
    /// The cart lines that it added.
    #[serde(skip_serializing_if = "is_default")]
    pub carts: Vec<i64>,
    /// Whether what it does to the list of products is in force.
    #[serde(skip_serializing_if = "is_default")]
    pub listed: bool,
    /// Whether it added its form.
    #[serde(skip_serializing_if = "is_default")]
    pub form: bool,
    /// The status that its own replaced; `Some(None)`: there was none.
    #[serde(skip_serializing_if = "is_default")]
    pub replaced: Option<Replaced>,
}

/// A status, or none, in the place of which a trigger has put its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    pub status: Option<StatusId>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Memory {
    /// Whether it shows or removes its products now: it has fired, and was not undone since.
    pub fn is_listed(&self, trigger: i64) -> bool {
        self.0.get(&trigger).is_some_and(|entry| entry.listed)
    }

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
}
