//! What can change of a user, and which triggers look at it.

use std::collections::HashMap;

use crate::ids::FormId;
use crate::project::trigger::{Condition, Trigger};

/// Something that conditions look at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// The answer to a field, by its id.
    Field(String),
    /// Whether a product is in the cart.
    Product(i64),
    Status,
    /// Whether a form is completed.
    Form(FormId),
    /// The user is registered in this call.
    Registration,
    /// What is ordered and paid.
    Balance,
    /// The number of a parent's children.
    Children,
}

/// Topic → the positions of the triggers that look at it, in the project's order.
#[derive(Debug, Default)]
pub struct TopicIndex {
    positions: HashMap<Topic, Vec<usize>>,
    /// (version of the configuration, position), in this order.
    versions: Vec<(i64, usize)>,
}

impl TopicIndex {
    /// `triggers`: with the versions with which they came or changed last. `field_id`: of a field's id or name.
    pub fn new<'a>(
        triggers: impl Iterator<Item = (&'a Trigger, i64)>,
        field_id: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let mut index = TopicIndex::default();
        for (position, (trigger, version)) in triggers.enumerate() {
            for condition in &trigger.conditions {
                let positions = index
                    .positions
                    .entry(topic(condition, &field_id))
                    .or_default();
                if positions.last() != Some(&position) {
                    positions.push(position);
                }
            }
            index.versions.push((version, position));
        }
        index.versions.sort_unstable();
        index
    }

    /// The triggers that look at a topic.
    pub fn concerned(&self, topic: &Topic) -> &[usize] {
        self.positions
            .get(topic)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The triggers that came or changed after a version.
    pub fn since(&self, version: i64) -> impl Iterator<Item = usize> {
        let first = self
            .versions
            .partition_point(|(changed, _)| *changed <= version);
        self.versions[first..].iter().map(|(_, position)| *position)
    }

    /// The version of the newest trigger.
    pub fn newest(&self) -> i64 {
        self.versions.last().map_or(0, |(version, _)| *version)
    }
}

fn topic(condition: &Condition, field_id: impl Fn(&str) -> Option<String>) -> Topic {
    match condition {
        Condition::Field { field, .. } | Condition::Age { field, .. } => {
            Topic::Field(field_id(field).unwrap_or_else(|| field.clone()))
        }
        Condition::ProductAdded { product } => Topic::Product(*product),
        Condition::Status { .. } => Topic::Status,
        Condition::UserRegistered {} | Condition::ChildCreated {} => Topic::Registration,
        Condition::Children { .. } => Topic::Children,
        Condition::FormCompleted { form } => Topic::Form(*form),
        Condition::BalanceClosed {} => Topic::Balance,
    }
}
