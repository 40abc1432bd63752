//! `move_child` beyond its fixtures: families that everybody changes at once.

use serde_json::{Value, json};

use super::people::{
    CAMP, add_product, at_once, call, check, child, create_child, done, move_child, parent, pay,
    statuses, update,
};
use crate::support::{TestApp, get_info};

/// The parent that somebody has now.
fn parent_of(app: &TestApp, child: &str) -> String {
    let info = done(app, get_info(CAMP, child, json!({})));
    info["user_info"]["connected_to"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn everything_of_a_child_goes_with_it() {
    let app = TestApp::start();
    let (from, to) = (parent(&app, json!({})), parent(&app, json!({})));
    let kid = child(&app, &from);
    done(&app, add_product(&kid, json!({ "p_id": 13 })));
    done(&app, pay(&kid, "5.00"));
    let before = done(
        &app,
        get_info(CAMP, &kid, json!({ "_usercart": 1, "_userpayments": 1 })),
    );
    let moved = done(&app, move_child(&kid, &to));
    assert_eq!(moved["meta_info"], before["meta_info"]);
    let after = done(
        &app,
        get_info(CAMP, &kid, json!({ "_usercart": 1, "_userpayments": 1 })),
    );
    assert_eq!(after["doc"], before["doc"]);
    let children = |parent: &str| {
        let family = done(&app, get_info(CAMP, parent, json!({ "_family": 1 })));
        family["doc"]["_family"]["children"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((children(&from), children(&to)), (0, 1));
    // Whoever has no child any more can go.
    assert_eq!(
        app.post(call("delete", &to, json!({}))).code(),
        "has_children"
    );
    done(&app, call("delete", &from, json!({})));
    check(&app);
}

#[test]
fn children_that_go_to_and_fro_end_with_one_parent() {
    let app = TestApp::start();
    let parents: Vec<_> = (0..3).map(|_| parent(&app, json!({}))).collect();
    let kids: Vec<_> = parents.iter().map(|parent| child(&app, parent)).collect();
    for _ in 0..4 {
        let calls: Vec<Value> = (0..18)
            .map(|number| move_child(&kids[number % 3], &parents[(number / 3) % 3]))
            .collect();
        assert_eq!(statuses(&at_once(&app, &calls)), [(200, 18)]);
        check(&app);
    }
    for kid in &kids {
        assert!(parents.contains(&parent_of(&app, kid)));
    }
}

#[test]
fn a_child_does_not_come_to_a_parent_that_leaves() {
    let app = TestApp::start();
    for _ in 0..15 {
        let (from, to) = (parent(&app, json!({})), parent(&app, json!({})));
        let kids: Vec<_> = (0..4).map(|_| child(&app, &from)).collect();
        let mut calls: Vec<_> = kids.iter().map(|kid| move_child(kid, &to)).collect();
        calls.insert(1, call("delete", &to, json!({})));
        calls.push(call("delete", &to, json!({})));
        for answer in at_once(&app, &calls) {
            let expected = ["", "user_not_found", "has_children"];
            let code = answer.code();
            assert!(expected.contains(&code.as_str()), "{}", answer.text);
        }
        check(&app);
    }
}

#[test]
fn families_that_fall_apart_at_once_stay_whole() {
    let app = TestApp::start();
    for _ in 0..10 {
        let (from, to) = (parent(&app, json!({})), parent(&app, json!({})));
        let kid = child(&app, &from);
        let calls = [
            move_child(&kid, &to),
            call("delete", &to, json!({})),
            call("delete", &kid, json!({})),
            call("delete", &from, json!({})),
            create_child(&to, json!({})),
            update(&kid, json!({ "first_name": "Nat" })),
        ];
        for answer in at_once(&app, &calls) {
            let expected = ["", "user_not_found", "has_children"];
            let code = answer.code();
            assert!(expected.contains(&code.as_str()), "{}", answer.text);
        }
        check(&app);
    }
}
