//! `trace` and `dry_run`.

use clogin::actions::{Action, Endpoint};
use serde_json::{Value, json};

use super::{Lab, TARGET, TO_USER, add_product, field_is, send_email, trigger};
use crate::support::TestApp;

fn lab(app: &TestApp) -> Lab<'_> {
    Lab::new(app, |lab| {
        let any = json!({ "conditions": [field_is("a", "yes"), { "on": "field", "field": "n", "at_least": "5" }],
            "andor": "or", "action": add_product(lab.id(TARGET)) });
        let mail = trigger(field_is("a", "yes"), send_email(lab.id(TO_USER)));
        vec![any, mail]
    })
}

#[test]
fn a_trace_has_each_condition_with_what_it_saw() {
    let app = TestApp::start();
    let lab = lab(&app);
    let me = lab.parent();
    let answer = lab.update(&me, json!({ "a": "no", "n": 7 }));
    let look = json!({
        "trigger_id": lab.id(1), "name": "T1", "clogin_id": answer["trace"][0]["clogin_id"],
        "conditions": [
            { "on": "field", "field": "a", "value": "yes", "holds": false, "seen": "no" },
            { "on": "field", "field": "n", "at_least": "5", "holds": true, "seen": "7" },
        ],
        "holds": true, "result": "fired", "notes": [format!("product {} is added", lab.id(TARGET))],
    });
    assert_eq!(answer["trace"][0], look);
    assert_eq!(answer["trace"][1]["result"], "unchanged");
    let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
    let order = [
        "msg",
        "updated",
        "trace",
        "success",
        "user_info",
        "meta_info",
    ];
    assert_eq!(keys, order);
}

/// Everything that a call says, but for what is of the moment.
fn said(mut answer: Value) -> Value {
    answer.as_object_mut().unwrap().remove("emails");
    answer.as_object_mut().unwrap().remove("user_token");
    answer
}

#[test]
fn a_dry_run_answers_as_the_call_and_changes_nothing() {
    let app = TestApp::start();
    let lab = lab(&app);
    let me = lab.parent();
    let kid = lab.child(&me);
    lab.add(&kid, TARGET);
    let other = lab.parent();
    let line = lab.lines(&kid, TARGET)[0].clone();
    let to = json!({ "p_id": lab.id(TARGET) });
    let login = json!({ "action": "login", "group_id": 1001, "clogin_id": 9001 });
    let token = app.post(login).json()["user_token"].clone();
    let calls = [
        (
            "create",
            json!({ "doc": { "a": "yes", "main_email": "x@riverside.example" } }),
        ),
        (
            "create_child",
            json!({ "connected_to": me, "doc": { "a": "yes" } }),
        ),
        (
            "update",
            json!({ "clogin_id": me, "doc": { "a": "yes", "first_name": "Ada" } }),
        ),
        (
            "add_product",
            json!({ "clogin_id": me, "product_list": to }),
        ),
        (
            "remove_product",
            json!({ "clogin_id": kid, "product_list": { "cart_id": line } }),
        ),
        (
            "set_status",
            json!({ "clogin_id": me, "status_id": lab.id(1) }),
        ),
        ("login", json!({ "clogin_id": me })),
        ("login", json!({ "clogin_id": 9003 })),
        (
            "add_payment",
            json!({ "clogin_id": me, "doc": { "amount": "5.00", "kind": "payment", "status": "approved" } }),
        ),
        (
            "move_child",
            json!({ "clogin_id": kid, "doc": { "connected_to": other } }),
        ),
        ("delete", json!({ "clogin_id": kid })),
        (
            "authenticate",
            json!({ "group_id": 1001,
                "doc": { "username": "ella@riverside.example", "password": "correct horse battery" } }),
        ),
        (
            "verify_token",
            json!({ "group_id": 1001, "doc": { "user_token": token } }),
        ),
        (
            "add_email",
            json!({ "clogin_id": me, "doc": { "email_list": { "from": "a@riverside.example",
                "to": "b@riverside.example", "subject": "Bus" } } }),
        ),
    ];
    // Whoever adds an action adds a call, or says here why there is none: it changes nothing, or see below.
    for action in Action::ALL {
        let is_tried = calls.iter().any(|(name, _)| *name == action.name());
        let is_left_out = ["get_info", "get_user_list"].contains(&action.name());
        let is_of_users = action.endpoint() == Endpoint::Users;
        assert!(!is_of_users || is_tried || is_left_out, "{action:?}");
    }
    let dump = app.direct().dump();
    for (action, more) in &calls {
        let mut body = lab.body(action, more.clone());
        body["dry_run"] = json!(true);
        let key = [("Idempotency-Key", "dry")];
        let dry = app.client.users_with(&key, body);
        assert_eq!(dry.status, 200, "{action}: {}", dry.text);
        let after = app.direct().dump();
        assert!(after == dump, "{action} changed something");
        let emails = dry.json()["emails"].clone();
        let sends = dry.text.contains("is queued");
        assert_eq!(
            emails.as_array().unwrap().len(),
            usize::from(sends),
            "{action}"
        );
    }
    assert_eq!(app.app.mail.sent().len(), 0);
    let mut body = calls[2].1.clone();
    body["dry_run"] = json!(true);
    let dry = lab.done("update", body);
    assert_eq!(said(dry), said(lab.done("update", calls[2].1.clone())));
}
