//! What triggers do, and what undoing leaves alone.

use serde_json::{Value, json};

use super::{
    DEAR, EXCLUDING, EXTRA_FORM, FIRST, Lab, PLAIN, SCARCE, SECOND, TARGET, add_product,
    disagreements, field_is, number, reversed, status_of,
};
use crate::support::TestApp;

fn adding(app: &TestApp, product: i64) -> Lab<'_> {
    Lab::new(app, |lab| {
        vec![reversed(field_is("a", "yes"), add_product(lab.id(product)))]
    })
}

fn set_status(lab: Lab, status: i64) -> Value {
    json!({ "type": "set_status", "status": lab.id(status) })
}

#[test]
fn age_is_told_on_a_day_that_time_does_not_move() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let on = json!({ "on": "age", "field": "born", "at_least": 10, "at_most": 10, "on_date": "2027-06-01" });
        vec![reversed(on, add_product(lab.id(TARGET)))]
    });
    let me = lab.parent();
    for (born, is_ten) in [
        ("2017-06-01", true),
        ("2017-06-02", false),
        ("2016-06-02", true),
        ("2016-06-01", false),
        ("2030-01-01", false),
    ] {
        lab.update(&me, json!({ "born": born }));
        assert_eq!(lab.cart(&me).contains(&TARGET), is_ten, "{born}");
    }
    lab.update(&me, json!({ "born": "2017-06-01" }));
    app.advance_seconds(3 * 365 * 86_400);
    lab.update(&me, json!({ "c": "three years later" }));
    assert_eq!(lab.cart(&me), [TARGET]);
}

#[test]
fn what_somebody_chose_itself_stays() {
    let app = TestApp::start();
    let lab = adding(&app, TARGET);
    let me = lab.parent();
    lab.add(&me, TARGET);
    lab.update(&me, json!({ "a": "yes" }));
    assert_eq!(lab.cart(&me), [TARGET]);
    lab.update(&me, json!({ "a": "no" }));
    assert_eq!(lab.cart(&me), [TARGET]);
    // A second one of somebody's own, beside the trigger's.
    let other = lab.parent();
    lab.update(&other, json!({ "a": "yes" }));
    lab.add(&other, TARGET);
    let answer = lab.update(&other, json!({ "a": "no" }));
    assert_eq!(lab.cart(&other), [TARGET]);
    assert_eq!(answer["meta_info"]["total_order"], "20.00");
    // And what was taken out of the cart is no longer the trigger's to take.
    let third = lab.parent();
    lab.update(&third, json!({ "a": "yes" }));
    lab.take_out(&third, TARGET);
    let answer = lab.update(&third, json!({ "a": "no" }));
    assert_eq!(lab.results(&answer, &third, 1), ["undone"]);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[track_caller]
fn is_left_out(lab: Lab, answer: &Value, note: &str) {
    assert_eq!(answer["trace"][0]["result"], "fired", "{answer}");
    assert_eq!(answer["trace"][0]["notes"], json!([note]));
    assert_eq!(disagreements(lab.app), [""; 0]);
}

#[test]
fn what_is_sold_out_is_noted() {
    let app = TestApp::start();
    let lab = adding(&app, SCARCE);
    let (first, second) = (lab.parent(), lab.parent());
    lab.update(&first, json!({ "a": "yes" }));
    let answer = lab.update(&second, json!({ "a": "yes" }));
    let note = format!("product {} is not added: it is sold out", lab.id(SCARCE));
    is_left_out(lab, &answer, &note);
    assert_eq!(lab.cart(&second), [0; 0]);
    // The seat is free again, and somebody new gets it: what was sold out is not made up.
    lab.update(&first, json!({ "a": "no" }));
    lab.update(&second, json!({ "c": "x" }));
    assert_eq!(lab.cart(&second), [0; 0]);
    lab.update(&lab.parent(), json!({ "a": "yes" }));
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn what_makes_the_cart_cost_too_much_is_noted() {
    let app = TestApp::start();
    let lab = adding(&app, SCARCE);
    let me = lab.parent();
    lab.add(&me, DEAR);
    let answer = lab.update(&me, json!({ "a": "yes" }));
    let note = format!(
        "product {} is not added: it makes the cart cost too much",
        lab.id(SCARCE)
    );
    is_left_out(lab, &answer, &note);
    assert_eq!(lab.cart(&me), [DEAR]);
}

#[test]
fn a_form_comes_is_completed_goes_and_comes_back_completed() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let extra = lab.id(EXTRA_FORM);
        let completed = json!({ "on": "form_completed", "form": extra });
        vec![
            reversed(
                field_is("a", "yes"),
                json!({ "type": "add_form", "form": extra }),
            ),
            reversed(completed, add_product(lab.id(TARGET))),
        ]
    });
    let me = lab.parent();
    let counts = |answer: &Value| {
        let meta = &answer["meta_info"];
        (
            number(&meta["total_forms"]),
            number(&meta["completed_forms"]),
        )
    };
    let refused = lab.post("update", json!({ "clogin_id": me, "doc": { "x": "1" } }));
    assert_eq!(refused.status, 422);
    assert_eq!(counts(&lab.update(&me, json!({ "a": "yes" }))), (3, 1));
    let answer = lab.update(&me, json!({ "x": "filled in" }));
    assert_eq!(counts(&answer), (3, 2));
    assert_eq!(lab.results(&answer, &me, 2), ["fired"]);
    assert_eq!(counts(&lab.update(&me, json!({ "a": "no" }))), (2, 1));
    assert_eq!(lab.cart(&me), [TARGET]);
    assert_eq!(counts(&lab.update(&me, json!({ "a": "yes" }))), (3, 2));
    assert_eq!(disagreements(&app), [""; 0]);
}

