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
