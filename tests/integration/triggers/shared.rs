//! Triggers that do the same: it is there while one of them holds, in whatever order they came.

use serde_json::{Value, json};

use super::{
    EXCLUDING, EXTRA_FORM, FIRST, Lab, SECOND, TARGET, add_product, disagreements, field_is,
    reversed, status_of,
};
use crate::support::TestApp;

/// Two triggers, of the fields `a` and `b`.
fn both(app: &TestApp, action: impl Fn(Lab) -> Value) -> Lab<'_> {
    Lab::new(app, |lab| {
        ["a", "b"]
            .map(|field| reversed(field_is(field, "yes"), action(lab)))
            .to_vec()
    })
}

/// Both come true and both end, in every order; `has`: whether it is there.
fn while_one_holds(lab: Lab, has: impl Fn(&str) -> bool) {
    for [first, second] in [["a", "b"], ["b", "a"]] {
        for [gone, last] in [["a", "b"], ["b", "a"]] {
            let me = lab.parent();
            for field in [first, second] {
                lab.update(&me, json!({ field: "yes" }));
                assert!(has(&me), "{field} of {first} {second}");
            }
            lab.update(&me, json!({ gone: "no" }));
            assert!(has(&me), "{gone} is gone of {first} {second}");
            lab.update(&me, json!({ last: "no" }));
            assert!(!has(&me), "{first} {second} {gone} {last}");
        }
    }
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes", "b": "yes" }));
    assert!(has(&me));
    lab.update(&me, json!({ "a": "no", "b": "no" }));
    assert!(!has(&me));
    assert_eq!(disagreements(lab.app), [""; 0]);
}

#[test]
fn a_product_stays_while_one_of_its_triggers_holds() {
    let app = TestApp::start();
    let lab = both(&app, |lab| add_product(lab.id(TARGET)));
    while_one_holds(lab, |who| lab.cart(who) == [TARGET]);
}

#[test]
fn a_form_stays_while_one_of_its_triggers_holds() {
    let app = TestApp::start();
    let lab = both(
        &app,
        |lab| json!({ "type": "add_form", "form": lab.id(EXTRA_FORM) }),
    );
    while_one_holds(lab, |who| lab.forms(who).contains(&EXTRA_FORM));
}

fn set_status(lab: Lab, status: i64) -> Value {
    json!({ "type": "set_status", "status": lab.id(status) })
}

fn status(lab: Lab, who: &str) -> i64 {
    status_of(&lab.done("get_info", json!({ "clogin_id": who })))
}

#[test]
fn a_status_stays_while_one_of_its_triggers_holds() {
    let app = TestApp::start();
    let lab = both(&app, |lab| set_status(lab, EXCLUDING));
    while_one_holds(lab, |who| status(lab, who) == lab.id(EXCLUDING));
}

#[test]
fn a_line_of_somebodys_own_is_shared_with_no_trigger() {
    let app = TestApp::start();
    let lab = both(&app, |lab| add_product(lab.id(TARGET)));
    let me = lab.parent();
    lab.add(&me, TARGET);
    lab.update(&me, json!({ "a": "yes", "b": "yes" }));
    lab.update(&me, json!({ "a": "no", "b": "no" }));
    assert_eq!(lab.cart(&me), [TARGET]);
}

#[test]
fn the_trace_says_what_stays_for_another() {
    let app = TestApp::start();
    let lab = both(&app, |lab| add_product(lab.id(TARGET)));
    let me = lab.parent();
    lab.update(&me, json!({ "a": "yes", "b": "yes" }));
    let answer = lab.update(&me, json!({ "a": "no" }));
    let note = format!("product {} stays for another trigger", lab.id(TARGET));
    assert_eq!(answer["trace"][0]["notes"], json!([note]));
}

/// A status that was put over another one does not bring it back when that one's trigger has ended meanwhile.
#[test]
fn a_status_over_another_gives_way_to_what_was_before_both() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![
            reversed(field_is("a", "yes"), set_status(lab, FIRST)),
            reversed(field_is("b", "yes"), set_status(lab, SECOND)),
        ]
    });
    for (own, expected) in [(0, 0), (EXCLUDING, lab.id(EXCLUDING))] {
        let me = lab.parent();
        lab.set_status(&me, own);
        lab.update(&me, json!({ "a": "yes" }));
        lab.update(&me, json!({ "b": "yes" }));
        lab.update(&me, json!({ "a": "no" }));
        assert_eq!(status(lab, &me), lab.id(SECOND));
        lab.update(&me, json!({ "b": "no" }));
        assert_eq!(status(lab, &me), expected);
        // In the other order each brings back what it found.
        lab.update(&me, json!({ "a": "yes" }));
        lab.update(&me, json!({ "b": "yes" }));
        lab.update(&me, json!({ "b": "no" }));
        assert_eq!(status(lab, &me), lab.id(FIRST));
        lab.update(&me, json!({ "a": "no" }));
        assert_eq!(status(lab, &me), expected);
    }
    assert_eq!(disagreements(&app), [""; 0]);
}
