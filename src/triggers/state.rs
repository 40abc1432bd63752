//! What conditions see of a user.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::ids::{FormId, StatusId};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub is_child: bool,
    /// Field id → answer.
    pub answers: BTreeMap<String, Value>,
    /// The listed products in the cart.
    pub products: HashSet<i64>,
    pub status: Option<StatusId>,
    pub completed: HashSet<FormId>,
    /// Whether the user is registered in this very call.
    pub is_registered_now: bool,
    /// Of a parent; none has a child.
    pub children: u32,
    /// Minor units.
    pub ordered: i64,
    /// Minor units.
    pub paid: i64,
}
