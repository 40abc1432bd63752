//! Triggers that can set each other off without end, as far as that can be seen without a user: told when a project file
//! is applied. Settling ends all the same, as each acts once a call.

use std::collections::{BTreeMap, HashSet};

use crate::ids::StatusId;
use crate::project::file::Group;
use crate::project::trigger::{Condition, Effect, Trigger};

/// What a trigger changes that conditions look at.
#[derive(Clone, Copy)]
enum Change {
    ProductIn(i64),
    ProductOut(i64),
    StatusSet(StatusId),
    /// What was there before comes back: any other one, or none.
    StatusGone(StatusId),
    /// More is to be paid.
    BalanceUp,
    BalanceDown,
}

/// Event → the events that it can bring about. Each trigger has two: it fires (an even number), and its conditions end.
type Edges = Vec<Vec<usize>>;

/// The ids of triggers that go round in circles, circle by circle.
///
/// A circle of events goes on when one of its triggers is ended from within and fires again; triggers that only confirm
/// each other do not.
pub fn find(group: &Group) -> Vec<Vec<i64>> {
    let edges: Edges = group
        .triggers
        .iter()
        .flat_map(|trigger| {
            [
                changes_by_firing(group, trigger),
                changes_by_ending(group, trigger),
            ]
        })
        .map(|changes| brought_about(group, &changes))
        .collect();
    let circle_of = circles(&edges);
    // (circle, event) → whether something in the circle brings the event about.
    let mut reached = HashSet::new();
    for (from, to) in edges.iter().enumerate() {
        reached.extend(to.iter().map(|event| (circle_of[from], *event)));
    }
    let mut found: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for (position, trigger) in group.triggers.iter().enumerate() {
        let (fires, ends) = (2 * position, 2 * position + 1);
        let circle = circle_of[fires];
        if reached.contains(&(circle, fires)) && reached.contains(&(circle, ends)) {
            found.entry(circle).or_default().push(trigger.id);
        }
    }
    found.into_values().collect()
}

fn changes_by_firing(group: &Group, trigger: &Trigger) -> Vec<Change> {
    match &trigger.action {
        Effect::AddProduct { products } | Effect::AddProductNoShow { products } => {
            let into = products.iter().copied().map(Change::ProductIn);
            into.chain(costs(group, products).then_some(Change::BalanceUp))
                .collect()
        }
        Effect::SetStatus { status } => vec![Change::StatusSet(*status)],
        _ => Vec::new(),
    }
}

fn changes_by_ending(group: &Group, trigger: &Trigger) -> Vec<Change> {
    match &trigger.action {
        _ if !trigger.is_reversed() => Vec::new(),
        Effect::AddProduct { products } | Effect::AddProductNoShow { products } => {
            let out = products.iter().copied().map(Change::ProductOut);
            out.chain(costs(group, products).then_some(Change::BalanceDown))
                .collect()
        }
        Effect::SetStatus { status } => vec![Change::StatusGone(*status)],
        _ => Vec::new(),
    }
}

fn costs(group: &Group, products: &[i64]) -> bool {
    let mut all = group.products.iter();
    all.any(|product| products.contains(&product.id) && product.price.0 != 0)
}

fn brought_about(group: &Group, changes: &[Change]) -> Vec<usize> {
    let mut events = Vec::new();
    if changes.is_empty() {
        return events;
    }
    for (position, trigger) in group.triggers.iter().enumerate() {
        let verdicts = trigger.conditions.iter().flat_map(|condition| {
            let verdicts = changes
                .iter()
                .filter_map(|change| makes(*change, condition));
            verdicts.collect::<Vec<_>>()
        });
        let (true_ones, false_ones): (Vec<_>, Vec<_>) = verdicts.partition(|holds| *holds);
        events.extend((!true_ones.is_empty()).then_some(2 * position));
        events.extend((!false_ones.is_empty()).then_some(2 * position + 1));
    }
    events
}

/// What a change can make of a condition: true, false, or nothing.
fn makes(change: Change, condition: &Condition) -> Option<bool> {
    match (change, condition) {
        (Change::ProductIn(id), Condition::ProductAdded { product }) if id == *product => {
            Some(true)
        }
        (Change::ProductOut(id), Condition::ProductAdded { product }) if id == *product => {
            Some(false)
        }
        (Change::StatusSet(id), Condition::Status { status }) => Some(id == *status),
        (Change::StatusGone(id), Condition::Status { status }) => Some(id != *status),
        (Change::BalanceUp, Condition::BalanceClosed {}) => Some(false),
        (Change::BalanceDown, Condition::BalanceClosed {}) => Some(true),
        _ => None,
    }
}

