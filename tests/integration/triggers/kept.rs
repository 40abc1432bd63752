//! What is remembered of triggers: new ones, changed ones, and registrations that begin again.

use serde_json::{Value, json};

use super::{
    EXTRA_FORM, LISTED, Lab, PLAIN, TARGET, TO_USER, add_product, apply_groups, disagreements,
    field_is, group, reversed, send_email, trigger,
};
use crate::support::TestApp;
use crate::support::client::SERVER;

/// Makes a trigger by the API: the field `a` adds a product.
fn make(lab: Lab, value: &str) -> i64 {
    let doc = json!({
        "action": { "product_id": lab.id(TARGET), "action_type": "add_product" },
        "conditions": { "andor": "and", "condition_list": [{ "field_id": "a", "field_value": value }] },
    });
    let body = json!({ "action": "create", "group_id": 5000, "doc": doc });
    let path = "/reg/api2/triggers/";
    let body = body.to_string();
    let answer = lab.app.client.send("POST", path, &SERVER, body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["trigger_id"].as_i64().unwrap()
}

#[test]
fn a_new_trigger_looks_at_somebody_at_the_next_changing_call() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |_| Vec::new());
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes" }));
    let id = make(lab, "yes");
    lab.info(&me, "_usercart");
    lab.done("login", json!({ "clogin_id": me }));
    assert_eq!(lab.cart(&me), [0; 0]);
    let answer = lab.update(&me, json!({ "c": "unrelated" }));
    assert_eq!(answer["trace"][0]["trigger_id"], id);
    assert_eq!(lab.cart(&me), [TARGET]);
    // Once: it is not new any more.
    let answer = lab.update(&me, json!({ "c": "again" }));
    assert_eq!(answer["trace"], json!([]));
    lab.update(&me, json!({ "a": "no" }));
    assert_eq!(lab.cart(&me), [0; 0]);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn a_changed_trigger_looks_again() {
    let app = TestApp::start();
    let with = |value: &str| {
        let lab = Lab {
            app: &app,
            number: 0,
        };
        let changing = reversed(field_is("a", value), add_product(lab.id(TARGET)));
        let other = reversed(field_is("a", "yes"), add_product(lab.id(PLAIN)));
        apply_groups(&app, vec![group(0, vec![changing, other])]);
        lab
    };
    let lab = with("yes");
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes" }));
    assert_eq!(lab.cart(&me), [TARGET, PLAIN]);
    with("no");
    assert_eq!(lab.cart(&me), [TARGET, PLAIN]);
    let answer = lab.update(&me, json!({ "c": "unrelated" }));
    assert_eq!(lab.results(&answer, &me, 1), ["undone"]);
    assert_eq!(lab.results(&answer, &me, 2), [""; 0]);
    assert_eq!(lab.cart(&me), [PLAIN]);
    with("yes");
    lab.update(&me, json!({ "c": "once more" }));
    assert_eq!(lab.cart(&me), [PLAIN, TARGET]);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn what_a_call_held_back_of_a_new_trigger_is_not_made_up() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |_| Vec::new());
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes" }));
    make(lab, "yes");
    let held = json!({ "clogin_id": me, "doc": { "c": "x" }, "submit_forms": false });
    let answer = lab.done("update", held);
    assert_eq!(answer["trace"][0]["result"], "held_back");
    lab.update(&me, json!({ "c": "y" }));
    assert_eq!(lab.cart(&me), [0; 0]);
}

#[test]
fn what_a_call_held_back_of_a_reverse_stays_for_good() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![reversed(field_is("a", "yes"), add_product(lab.id(TARGET)))]
    });
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes" }));
    let held = json!({ "clogin_id": me, "doc": { "a": "no" }, "submit_forms": false });
    let answer = lab.done("update", held);
    assert_eq!(lab.results(&answer, &me, 1), ["held_back"]);
    for value in ["no", "yes", "no"] {
        lab.update(&me, json!({ "a": value }));
        assert_eq!(lab.cart(&me), [TARGET]);
    }
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn a_registration_that_begins_again_begins_anew() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let on = |action: Value| reversed(field_is("a", "yes"), action);
        let extra = json!({ "type": "add_form", "form": lab.id(EXTRA_FORM) });
        let welcome = send_email(lab.id(TO_USER));
        vec![
            on(add_product(lab.id(TARGET))),
            on(extra),
            trigger(json!({ "on": "user_registered" }), welcome),
        ]
    });
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes" }));
    lab.add(&me, LISTED);
    lab.done("delete", json!({ "clogin_id": me }));
    let answer = lab.done("create", json!({ "clogin_id": me }));
    for trigger in 1..=3 {
        assert_eq!(lab.results(&answer, &me, trigger), ["fired"], "{trigger}");
    }
    assert_eq!(lab.cart(&me), [TARGET]);
    // It was sent when the registration began for the first time.
    assert_eq!(lab.emails(&me).len(), 1);
    // What was the trigger's is the trigger's again.
    lab.update(&me, json!({ "a": "no" }));
    assert_eq!(lab.cart(&me), [0; 0]);
    assert!(!lab.forms(&me).contains(&EXTRA_FORM));
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn an_email_is_sent_once_however_often_the_registration_begins() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let registered = || json!({ "on": "user_registered" });
        let mut repeated = send_email(lab.id(TO_USER));
        repeated["repeat"] = json!(true);
        vec![
            trigger(registered(), send_email(lab.id(TO_USER))),
            trigger(field_is("a", "yes"), send_email(lab.id(TO_USER))),
            trigger(field_is("b", "yes"), send_email(lab.id(TO_USER))),
            trigger(registered(), repeated),
        ]
    });
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes" }));
    // What is held back counts as done, also when the registration begins again.
    let held = json!({ "clogin_id": me, "doc": { "b": "yes" }, "submit_forms": false });
    lab.done("update", held);
    assert_eq!(lab.emails(&me).len(), 3);
    for round in 1..=2 {
        lab.done("delete", json!({ "clogin_id": me }));
        let answer = lab.done("create", json!({ "clogin_id": me }));
        assert_eq!(lab.emails(&me).len(), 3 + round);
        let looks = answer["trace"].as_array().unwrap().iter();
        let of_repeated = |look: &&Value| look["trigger_id"] == lab.id(4);
        for look in looks.filter(|look| !of_repeated(look)) {
            let note = look["notes"][0].as_str().unwrap();
            assert!(note.ends_with("was sent before"), "{look}");
        }
        lab.update(&me, json!({ "a": "no", "b": "no" }));
        lab.update(&me, json!({ "a": "yes", "b": "yes" }));
        assert_eq!(lab.emails(&me).len(), 3 + round);
    }
    assert_eq!(disagreements(&app), [""; 0]);
}
