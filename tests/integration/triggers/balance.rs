//! Triggers that look at the balance.

use serde_json::{Value, json};

use super::{
    EXTRA_FORM, Lab, PLAIN, TARGET, TO_OFFICE, disagreements, reversed, send_email, trigger,
};
use crate::support::TestApp;

fn closed() -> Value {
    json!({ "on": "balance_closed" })
}

fn pay(lab: Lab, who: &str, amount: &str, status: &str) -> Value {
    let doc = json!({ "amount": amount, "kind": "payment", "status": status, "reference": amount });
    lab.done("add_payment", json!({ "clogin_id": who, "doc": doc }))
}

fn refund(lab: Lab, who: &str, amount: &str) -> Value {
    let doc = json!({ "amount": amount, "kind": "refund", "status": "approved" });
    lab.done("add_payment", json!({ "clogin_id": who, "doc": doc }))
}

#[test]
fn the_payment_that_closes_the_balance_fires_once() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![trigger(closed(), send_email(lab.id(TO_OFFICE)))]
    });
    let me = lab.parent();
    lab.add(&me, PLAIN);
    assert_eq!(
        lab.results(&pay(lab, &me, "4.00", "approved"), &me, 1),
        ["unchanged"]
    );
    // What is pending closes nothing, until it is approved.
    assert_eq!(
        lab.results(&pay(lab, &me, "6.00", "pending"), &me, 1),
        [""; 0]
    );
    assert_eq!(
        lab.results(&pay(lab, &me, "6.00", "approved"), &me, 1),
        ["fired"]
    );
    // The same reference again changes nothing; nor does paying more.
    assert_eq!(
        lab.results(&pay(lab, &me, "6.00", "approved"), &me, 1),
        [""; 0]
    );
    assert_eq!(
        lab.results(&pay(lab, &me, "1.00", "approved"), &me, 1),
        ["unchanged"]
    );
    assert_eq!(lab.emails(&me).len(), 1);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn taking_out_a_product_closes_the_balance_too() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let form = json!({ "type": "add_form", "form": lab.id(EXTRA_FORM) });
        vec![reversed(closed(), form)]
    });
    let me = lab.parent();
    lab.add(&me, PLAIN);
    lab.add(&me, TARGET);
    pay(lab, &me, "10.00", "approved");
    assert!(!lab.forms(&me).contains(&EXTRA_FORM));
    assert_eq!(lab.results(&lab.take_out(&me, TARGET), &me, 1), ["fired"]);
    assert!(lab.forms(&me).contains(&EXTRA_FORM));
    // What is given back, or ordered, opens it again.
    assert_eq!(lab.results(&refund(lab, &me, "0.01"), &me, 1), ["undone"]);
    assert_eq!(
        lab.results(&pay(lab, &me, "0.01", "approved"), &me, 1),
        ["fired"]
    );
    assert_eq!(lab.results(&lab.add(&me, TARGET), &me, 1), ["undone"]);
    assert!(!lab.forms(&me).contains(&EXTRA_FORM));
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn without_an_order_there_is_nothing_to_close() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![reversed(closed(), send_email(lab.id(TO_OFFICE)))]
    });
    let me = lab.parent();
    assert_eq!(
        lab.results(&pay(lab, &me, "5.00", "approved"), &me, 1),
        ["unchanged"]
    );
    refund(lab, &me, "5.00");
    lab.add(&me, PLAIN);
    // An empty cart is no order.
    assert_eq!(
        lab.results(&lab.take_out(&me, PLAIN), &me, 1),
        ["unchanged"]
    );
    assert_eq!(lab.emails(&me), [""; 0]);
}

#[test]
fn flags_hold_back_what_a_payment_sets_off() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![trigger(closed(), send_email(lab.id(TO_OFFICE)))]
    });
    let body = |who: &str, flag: &str, value: bool| {
        let doc = json!({ "amount": 10, "kind": "payment", "status": "approved" });
        let mut more = json!({ "clogin_id": who, "doc": doc });
        more[flag] = json!(value);
        more
    };
    for (flag, value, result, emails) in [
        ("submit_forms", false, "held_back", &[] as &[&str]),
        ("disable_email_sending", true, "fired", &["suppressed"]),
        ("dry_run", true, "fired", &[]),
    ] {
        let me = lab.parent();
        lab.add(&me, PLAIN);
        let answer = lab.done("add_payment", body(&me, flag, value));
        assert_eq!(lab.results(&answer, &me, 1), [result], "{flag}");
        assert_eq!(lab.emails(&me), emails, "{flag}");
    }
    assert_eq!(disagreements(&app), [""; 0]);
}
