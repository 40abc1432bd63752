//! Which products somebody may select, by triggers.

use serde_json::{Value, json};

use super::{HIDDEN, LISTED, Lab, disagreements, field_is, reversed};
use crate::support::TestApp;

fn show(lab: Lab) -> Value {
    json!({ "type": "show_prod_in_list", "products": [lab.id(HIDDEN)] })
}

fn remove(lab: Lab) -> Value {
    json!({ "type": "remove_prod_from_list", "products": [lab.id(LISTED)] })
}

/// Whether the hidden product can be selected, and the other one.
fn can_select(lab: Lab, clogin: &str) -> (bool, bool) {
    let all = lab.selectable(clogin);
    (all.contains(&HIDDEN), all.contains(&LISTED))
}

fn try_to_add(lab: Lab, clogin: &str, product: i64) -> u16 {
    let list = json!({ "p_id": lab.id(product) });
    let more = json!({ "clogin_id": clogin, "product_list": list });
    lab.post("add_product", more).status
}

#[test]
fn what_can_be_selected_can_be_added() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![
            reversed(field_is("a", "yes"), show(lab)),
            reversed(field_is("b", "yes"), remove(lab)),
        ]
    });
    let me = lab.parent();
    assert_eq!(try_to_add(lab, &me, HIDDEN), 409);
    lab.update(&me, json!({ "a": "yes", "b": "yes" }));
    assert_eq!(can_select(lab, &me), (true, false));
    assert_eq!(try_to_add(lab, &me, HIDDEN), 200);
    assert_eq!(try_to_add(lab, &me, LISTED), 409);
    // What is in the cart stays there when it cannot be selected any more.
    lab.update(&me, json!({ "a": null, "b": null }));
    assert_eq!(can_select(lab, &me), (false, true));
    assert_eq!(lab.cart(&me), [HIDDEN]);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn without_reverse_the_list_stays_as_it_became() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let forward = |action: Value, field: &str| json!({ "reverse_trigger": false, "conditions": [field_is(field, "yes")], "action": action });
        vec![forward(show(lab), "a"), forward(remove(lab), "b")]
    });
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes", "b": "yes" }));
    assert_eq!(can_select(lab, &me), (true, false));
    lab.update(&me, json!({ "a": "no", "b": "no" }));
    assert_eq!(can_select(lab, &me), (true, false));
}

#[test]
fn one_of_several_that_show_is_enough() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![
            reversed(field_is("a", "yes"), show(lab)),
            reversed(field_is("b", "yes"), show(lab)),
        ]
    });
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes", "b": "yes" }));
    lab.update(&me, json!({ "a": "no" }));
    assert!(can_select(lab, &me).0);
    lab.update(&me, json!({ "b": "no" }));
    assert!(!can_select(lab, &me).0);
}

#[test]
fn what_is_added_without_showing_cannot_be_selected() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let add = json!({ "type": "add_product_no_show", "products": [lab.id(LISTED)] });
        vec![reversed(field_is("a", "yes"), add)]
    });
    let me = lab.parent();
    assert!(!can_select(lab, &me).1);
    assert_eq!(try_to_add(lab, &me, LISTED), 409);
    lab.update(&me, json!({ "a": "yes" }));
    assert!(!can_select(lab, &me).1);
    assert_eq!(lab.cart(&me), [LISTED]);
}

/// Both rules of what can be selected, for products of every kind: what a trigger adds without showing it never can be,
/// and what one shows can be while it does.
#[test]
fn the_rules_hold_for_every_kind() {
    let app = TestApp::start();
    let holder = json!({ "id": 9000, "name": "Holder", "base_product_type": 3 });
    let hidden_holder =
        json!({ "id": 9001, "name": "Hidden", "base_product_type": 3, "visible": false });
    let mut products = vec![holder, hidden_holder];
    let mut triggers = Vec::new();
    let kinds = [
        json!({ "base_product_type": 1 }),
        json!({ "base_product_type": 2, "percent": 10 }),
        json!({ "base_product_type": 4, "holder": 9000, "activity_start_date": "2027-03-27", "activity_end_date": "2027-03-28" }),
        json!({ "base_product_type": 6 }),
        json!({ "base_product_type": 7 }),
    ];
    for (number, kind) in (0_i64..).zip(&kinds) {
        let [added, shown] = [9010 + number, 9020 + number];
        for (id, visible) in [(added, true), (shown, false)] {
            let mut product = kind.clone();
            product["id"] = json!(id);
            product["name"] = json!(format!("Product {id}"));
            product["visible"] = json!(visible);
            products.push(product);
        }
        for (id, action, product) in [
            (9100 + number, "add_product_no_show", added),
            (9200 + number, "show_prod_in_list", shown),
        ] {
            triggers.push(
                json!({ "id": id, "name": "T", "conditions": [field_is("a", "yes")],
                "action": { "type": action, "products": [product] } }),
            );
        }
    }
    // A session goes with its holder.
    products.push(
        json!({ "id": 9030, "name": "Session", "base_product_type": 4, "holder": 9001,
        "activity_start_date": "2027-03-27", "activity_end_date": "2027-03-28" }),
    );
    triggers.push(
        json!({ "id": 9300, "name": "T", "conditions": [field_is("a", "yes")],
        "action": { "type": "show_prod_in_list", "products": [9001] } }),
    );
    let form = json!({ "id": 9000, "name": "F", "fields": [{ "id": "f_9000", "name": "a" }] });
    super::apply_groups(
        &app,
        vec![
            json!({ "id": 5900, "name": "Kinds", "settings": { "dns_check": false }, "forms": [form],
            "products": products, "triggers": triggers }),
        ],
    );
    let post = |action: &str, more: Value| {
        let mut body = json!({ "action": action, "group_id": 5900 });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        app.post(body)
    };
    let answer = post("create", json!({ "doc": {} })).json();
    let me = answer["user_info"]["clogin_id"].clone();
    let selectable = || {
        let doc = json!({ "clogin_id": me, "doc": { "_userproducts": true } });
        let listed = post("get_info", doc).json()["doc"]["_userproducts"].clone();
        let ids = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|product| product["p_id"].as_i64().unwrap());
        ids.collect::<Vec<_>>()
    };
    let try_to_add = |id: i64| {
        let more = json!({ "clogin_id": me, "product_list": { "p_id": id } });
        post("add_product", more).status
    };
    let set = |value: &str| {
        let answer = post("update", json!({ "clogin_id": me, "doc": { "a": value } }));
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    let cart = || {
        let doc = json!({ "clogin_id": me, "doc": { "_usercart": true } });
        post("get_info", doc).json()["doc"]["_usercart"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(selectable(), [9000]);
    for id in (9010..9015).chain(9020..9025).chain([9030]) {
        assert_eq!(try_to_add(id), 409, "{id}");
    }
    set("yes");
    assert_eq!(
        selectable(),
        [9000, 9001, 9020, 9021, 9022, 9023, 9024, 9030]
    );
    assert_eq!(cart(), 5);
    for id in 9010..9015 {
        assert_eq!(try_to_add(id), 409, "{id}");
    }
    for id in (9020..9025).chain([9030]) {
        assert_eq!(try_to_add(id), 200, "{id}");
    }
    set("no");
    assert_eq!(selectable(), [9000]);
    // What the user has added itself stays.
    assert_eq!(cart(), 6);
    assert_eq!(disagreements(&app), [""; 0]);
}
