//! Every condition with every action: fires, holds, is undone, is suppressed, is held back and not made up later.

use serde_json::{Value, json};

use super::{
    DONE_FORM, EXTRA_FORM, FIRST, HIDDEN, LISTED, Lab, PLAIN, SECOND, TARGET, TO_USER,
    apply_groups, disagreements, field_is, group, status_of, who,
};
use crate::support::TestApp;

/// Conditions that come true and stop being true by calls; a completed form stays completed.
const CONDITIONS: [&str; 8] = [
    "field",
    "one_of",
    "bounds",
    "product_added",
    "status",
    "children",
    "form_completed",
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

fn condition(lab: Lab, name: &str) -> Value {
    match name {
        "field" => field_is("a", "yes"),
        "one_of" => json!({ "on": "field", "field": "a", "one_of": ["yes", "ja"] }),
        "bounds" => json!({ "on": "field", "field": "n", "at_least": "5", "at_most": "10" }),
        "product_added" => json!({ "on": name, "product": lab.id(PLAIN) }),
        "status" => json!({ "on": name, "status": lab.id(FIRST) }),
        "children" => json!({ "on": name, "at_least": 1 }),
        "form_completed" => json!({ "on": name, "form": lab.id(DONE_FORM) }),
        "age" => {
            json!({ "on": name, "field": "born", "at_least": 10, "at_most": 12, "on_date": "2027-06-01" })
        }
        _ => json!({ "on": name }),
    }
}

fn action(lab: Lab, name: &str) -> Value {
    let product = match name {
        "show_prod_in_list" => HIDDEN,
        "remove_prod_from_list" => LISTED,
        _ => TARGET,
    };
    match name {
        "add_form" => json!({ "type": name, "form": lab.id(EXTRA_FORM) }),
        "set_status" => json!({ "type": name, "status": lab.id(SECOND) }),
        "send_email" => json!({ "type": name, "template": lab.id(TO_USER) }),
        _ => json!({ "type": name, "products": [lab.id(product)] }),
    }
}

/// Somebody, and what comes true and stops being true of it.
struct Somebody<'a> {
    lab: Lab<'a>,
    condition: &'static str,
    action: &'static str,
    id: String,
}

impl<'a> Somebody<'a> {
    fn new(lab: Lab<'a>, condition: &'static str, action: &'static str) -> Self {
        let id = lab.parent();
        Somebody {
            lab,
            condition,
            action,
            id,
        }
    }

    fn call(&self, name: &str, mut more: Value, flags: &Value) -> Value {
        more["clogin_id"] = json!(self.id);
        if name == "create_child" {
            more = json!({ "connected_to": self.id });
        }
        let flags = flags.as_object().unwrap().clone();
        more.as_object_mut().unwrap().extend(flags);
        self.lab.done(name, more)
    }

    fn update(&self, doc: Value, flags: &Value) -> Value {
        self.call("update", json!({ "doc": doc }), flags)
    }

    /// What the trigger did when its condition came true, or stayed so.
    fn make_true(&self, flags: Value) -> Vec<String> {
        let lab = self.lab;
        let answer = match self.condition {
            "field" | "one_of" => self.update(json!({ "a": "yes" }), &flags),
            "bounds" => self.update(json!({ "n": 5 }), &flags),
            "product_added" => {
                let list = json!({ "product_list": { "p_id": lab.id(PLAIN) } });
                self.call("add_product", list, &flags)
            }
            "status" => {
                let status = json!({ "status_id": lab.id(FIRST) });
                self.call("set_status", status, &flags)
            }
            "children" => self.call("create_child", json!({}), &flags),
            "form_completed" => self.update(json!({ "done": "yes" }), &flags),
            _ => self.update(json!({ "born": "2017-06-01" }), &flags),
        };
        lab.results(&answer, &self.id, 1)
    }

    /// Changes what the condition looks at, while it stays true; nothing where that cannot be.
    fn stay_true(&self) -> Vec<String> {
        let answer = match self.condition {
            "one_of" => self.update(json!({ "a": "ja" }), &json!({})),
            "bounds" => self.update(json!({ "n": 10 }), &json!({})),
            "age" => self.update(json!({ "born": "2015-05-01" }), &json!({})),
            "product_added" | "children" => return self.make_true(json!({})),
            _ => return vec!["unchanged".to_owned()],
        };
        self.lab.results(&answer, &self.id, 1)
    }

    fn make_false(&self) -> Vec<String> {
        let answer = match self.condition {
            "field" | "one_of" => self.update(json!({ "a": "no" }), &json!({})),
            "bounds" => self.update(json!({ "n": 11 }), &json!({})),
            "product_added" => self.lab.take_out(&self.id, PLAIN),
            "status" => self.lab.set_status(&self.id, 0),
            "children" => return self.delete_children(),
            _ => self.update(json!({ "born": "2017-06-02" }), &json!({})),
        };
        self.lab.results(&answer, &self.id, 1)
    }

    fn delete_children(&self) -> Vec<String> {
        let family = self.lab.info(&self.id, "_family");
        let children = family["children"].as_array().unwrap().len();
        let ids = self.lab.app.direct().texts(&format!(
            "SELECT CAST(clogin_id AS TEXT) AS text FROM registrations \
             WHERE parent_id = {} AND deleted_at IS NULL",
            self.id
        ));
        assert_eq!(ids.len(), children);
        let mut results = Vec::new();
        for id in ids {
            let answer = self.lab.done("delete", json!({ "clogin_id": id }));
            results = self.lab.results(&answer, &self.id, 1);
        }
        results
    }

    fn is_in_force(&self) -> bool {
        let lab = self.lab;
        match self.action {
            "add_product" | "add_product_no_show" => lab.cart(&self.id).contains(&TARGET),
            "show_prod_in_list" => lab.selectable(&self.id).contains(&HIDDEN),
            "remove_prod_from_list" => !lab.selectable(&self.id).contains(&LISTED),
            "add_form" => lab.forms(&self.id).contains(&EXTRA_FORM),
            "set_status" => {
                let answer = lab.done("get_info", json!({ "clogin_id": self.id }));
                status_of(&answer) == lab.id(SECOND)
            }
            _ => !lab.emails(&self.id).is_empty(),
        }
    }

    fn sends(&self) -> bool {
        self.action == "send_email"
    }

    #[track_caller]
    fn expect(&self, what: &str, results: Vec<String>, expected: &[&str], in_force: bool) {
        let case = format!("{} {}: {what}", self.condition, self.action);
        assert_eq!(results, expected, "{case}");
        assert_eq!(self.is_in_force(), in_force, "{case}");
    }

    fn is_undone(&self) -> bool {
        self.condition != "form_completed"
    }
}

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
            let me = |flags: Value| registered(lab, kind, child, &flags);
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

fn registered<'a>(
    lab: Lab<'a>,
    action: &'static str,
    child: bool,
    flags: &Value,
) -> (Somebody<'a>, Value) {
    let mut more = json!({ "doc": { "main_email": "new@riverside.example" } });
    more.as_object_mut()
        .unwrap()
        .extend(flags.as_object().unwrap().clone());
    let name = if child {
        more["connected_to"] = json!(lab.parent());
        "create_child"
    } else {
        "create"
    };
    let answer = lab.done(name, more);
    let id = who(&answer);
    let condition = "registration";
    (
        Somebody {
            lab,
            condition,
            action,
            id,
        },
        answer,
    )
}
