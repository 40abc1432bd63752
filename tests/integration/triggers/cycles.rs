//! Triggers that set each other off: they end, and the trace says where.

use serde_json::json;

use super::{
    FIRST, LISTED, Lab, PLAIN, SECOND, TARGET, add_product, apply_groups, disagreements, field_is,
    group, reversed, status_of, trigger,
};
use crate::support::TestApp;

#[test]
fn one_that_ends_its_own_condition() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let on = json!({ "on": "status", "status": lab.id(FIRST) });
        vec![reversed(
            on,
            json!({ "type": "set_status", "status": lab.id(SECOND) }),
        )]
    });
    let me = lab.parent();
    let answer = lab.set_status(&me, FIRST);
    assert_eq!(lab.results(&answer, &me, 1), ["fired", "undone", "loop"]);
    assert_eq!(status_of(&answer), lab.id(FIRST));
    // What looped is over: the next call begins anew.
    let answer = lab.set_status(&me, 0);
    assert_eq!(lab.results(&answer, &me, 1), ["undone"]);
    let answer = lab.set_status(&me, FIRST);
    assert_eq!(lab.results(&answer, &me, 1), ["fired", "undone", "loop"]);
    assert_eq!(disagreements(&app), [""; 0]);
}

/// The first adds what the second's condition wants; the second takes away what the first wants.
#[test]
fn two_that_end_each_other() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let status = |item: i64| json!({ "on": "status", "status": lab.id(item) });
        let set = |item: i64| json!({ "type": "set_status", "status": lab.id(item) });
        vec![
            reversed(status(FIRST), add_product(lab.id(TARGET))),
            reversed(
                json!({ "on": "product_added", "product": lab.id(TARGET) }),
                set(SECOND),
            ),
        ]
    });
    let me = lab.parent();
    let answer = lab.set_status(&me, FIRST);
    assert_eq!(lab.results(&answer, &me, 1), ["fired", "undone", "loop"]);
    assert_eq!(lab.results(&answer, &me, 2), ["fired", "undone"]);
    assert_eq!(status_of(&answer), lab.id(FIRST));
    assert_eq!(lab.cart(&me), [0; 0]);
    let answer = lab.set_status(&me, 0);
    assert_eq!(lab.results(&answer, &me, 1), ["undone"]);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn what_can_be_seen_of_it_is_said_when_the_file_is_applied() {
    let app = TestApp::start();
    let lab = Lab {
        app: &app,
        number: 0,
    };
    let status = |item: i64| json!({ "on": "status", "status": lab.id(item) });
    let set = |item: i64| json!({ "type": "set_status", "status": lab.id(item) });
    let ring = vec![
        trigger(status(FIRST), set(SECOND)),
        trigger(status(SECOND), set(FIRST)),
    ];
    let remark = format!(
        "! triggers [{}, {}] (project 5000) can set each other off without end: each acts once a call",
        lab.id(1),
        lab.id(2)
    );
    let remarks = |triggers| {
        let applied = apply_groups(&app, vec![group(0, triggers)]);
        let lines = applied.plan.into_iter();
        lines
            .filter(|line| line.starts_with('!'))
            .collect::<Vec<_>>()
    };
    // Each time, as nothing else says so.
    for _ in 0..2 {
        assert_eq!(remarks(ring.clone()), [remark.as_str()]);
    }
    let line = vec![
        trigger(status(FIRST), set(SECOND)),
        trigger(field_is("a", "x"), set(FIRST)),
    ];
    assert_eq!(remarks(line), [""; 0]);
}

/// Statuses that follow each other around, without any reverse.
#[test]
fn a_ring_of_statuses() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let to = |from: i64, to: i64| {
            trigger(
                json!({ "on": "status", "status": lab.id(from) }),
                json!({ "type": "set_status", "status": lab.id(to) }),
            )
        };
        vec![to(FIRST, SECOND), to(SECOND, FIRST)]
    });
    let me = lab.parent();
    for _ in 0..3 {
        let answer = lab.set_status(&me, 0);
        assert_eq!(status_of(&answer), 0);
        let answer = lab.set_status(&me, FIRST);
        let fired = |trigger| {
            let results = lab.results(&answer, &me, trigger);
            results.iter().filter(|result| *result == "fired").count()
        };
        assert_eq!((fired(1), fired(2)), (1, 1), "{answer}");
        assert!(lab.results(&answer, &me, 1).contains(&"loop".to_owned()));
        assert_eq!(status_of(&answer), lab.id(FIRST));
    }
    assert_eq!(disagreements(&app), [""; 0]);
}

/// Each adds what the next one waits for, in the order that takes the most looks.
#[test]
fn a_chain_settles_in_one_call_and_is_undone_in_one() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let after = |from: i64, to: i64| {
            let on = json!({ "on": "product_added", "product": lab.id(from) });
            reversed(on, add_product(lab.id(to)))
        };
        vec![
            after(TARGET, LISTED),
            after(PLAIN, TARGET),
            reversed(field_is("a", "yes"), add_product(lab.id(PLAIN))),
        ]
    });
    let me = lab.parent();
    let answer = lab.update(&me, json!({ "a": "yes" }));
    for trigger in 1..=3 {
        assert_eq!(lab.results(&answer, &me, trigger), ["fired"], "{trigger}");
    }
    assert_eq!(lab.cart(&me), [PLAIN, TARGET, LISTED]);
    assert_eq!(answer["meta_info"]["total_order"], "80.00");
    let answer = lab.update(&me, json!({ "a": "no" }));
    assert_eq!(answer["meta_info"]["total_order"], "0.00");
    assert_eq!(lab.cart(&me), [0; 0]);
    assert_eq!(disagreements(&app), [""; 0]);
}
