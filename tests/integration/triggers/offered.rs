//! What triggers may put into a cart, and what stays in it when they are undone.

use serde_json::{Value, json};

use super::{apply_groups, disagreements, field_is};
use crate::support::TestApp;

const PROJECT: i64 = 5900;

/// A project whose trigger adds the product 9001 to whoever says yes; `product` says more of it.
fn set_up(app: &TestApp, product: Value) {
    let mut added = json!({ "id": 9001, "name": "Added", "price": "20.00", "category": 9001 });
    added
        .as_object_mut()
        .unwrap()
        .extend(product.as_object().unwrap().clone());
    let category = json!({ "id": 9001, "name": "One", "interchange": true, "quota_ordered": 1 });
    let other = json!({ "id": 9002, "name": "Other", "price": "10.00", "category": 9001 });
    let trigger = json!({ "id": 9001, "name": "T", "conditions": [field_is("a", "yes")],
        "action": { "type": "add_product", "products": [9001] } });
    let form = json!({ "id": 9001, "name": "F", "fields": [{ "id": "f_9001", "name": "a" }] });
    apply_groups(
        app,
        vec![
            json!({ "id": PROJECT, "name": "Offered", "settings": { "dns_check": false }, "forms": [form],
            "categories": [category], "products": [added, other], "triggers": [trigger] }),
        ],
    );
}

fn post(app: &TestApp, action: &str, more: Value) -> Value {
    let mut body = json!({ "action": action, "group_id": PROJECT, "trace": true });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let answer = app.post(body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn person(app: &TestApp) -> Value {
    post(app, "create", json!({ "doc": {} }))["user_info"]["clogin_id"].clone()
}

/// The notes of the trigger, and the order after it.
fn say(app: &TestApp, me: &Value, value: &str) -> (Vec<String>, String) {
    let answer = post(
        app,
        "update",
        json!({ "clogin_id": me, "doc": { "a": value } }),
    );
    let notes = serde_json::from_value(answer["trace"][0]["notes"].clone()).unwrap();
    let order = answer["meta_info"]["total_order"]
        .as_str()
        .unwrap()
        .to_owned();
    (notes, order)
}

fn noted(note: &str, order: &str) -> (Vec<String>, String) {
    (vec![note.to_owned()], order.to_owned())
}

#[test]
fn what_is_sold_out_is_waited_for() {
    let app = TestApp::start();
    set_up(&app, json!({ "quota": 1, "waitlist": true }));
    let (first, me) = (person(&app), person(&app));
    assert_eq!(
        say(&app, &first, "yes"),
        noted("product 9001 is added", "20.00")
    );
    assert_eq!(
        say(&app, &me, "yes"),
        noted("product 9001 waits for a seat", "0.00")
    );
    assert_eq!(disagreements(&app), [""; 0]);
    assert_eq!(
        say(&app, &first, "no"),
        noted("product 9001 is taken out", "0.00")
    );
    let list = json!({ "clogin_id": me, "product_list": { "p_id": 9001 } });
    let seated = post(&app, "add_product", list);
    assert_eq!(seated["meta_info"]["total_order"], json!("20.00"));
    // It is still the trigger's own line.
    assert_eq!(
        say(&app, &me, "no"),
        noted("product 9001 is taken out", "0.00")
    );
    assert_eq!(disagreements(&app), [""; 0]);
}

/// Though nobody can select the product, who waits for it can ask for the seat.
#[test]
fn what_is_not_shown_gets_its_seat_too() {
    let app = TestApp::start();
    set_up(
        &app,
        json!({ "quota": 1, "waitlist": true, "visible": false }),
    );
    let (first, me) = (person(&app), person(&app));
    say(&app, &first, "yes");
    say(&app, &me, "yes");
    say(&app, &first, "no");
    let list = json!({ "clogin_id": me, "product_list": { "p_id": 9001 } });
    let seated = post(&app, "add_product", list);
    assert_eq!(seated["meta_info"]["total_order"], json!("20.00"));
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn nothing_is_replaced_by_a_trigger() {
    let app = TestApp::start();
    set_up(&app, json!({}));
    let me = person(&app);
    post(
        &app,
        "add_product",
        json!({ "clogin_id": me, "product_list": { "p_id": 9002 } }),
    );
    let note = "product 9001 is not added: it would replace another one of its category";
    assert_eq!(say(&app, &me, "yes"), noted(note, "10.00"));
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn a_locked_line_stays_when_its_trigger_is_undone() {
    let app = TestApp::start();
    set_up(&app, json!({ "lock_once_added": true }));
    let me = person(&app);
    assert_eq!(
        say(&app, &me, "yes"),
        noted("product 9001 is added", "20.00")
    );
    let (notes, order) = say(&app, &me, "no");
    assert!(
        notes[0].ends_with("stays: it is locked since it was added"),
        "{notes:?}"
    );
    assert_eq!((notes.len(), order.as_str()), (1, "20.00"));
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn what_cannot_be_had_now_is_not_added() {
    let app = TestApp::start();
    set_up(&app, json!({ "end_date": "2027-01-04" }));
    let me = person(&app);
    let note = "product 9001 is not added: it is not available any more";
    assert_eq!(say(&app, &me, "yes"), noted(note, "0.00"));
}

#[test]
fn a_discount_comes_and_goes_with_its_trigger() {
    let app = TestApp::start();
    set_up(
        &app,
        json!({ "base_product_type": 2, "category": null, "price": "0.00", "percent": "25" }),
    );
    let me = person(&app);
    let list = json!({ "p_id": 9002, "q": 1 });
    post(
        &app,
        "add_product",
        json!({ "clogin_id": me, "product_list": list }),
    );
    assert_eq!(
        say(&app, &me, "yes"),
        noted("product 9001 is added", "7.50")
    );
    assert_eq!(disagreements(&app), [""; 0]);
    assert_eq!(
        say(&app, &me, "no"),
        noted("product 9001 is taken out", "10.00")
    );
    assert_eq!(disagreements(&app), [""; 0]);
}
