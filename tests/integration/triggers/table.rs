//! Every condition with every action: fires, holds, is undone, is suppressed, is held back and not made up later.

mod somebody;

use serde_json::{Value, json};

use self::somebody::{Somebody, action, condition};
use super::{Lab, apply_groups, disagreements, group};
use crate::support::TestApp;

/// Conditions that come true and stop being true by calls; a completed form stays completed.
const CONDITIONS: [&str; 9] = [
    "field",
    "one_of",
    "bounds",
    "product_added",
    "status",
    "children",
    "form_completed",
    "balance_closed",
    "age",
];

const ACTIONS: [&str; 7] = [
    "add_product_no_show",
    "add_product",
    "show_prod_in_list",
    "remove_prod_from_list",
    "add_form",
    "set_status",
    "send_email",
];

fn fires_and_is_undone(lab: Lab, condition: &'static str, action: &'static str) {
    let one = Somebody::new(lab, condition, action);
    assert!(!one.is_in_force(), "{condition} {action}");
    one.expect("fires", one.make_true(json!({})), &["fired"], true);
    one.expect("holds", one.stay_true(), &["unchanged"], true);
    if !one.is_undone() {
        return;
    }
    one.expect("is undone", one.make_false(), &["undone"], one.sends());
    one.expect("fires again", one.make_true(json!({})), &["fired"], true);
    if one.sends() {
        assert_eq!(one.lab.emails(&one.id).len(), 1, "{condition}");
    }
}

fn is_suppressed(lab: Lab, condition: &'static str, action: &'static str) {
    let one = Somebody::new(lab, condition, action);
    let flags = json!({ "disable_email_sending": true });
    one.expect("suppressed", one.make_true(flags), &["fired"], true);
    if one.is_undone() {
        one.make_false();
        one.make_true(json!({}));
    }
    let expected: &[&str] = if one.sends() { &["suppressed"] } else { &[] };
    assert_eq!(lab.emails(&one.id), expected, "{condition}");
}

fn is_held_back(lab: Lab, condition: &'static str, action: &'static str) {
    let one = Somebody::new(lab, condition, action);
    let flags = json!({ "submit_forms": false });
    // Nothing is completed then.
    let expected: &[&str] = if one.is_undone() { &["held_back"] } else { &[] };
    one.expect("held back", one.make_true(flags), expected, false);
    lab.update(&one.id, json!({ "c": "something else" }));
    one.expect("not made up", Vec::new(), &[], false);
    if !one.is_undone() {
        return;
    }
    one.expect("not made up later", one.stay_true(), &["unchanged"], false);
    one.make_false();
    one.expect("has nothing to undo", Vec::new(), &[], false);
    let again = one.make_true(json!({}));
    one.expect("fires anew", again, &["fired"], !one.sends());
}

#[test]
fn every_condition_with_every_action() {
    let app = TestApp::start();
    let cases: Vec<_> = CONDITIONS
        .into_iter()
        .flat_map(|condition| ACTIONS.map(|action| (condition, action)))
        // It ends its own condition: see `cycles`.
        .filter(|case| *case != ("status", "set_status"))
        .collect();
    let labs: Vec<_> = (0..cases.len() as i64)
        .map(|number| Lab { app: &app, number })
        .collect();
    let groups = labs.iter().zip(&cases).map(|(lab, (on, kind))| {
        let trigger = json!({ "reverse_trigger": true, "conditions": [condition(*lab, on)],
            "action": action(*lab, kind) });
        group(lab.number, vec![trigger])
    });
    apply_groups(&app, groups.collect());
    for (lab, (condition, action)) in labs.into_iter().zip(cases) {
        fires_and_is_undone(lab, condition, action);
        is_suppressed(lab, condition, action);
        is_held_back(lab, condition, action);
    }
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn what_is_true_in_one_call_only() {
    let app = TestApp::start();
    for (number, kind) in (0..).zip(ACTIONS) {
        let lab = Lab { app: &app, number };
        let triggers = ["user_registered", "child_created"]
            .map(|on| json!({ "conditions": [condition(lab, on)], "action": action(lab, kind) }));
        apply_groups(&app, vec![group(number, triggers.to_vec())]);
        for (child, own, other) in [(false, 1, 2), (true, 2, 1)] {
            let me = |flags: Value| Somebody::registered(lab, kind, child, &flags);
            let (one, answer) = me(json!({}));
            assert_eq!(lab.results(&answer, &one.id, own), ["fired"], "{kind}");
            assert_eq!(
                lab.results(&answer, &one.id, other),
                ["unchanged"],
                "{kind}"
            );
            one.expect("in the call", Vec::new(), &[], true);
            lab.update(&one.id, json!({ "a": "anything" }));
            one.expect("and after it", Vec::new(), &[], true);
            let (one, answer) = me(json!({ "submit_forms": false }));
            assert_eq!(lab.results(&answer, &one.id, own), ["held_back"], "{kind}");
            lab.update(&one.id, json!({ "a": "anything" }));
            one.expect("held back", Vec::new(), &[], false);
            let (one, _) = me(json!({ "disable_email_sending": true }));
            let expected: &[&str] = if one.sends() { &["suppressed"] } else { &[] };
            assert_eq!(lab.emails(&one.id), expected, "{kind}");
        }
    }
    assert_eq!(disagreements(&app), [""; 0]);
}
