//! Triggers that are changed after they have fired: what they did is remembered as it was done.

use clogin::project::apply::{ApplyOptions, Unnamed};
use serde_json::{Value, json};

use super::{
    EXTRA_FORM, FIRST, HIDDEN, LISTED, Lab, PLAIN, SECOND, TARGET, add_product, apply_groups,
    disagreements, field_is, group, reversed, status_of, who,
};
use crate::support::TestApp;

/// The project anew, with these triggers.
fn set_up(app: &TestApp, triggers: impl Fn(Lab) -> Vec<Value>) -> Lab<'_> {
    let lab = Lab { app, number: 0 };
    apply_groups(app, vec![group(0, triggers(lab))]);
    lab
}

fn products(lab: Lab, kind: &str, product: i64) -> Value {
    json!({ "type": kind, "products": [lab.id(product)] })
}

fn form(lab: Lab) -> Value {
    json!({ "type": "add_form", "form": lab.id(EXTRA_FORM) })
}

fn status(lab: Lab, status: i64) -> Value {
    json!({ "type": "set_status", "status": lab.id(status) })
}

/// Registers a parent and a child, changes the trigger, and lets both be changed: nothing comes or goes.
#[test]
fn what_was_true_of_a_registration_is_not_undone_by_a_change() {
    let app = TestApp::start();
    let with = |product: i64| {
        set_up(&app, move |lab| {
            ["user_registered", "child_created"]
                .map(|on| reversed(json!({ "on": on }), add_product(lab.id(product))))
                .to_vec()
        })
    };
    let lab = set_up(&app, |_| Vec::new());
    let early = lab.parent();
    with(TARGET);
    let me = lab.parent();
    let kid = lab.child(&me);
    with(PLAIN);
    for (who, own, other) in [(&me, 1, 2), (&kid, 2, 1)] {
        let answer = lab.update(who, json!({ "c": "x" }));
        assert_eq!(lab.results(&answer, who, own), ["unchanged"]);
        assert_eq!(lab.results(&answer, who, other), ["unchanged"]);
        assert_eq!(lab.cart(who), [TARGET]);
    }
    // Somebody who was there before the trigger has not been registered in its time.
    lab.update(&early, json!({ "c": "x" }));
    assert_eq!(lab.cart(&early), [0; 0]);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn a_registration_is_one_condition_among_others() {
    let app = TestApp::start();
    let registered_and = |andor: &'static str| {
        set_up(&app, move |lab| {
            vec![
                json!({ "reverse_trigger": true, "andor": andor, "action": add_product(lab.id(TARGET)),
                "conditions": [{ "on": "user_registered" }, field_is("a", "yes"), field_is("a", "yes")] }),
            ]
        })
    };
    let lab = registered_and("and");
    let me = who(&lab.done("create", json!({ "doc": { "a": "yes" } })));
    assert_eq!(lab.cart(&me), [TARGET]);
    lab.update(&me, json!({ "a": "no" }));
    assert_eq!(lab.cart(&me), [0; 0]);
    // It is not registered a second time.
    lab.update(&me, json!({ "a": "yes" }));
    assert_eq!(lab.cart(&me), [0; 0]);
    let late = lab.parent();
    lab.update(&late, json!({ "a": "yes" }));
    assert_eq!(lab.cart(&late), [0; 0]);
    // It holds by the field only: somebody registered before it came.
    registered_and("or");
    lab.update(&late, json!({ "c": "x" }));
    assert_eq!(lab.cart(&late), [TARGET]);
    lab.update(&late, json!({ "a": "no" }));
    assert_eq!(lab.cart(&late), [0; 0]);
    // By the registration: whatever comes then.
    let me = lab.parent();
    for a in ["yes", "no"] {
        lab.update(&me, json!({ "a": a }));
        assert_eq!(lab.cart(&me), [TARGET]);
    }
}

/// What somebody has that triggers can give.
fn belongings(lab: Lab, who: &str) -> (Vec<i64>, Vec<i64>, Vec<i64>, i64) {
    let answer = lab.done("get_info", json!({ "clogin_id": who }));
    let status = match status_of(&answer) {
        0 => 0,
        id => id - lab.id(0),
    };
    (lab.cart(who), lab.forms(who), lab.selectable(who), status)
}

#[test]
fn what_was_done_is_undone_whatever_the_trigger_would_do_now() {
    let app = TestApp::start();
    let actions = |lab: Lab| {
        [
            add_product(lab.id(TARGET)),
            form(lab),
            status(lab, FIRST),
            products(lab, "show_prod_in_list", HIDDEN),
            products(lab, "remove_prod_from_list", LISTED),
        ]
    };
    let with = |action: usize| {
        set_up(&app, move |lab| {
            vec![reversed(field_is("a", "yes"), actions(lab)[action].clone())]
        })
    };
    for before in 0..5 {
        let lab = with(before);
        let me = lab.parent();
        let nothing = belongings(lab, &me);
        lab.update(&me, json!({ "a": "yes" }));
        let something = belongings(lab, &me);
        assert_ne!(something, nothing, "{before}");
        let after = (before + 1) % 5;
        with(after);
        // It holds as it did: nothing new comes of that.
        let answer = lab.update(&me, json!({ "c": "x" }));
        assert_eq!(lab.results(&answer, &me, 1), ["unchanged"]);
        // Of somebody for whom it has not fired, as the project has it now.
        let new = lab.parent();
        let without = belongings(lab, &new);
        lab.update(&me, json!({ "a": "no" }));
        assert_eq!(belongings(lab, &me), without, "{before}");
        lab.update(&new, json!({ "a": "yes" }));
        lab.update(&me, json!({ "a": "yes" }));
        assert_eq!(belongings(lab, &me), belongings(lab, &new), "{before}");
    }
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn another_item_of_the_same_kind_leaves_the_first_ones_alone() {
    let app = TestApp::start();
    let with = |product: i64, one: i64| {
        set_up(&app, move |lab| {
            let on = || field_is("a", "yes");
            vec![
                reversed(on(), add_product(lab.id(product))),
                reversed(on(), status(lab, one)),
            ]
        })
    };
    let lab = with(TARGET, FIRST);
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes" }));
    with(PLAIN, SECOND);
    lab.add(&me, PLAIN);
    let answer = lab.update(&me, json!({ "a": "no" }));
    assert_eq!(status_of(&answer), 0);
    assert_eq!(lab.cart(&me), [PLAIN]);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn what_a_trigger_did_to_the_list_ends_with_it() {
    let app = TestApp::start();
    let lab = set_up(&app, |lab| {
        let remove = products(lab, "remove_prod_from_list", LISTED);
        vec![reversed(field_is("a", "yes"), remove)]
    });
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes" }));
    assert!(!lab.selectable(&me).contains(&LISTED));
    // Of the whole organization: what the file does not name is removed.
    let mut file: Value =
        serde_json::from_str(include_str!("../../../fixtures/demo.json")).unwrap();
    file["groups"]
        .as_array_mut()
        .unwrap()
        .push(group(0, Vec::new()));
    let options = ApplyOptions {
        unnamed: Unnamed::Removed,
        ..ApplyOptions::default()
    };
    super::apply_file(&app, &file, options);
    assert!(lab.selectable(&me).contains(&LISTED));
}
