//! The e-mails of triggers: once a commit, and none where none is to be sent.

use serde_json::{Value, json};

use super::{
    Lab, TARGET, TO_OFFICE, TO_USER, add_product, disagreements, field_is, reversed, send_email,
    trigger, who,
};
use crate::support::{TestApp, until};

/// Welcomes somebody new, tells the office, and adds a product that the e-mail is to know of.
fn welcoming(app: &TestApp) -> Lab<'_> {
    Lab::new(app, |lab| {
        let on = || json!({ "on": "user_registered" });
        vec![
            trigger(on(), send_email(lab.id(TO_USER))),
            trigger(on(), send_email(lab.id(TO_OFFICE))),
            trigger(on(), add_product(lab.id(TARGET))),
        ]
    })
}

fn doc() -> Value {
    json!({ "doc": { "main_email": "new@riverside.example" } })
}

fn rows(app: &TestApp) -> i64 {
    app.direct().rows("emails")
}

#[test]
fn a_commit_queues_each_once_and_they_tell_of_its_end() {
    let app = TestApp::start();
    let lab = welcoming(&app);
    let me = who(&lab.done("create", doc()));
    assert_eq!(rows(&app), 2);
    until(|| lab.emails(&me) == ["sent", "sent"]);
    let mut sent: Vec<_> = lab
        .info(&me, "_emails")
        .as_array()
        .unwrap()
        .iter()
        .map(|email| email["subject"].clone())
        .collect();
    sent.sort_by_key(Value::to_string);
    assert_eq!(sent, [json!("News"), json!("Of 20.00")]);
    lab.update(&me, json!({ "a": "x" }));
    assert_eq!(rows(&app), 2);
    assert_eq!(app.app.mail.sent().len(), 2);
}

#[test]
fn a_call_that_disables_sending_queues_none() {
    let app = TestApp::start();
    let lab = welcoming(&app);
    let mut more = doc();
    more["disable_email_sending"] = json!(true);
    let answer = lab.done("create", more);
    let me = who(&answer);
    assert_eq!(lab.emails(&me), ["suppressed", "suppressed"]);
    assert_eq!(lab.cart(&me), [TARGET]);
    lab.update(&me, json!({ "a": "x" }));
    assert_eq!(lab.emails(&me), ["suppressed", "suppressed"]);
    assert_eq!(app.app.mail.sent().len(), 0);
}

#[test]
fn a_replay_sends_no_second_one() {
    let app = TestApp::start();
    let lab = welcoming(&app);
    let key = [("Idempotency-Key", "one")];
    let body = lab.body("create", doc());
    let first = app.client.users_with(&key, body.clone());
    assert_eq!(first.status, 200, "{}", first.text);
    for _ in 0..3 {
        let again = app.client.users_with(&key, body.clone());
        assert_eq!(again.text, first.text);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
    assert_eq!(rows(&app), 2);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn a_call_that_fails_queues_none() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let on = json!({ "on": "product_added", "product": lab.id(TARGET) });
        vec![trigger(on, send_email(lab.id(TO_USER)))]
    });
    let me = lab.parent();
    let list = json!([{ "p_id": lab.id(TARGET) }, { "p_id": lab.id(super::SCARCE), "q": 2 }]);
    let more = json!({ "clogin_id": me, "product_list": list });
    assert_eq!(lab.post("add_product", more).status, 409);
    assert_eq!(rows(&app), 0);
    lab.add(&me, TARGET);
    assert_eq!(rows(&app), 1);
}

#[test]
fn without_an_address_there_is_none_and_the_trace_says_so() {
    let app = TestApp::start();
    let lab = welcoming(&app);
    let answer = lab.done("create", json!({}));
    let note = format!("e-mail {} has no recipient", lab.id(TO_USER));
    assert_eq!(answer["trace"][0]["notes"], json!([note]));
    assert_eq!(rows(&app), 1);
}

#[test]
fn what_had_nobody_to_go_to_may_be_sent_later() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![trigger(field_is("a", "yes"), send_email(lab.id(TO_USER)))]
    });
    let me = who(&lab.done("create", json!({ "doc": { "a": "yes" } })));
    assert_eq!(rows(&app), 0);
    // Not by itself: the trigger has to fire again.
    lab.update(&me, json!({ "main_email": "late@riverside.example" }));
    assert_eq!(rows(&app), 0);
    for _ in 0..2 {
        lab.update(&me, json!({ "a": "no" }));
        lab.update(&me, json!({ "a": "yes" }));
        assert_eq!(rows(&app), 1);
    }
    // What the call suppressed is done, with an address or without.
    let suppressed = json!({ "doc": { "a": "yes" }, "disable_email_sending": true });
    let me = who(&lab.done("create", suppressed));
    lab.update(
        &me,
        json!({ "main_email": "late@riverside.example", "a": "no" }),
    );
    lab.update(&me, json!({ "a": "yes" }));
    assert_eq!(rows(&app), 1);
}

#[test]
fn one_is_sent_once_unless_it_repeats() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let mut again = send_email(lab.id(TO_OFFICE));
        again["repeat"] = json!(true);
        let on = || field_is("a", "yes");
        vec![
            reversed(on(), send_email(lab.id(TO_USER))),
            trigger(on(), again),
        ]
    });
    let me = lab.parent();
    for number in 1..=3 {
        lab.update(&me, json!({ "a": "yes" }));
        assert_eq!(rows(&app), number + 1);
        lab.update(&me, json!({ "a": "no" }));
        lab.update(&me, json!({ "c": number }));
        assert_eq!(rows(&app), number + 1);
    }
}
