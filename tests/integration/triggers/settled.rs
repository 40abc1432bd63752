//! Settling, whatever the triggers are: it ends, a second time nothing is left to do, and where triggers do not depend
//! on one another their order does not matter.

use std::cell::Cell;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    DONE_FORM, EXCLUDING, EXTRA_FORM, Lab, TARGET, TO_OFFICE, apply_groups, disagreements,
    field_is, group, number, trigger,
};
use crate::support::TestApp;

const CASES: u32 = 24;

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(CASES)
    }
}

/// (condition, item, action, item, reverse)
type Drawn = (usize, i64, usize, i64, bool);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let one = (0..5_usize, 1..=3_i64, 0..6_usize, 1..=3_i64, any::<bool>());
    proptest::collection::vec(one, 1..7)
}

fn made(lab: Lab, (on, from, act, to, reverse): Drawn) -> Value {
    let condition = match on {
        0 => json!({ "on": "product_added", "product": lab.id(from) }),
        1 => json!({ "on": "status", "status": lab.id(from) }),
        2 => json!({ "on": "form_completed", "form": lab.id(DONE_FORM) }),
        3 => json!({ "on": "user_registered" }),
        _ => field_is("a", &from.to_string()),
    };
    let products = json!([lab.id(to)]);
    let action = match act {
        0 | 1 => json!({ "type": "add_product", "products": products }),
        2 | 3 => json!({ "type": "set_status", "status": lab.id(to) }),
        4 => json!({ "type": "show_prod_in_list", "products": products }),
        _ => json!({ "type": "add_form", "form": lab.id(EXTRA_FORM) }),
    };
    json!({ "reverse_trigger": reverse, "conditions": [condition], "action": action })
}

fn counted(lab: Lab, answer: &Value, who: &str, trigger: i64, result: &str) -> usize {
    let results = lab.results(answer, who, trigger);
    results.iter().filter(|found| *found == result).count()
}

/// Each trigger has an effect twice at most: it fires once, and is undone once.
fn assert_bounded(lab: Lab, answer: &Value, who: &str, triggers: usize) {
    for trigger in 1..=triggers as i64 {
        for effect in ["fired", "undone"] {
            let times = counted(lab, answer, who, trigger, effect);
            assert!(times <= 1, "{trigger} {effect} {times} times: {answer}");
        }
    }
}

fn play(lab: Lab, triggers: &[Drawn]) {
    let answer = lab.done("create", json!({ "doc": { "a": "1" } }));
    let me = super::who(&answer);
    let count = triggers.len();
    assert_bounded(lab, &answer, &me, count);
    for a in ["2", "3", "1"] {
        let answer = lab.update(&me, json!({ "a": a, "done": "x" }));
        assert_bounded(lab, &answer, &me, count);
        // Once more: nothing has changed, nothing is looked at.
        let before = state(lab, &me);
        let again = lab.update(&me, json!({ "a": a, "done": "x" }));
        assert_eq!(again["trace"], json!([]));
        assert_eq!(state(lab, &me), before);
    }
    for status in [1, 2, EXCLUDING, 0] {
        assert_bounded(lab, &lab.set_status(&me, status), &me, count);
    }
}

/// What somebody has.
fn state(lab: Lab, who: &str) -> (Vec<i64>, Vec<i64>, Vec<i64>, Value) {
    let info = lab.done("get_info", json!({ "clogin_id": who }));
    let mut cart = lab.cart(who);
    cart.sort_unstable();
    let (forms, selectable) = (lab.forms(who), lab.selectable(who));
    (cart, forms, selectable, info["meta_info"].clone())
}

#[test]
fn settling_ends_and_a_second_time_does_nothing() {
    let app = TestApp::start();
    let next = Cell::new(0);
    proptest!(config(), |(triggers in drawn())| {
        let lab = Lab { app: &app, number: next.replace(next.get() + 1) };
        let all = triggers.iter().map(|one| made(lab, *one)).collect();
        apply_groups(&app, vec![group(lab.number, all)]);
        play(lab, &triggers);
    });
    assert_eq!(disagreements(&app), [""; 0]);
}

/// One trigger an effect, all of them of answers: none depends on another.
fn independent(lab: Lab) -> Vec<Value> {
    let actions = [
        json!({ "type": "add_product", "products": [lab.id(TARGET)] }),
        json!({ "type": "add_product_no_show", "products": [lab.id(1)] }),
        json!({ "type": "show_prod_in_list", "products": [lab.id(3)] }),
        json!({ "type": "remove_prod_from_list", "products": [lab.id(5)] }),
        json!({ "type": "add_form", "form": lab.id(EXTRA_FORM) }),
        json!({ "type": "set_status", "status": lab.id(1) }),
        json!({ "type": "send_email", "template": lab.id(TO_OFFICE) }),
    ];
    let pairs = actions.into_iter().zip(["1", "1", "2", "2", "1", "3", "2"]);
    pairs
        .map(|(action, value)| trigger(field_is("a", value), action))
        .collect()
}

#[test]
fn the_order_of_independent_triggers_does_not_matter() {
    let app = TestApp::start();
    let next = Cell::new(0);
    let orders = Just((0..7_usize).collect::<Vec<_>>()).prop_shuffle();
    let values = proptest::collection::vec(1..=4_i64, 1..6);
    proptest!(config(), |(order in orders, values in values)| {
        let lab = |more: i64| Lab { app: &app, number: next.get() + more };
        let (one, two) = (lab(0), lab(1));
        next.set(next.get() + 2);
        let all = independent(two);
        let shuffled = order.iter().map(|place| all[*place].clone()).collect();
        apply_groups(&app, vec![group(one.number, independent(one)), group(two.number, shuffled)]);
        let ends: Vec<_> = [one, two].into_iter().map(|lab| end(lab, &values)).collect();
        prop_assert_eq!(&ends[0], &ends[1]);
    });
}

/// Where somebody ends that has answered this, without ids.
fn end(lab: Lab, values: &[i64]) -> (Vec<i64>, Vec<i64>, Vec<i64>, i64, usize) {
    let me = lab.parent();
    for value in values {
        lab.update(&me, json!({ "a": value }));
    }
    let (cart, forms, selectable, meta) = state(lab, &me);
    let status = number(&meta["status_id"]);
    let emails = lab.emails(&me).len();
    (
        cart,
        forms,
        selectable,
        status - lab.id(0).min(status),
        emails,
    )
}
