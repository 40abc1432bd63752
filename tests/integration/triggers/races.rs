//! Many clients at one family.

use std::sync::Barrier;

use serde_json::{Value, json};

use super::{
    EXCLUDING, FIRST, Lab, PLAIN, SCARCE, TARGET, TO_OFFICE, add_product, disagreements, field_is,
    reversed, send_email, trigger,
};
use crate::support::TestApp;

const CLIENTS: usize = 16;

/// Each client makes its calls, all at the same time.
fn at_once(lab: Lab, calls: impl Fn(usize) -> Vec<(&'static str, Value)> + Sync) {
    let barrier = Barrier::new(CLIENTS);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (barrier, calls) = (&barrier, &calls);
            scope.spawn(move || {
                barrier.wait();
                for (action, more) in calls(client) {
                    lab.done(action, more);
                }
            });
        }
    });
}

fn everything(lab: Lab) -> Vec<Value> {
    let out = json!({ "type": "set_status", "status": lab.id(EXCLUDING) });
    let children = |least: u32| json!({ "on": "children", "at_least": least });
    vec![
        reversed(field_is("a", "yes"), add_product(lab.id(SCARCE))),
        reversed(field_is("a", "yes"), add_product(lab.id(PLAIN))),
        reversed(field_is("b", "out"), out),
        reversed(children(1), add_product(lab.id(TARGET))),
        reversed(children(6), add_product(lab.id(PLAIN))),
        trigger(children(3), send_email(lab.id(TO_OFFICE))),
    ]
}

#[test]
fn a_family_that_everybody_changes_at_once() {
    let app = TestApp::start();
    let lab = Lab::new(&app, everything);
    let me = lab.parent();
    let kids: Vec<_> = (0..3).map(|_| lab.child(&me)).collect();
    at_once(lab, |client| {
        let who = if client % 4 == 0 {
            &me
        } else {
            &kids[client % 3]
        };
        let update = |doc: Value| ("update", json!({ "clogin_id": who, "doc": doc }));
        let status = |id: i64| ("set_status", json!({ "clogin_id": who, "status_id": id }));
        let turn = if client % 2 == 0 { "yes" } else { "no" };
        vec![
            update(json!({ "a": turn })),
            (
                "create_child",
                json!({ "connected_to": me, "doc": { "a": turn } }),
            ),
            update(json!({ "b": "out" })),
            status(lab.id(FIRST)),
            update(json!({ "a": "yes", "b": turn })),
            update(json!({ "a": "no" })),
        ]
    });
    assert_eq!(disagreements(&app), [""; 0]);
    assert_eq!(app.direct().rows("emails"), 1);
    assert!(lab.cart(&me).contains(&TARGET));
}

#[test]
fn children_that_come_and_go_at_once() {
    let app = TestApp::start();
    let lab = Lab::new(&app, everything);
    let me = lab.parent();
    let kids: Vec<_> = (0..CLIENTS).map(|_| lab.child(&me)).collect();
    assert_eq!(lab.cart(&me), [TARGET, PLAIN]);
    at_once(lab, |client| {
        let kid = &kids[client];
        let back = json!({ "clogin_id": kid, "connected_to": me, "doc": { "a": "yes" } });
        vec![
            ("delete", json!({ "clogin_id": kid })),
            ("create_child", back),
            ("delete", json!({ "clogin_id": kid })),
        ]
    });
    assert_eq!(lab.cart(&me), [0; 0]);
    assert_eq!(disagreements(&app), [""; 0]);
}
