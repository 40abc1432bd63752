//! A status that begins to exclude, or stops, while it is given to people.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::{apply_beside, block_on, demo, disagreements};
use crate::support::TestApp;

fn with_excluded(is_excluded: bool) -> Value {
    let mut file = demo();
    file["groups"][0]["statuses"][0]["is_excluded"] = json!(is_excluded);
    file
}

fn set_status(app: &TestApp, clogin_id: i64, status_id: i64) {
    let answer = app.post(json!({ "action": "set_status", "group_id": 1001,
        "clogin_id": clogin_id, "status_id": status_id }));
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[test]
fn a_status_counts_as_it_is_when_it_is_given() {
    let app = TestApp::start();
    for is_excluded in [true, false, true] {
        set_status(&app, 9002, 0);
        apply_beside(&app, &with_excluded(is_excluded));
        // The server may not have looked since.
        set_status(&app, 9002, 21);
        assert_eq!(block_on(disagreements(&app.app)), [""; 0]);
    }
}

#[test]
fn a_status_that_changes_while_it_is_given_reaches_everybody() {
    let app = TestApp::start();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for clogin_id in [9001, 9002] {
            let (app, is_done) = (&app, &is_done);
            scope.spawn(move || {
                while !is_done.load(Ordering::SeqCst) {
                    set_status(app, clogin_id, 0);
                    set_status(app, clogin_id, 21);
                }
            });
        }
        for round in 0..12 {
            apply_beside(&app, &with_excluded(round % 2 == 0));
        }
        is_done.store(true, Ordering::SeqCst);
    });
    assert_eq!(block_on(disagreements(&app.app)), [""; 0]);
}