/// Event → the number of its circle: two events have the same when each leads to the other, on whatever way.
fn circles(edges: &Edges) -> Vec<usize> {
    let mut backwards: Edges = vec![Vec::new(); edges.len()];
    for (from, to) in edges.iter().enumerate() {
        for event in to {
            backwards[*event].push(from);
        }
    }
    let mut order = Vec::new();
    let mut seen = vec![false; edges.len()];
    for start in 0..edges.len() {
        walk(start, edges, &mut seen, |event| order.push(event));
    }
    let mut circle_of = vec![0; edges.len()];
    let mut seen = vec![false; edges.len()];
    for start in order.into_iter().rev() {
        walk(start, &backwards, &mut seen, |event| {
            circle_of[event] = start
        });
    }
    circle_of
}

/// Goes wherever one can get from an event, and tells of each new one when all behind it has been told of.
fn walk(start: usize, edges: &Edges, seen: &mut [bool], mut tell: impl FnMut(usize)) {
    let mut way = vec![(start, 0)];
    if std::mem::replace(&mut seen[start], true) {
        return;
    }
    while let Some((event, next)) = way.last_mut() {
        if let Some(to) = edges[*event].get(*next) {
            *next += 1;
            if !std::mem::replace(&mut seen[*to], true) {
                way.push((*to, 0));
            }
        } else {
            tell(*event);
            way.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const STATUSES: [i64; 3] = [21, 22, 23];

    /// (condition, action, reverse), with ids from 1.
    fn circles_of(triggers: &[(Value, Value, bool)]) -> Vec<Vec<i64>> {
        let triggers: Vec<_> = (1..)
            .zip(triggers)
            .map(|(id, (condition, action, reverse))| {
                json!({ "id": id, "name": "T", "reverse_trigger": reverse, "conditions": [condition], "action": action })
            })
            .collect();
        let group = json!({ "id": 1, "name": "Camp", "triggers": triggers,
            "products": [{ "id": 11, "name": "A", "price": "5.00" }, { "id": 12, "name": "B" }] });
        find(&serde_json::from_value(group).unwrap())
    }

    fn is(status: usize) -> Value {
        json!({ "on": "status", "status": STATUSES[status] })
    }

    fn set(status: usize) -> Value {
        json!({ "type": "set_status", "status": STATUSES[status] })
    }

    fn has(product: i64) -> Value {
        json!({ "on": "product_added", "product": product })
    }

    fn add(product: i64) -> Value {
        json!({ "type": "add_product", "products": [product] })
    }

    #[test]
    fn what_goes_round_is_found() {
        let closed = || json!({ "on": "balance_closed" });
        for (triggers, expected) in [
            (vec![(is(0), set(1), true)], vec![vec![1]]),
            (vec![(closed(), add(11), true)], vec![vec![1]]),
            (
                vec![(is(0), set(1), false), (is(1), set(0), false)],
                vec![vec![1, 2]],
            ),
            (
                vec![(is(0), add(11), true), (has(11), set(1), true)],
                vec![vec![1, 2]],
            ),
            // The second has nothing to do with it.
            (
                vec![
                    (is(0), set(1), false),
                    (has(12), add(11), true),
                    (is(1), set(2), false),
                    (is(2), set(0), false),
                ],
                vec![vec![1, 3, 4]],
            ),
        ] {
            assert_eq!(circles_of(&triggers), expected, "{triggers:?}");
        }
    }

    #[test]
    fn what_ends_is_not() {
        for triggers in [
            vec![],
            // From one status to the next.
            vec![(is(0), set(1), false), (is(1), set(2), false)],
            // They confirm each other.
            vec![(has(11), add(12), true), (has(12), add(11), true)],
            vec![(is(0), set(0), true)],
            vec![(is(0), add(11), true), (has(11), set(1), false)],
            vec![(json!({ "on": "balance_closed" }), add(12), true)],
            vec![(has(11), add(12), true), (has(12), set(0), true)],
        ] {
            assert_eq!(circles_of(&triggers), [[0; 0]; 0], "{triggers:?}");
        }
    }
}