fn totals(app: &TestApp) -> Vec<String> {
    let sql = "SELECT (CASE WHEN excluded THEN 'out ' ELSE 'in ' END) || sum(users) || ' ' || sum(ordered) AS text \
        FROM group_totals WHERE group_id = 5000 GROUP BY excluded HAVING sum(users) <> 0 ORDER BY 1";
    app.direct().texts(sql)
}

#[test]
fn an_excluding_status_moves_totals_and_is_taken_back() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![reversed(field_is("a", "out"), set_status(lab, EXCLUDING))]
    });
    let me = lab.parent();
    lab.add(&me, PLAIN);
    lab.set_status(&me, FIRST);
    assert_eq!(totals(&app), ["in 1 1000"]);
    let answer = lab.update(&me, json!({ "a": "out" }));
    assert_eq!(status_of(&answer), lab.id(EXCLUDING));
    assert_eq!(totals(&app), ["out 1 1000"]);
    let answer = lab.update(&me, json!({ "a": "in" }));
    assert_eq!(status_of(&answer), lab.id(FIRST));
    assert_eq!(totals(&app), ["in 1 1000"]);
    // Somebody new comes with it at once.
    let answer = lab.done("create", json!({ "doc": { "a": "out" } }));
    assert_eq!(status_of(&answer), lab.id(EXCLUDING));
    assert_eq!(totals(&app), ["in 1 1000", "out 1 0"]);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn a_status_that_was_set_since_stays() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![reversed(field_is("a", "yes"), set_status(lab, SECOND))]
    });
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes" }));
    lab.set_status(&me, FIRST);
    let answer = lab.update(&me, json!({ "a": "no" }));
    assert_eq!(status_of(&answer), lab.id(FIRST));
    // One that was there before is not the trigger's to take away.
    lab.set_status(&me, SECOND);
    lab.update(&me, json!({ "a": "yes" }));
    let answer = lab.update(&me, json!({ "a": "no" }));
    assert_eq!(status_of(&answer), lab.id(SECOND));
}

#[test]
fn a_balance_is_closed_when_all_is_paid_and_something_was_ordered() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![reversed(
            json!({ "on": "balance_closed" }),
            set_status(lab, FIRST),
        )]
    });
    let me = lab.parent();
    lab.pay(&me, 20);
    let status = |answer: &Value| status_of(answer) == lab.id(FIRST);
    assert!(!status(&lab.update(&me, json!({ "a": "nothing ordered" }))));
    assert!(status(&lab.add(&me, PLAIN)));
    assert!(status(&lab.add(&me, PLAIN)));
    assert!(!status(&lab.add(&me, PLAIN)));
    assert!(!status(&lab.take_out(&me, PLAIN)));
}
