//! A project with families that is to have none.

use std::sync::Arc;

use clogin::error::ErrorCode;
use serde_json::{Value, json};

use super::meanwhile::start;
use super::{Setup, apply_beside, apply_to, block_on, demo, disagreements};
use crate::rest_users::{remove, restore, uuid};
use crate::support::TestApp;

fn individual() -> Value {
    let mut file = demo();
    file["groups"][0]["structure"] = json!("individual");
    // Those who are there stay as they are; the file would make them anew.
    file["users"] = json!([]);
    file
}

#[test]
fn families_end_when_there_are_no_children() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    let problems = setup.apply(&individual()).unwrap_err();
    let sentence = "x.json: groups[0].structure must stay \"family\": project 1001 has children";
    assert_eq!(problems, [sentence]);
    assert_eq!(setup.check(), [""; 0]);
    let setup = Setup::new();
    let mut childless = demo();
    childless["users"].as_array_mut().unwrap().remove(1);
    setup.apply(&childless).unwrap();
    setup.apply(&individual()).unwrap();
    // And they may begin again.
    setup.apply(&demo()).unwrap();
    assert_eq!(setup.check(), [""; 0]);
}

#[test]
fn a_deleted_child_does_not_come_back_where_there_are_no_families() {
    let app = TestApp::start();
    let child = uuid(&app, "9002");
    remove(&app, &child).unwrap();
    apply_beside(&app, &individual());
    let refused = restore(&app, &child).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NotAChildOf);
    assert_eq!(block_on(disagreements(&app.app)), [""; 0]);
}

#[test]
fn children_that_have_gone_are_in_nobodys_way() {
    let app = TestApp::start();
    let delete = json!({ "action": "delete", "group_id": 1001, "clogin_id": 9002 });
    assert_eq!(app.post(delete).status, 200);
    apply_beside(&app, &individual());
    assert_eq!(block_on(disagreements(&app.app)), [""; 0]);
    let child = json!({ "action": "create_child", "group_id": 1001, "connected_to": 9001 });
    crate::support::until(|| app.post(child.clone()).code() == "not_a_family_project");
}

/// A child comes while the project is about to have no families: its parent was looked for before, and it is made after.
#[test]
fn a_child_that_comes_meanwhile_is_refused() {
    let (app, waiting) = start(|sql| sql.starts_with("SELECT") && sql.contains("registrations"));
    let delete = json!({ "action": "delete", "group_id": 1001, "clogin_id": 9002 });
    assert_eq!(app.post(delete).status, 200);
    let beside = Arc::clone(&app.app);
    *waiting.lock().unwrap() = Some(Box::new(move || apply_to(&beside, &individual())));
    let child = json!({ "action": "create_child", "group_id": 1001, "connected_to": 9001 });
    let answer = app.post(child);
    assert!(waiting.lock().unwrap().is_none());
    assert_eq!(answer.code(), "not_a_family_project", "{}", answer.text);
    assert_eq!(block_on(disagreements(&app.app)), [""; 0]);
}

/// The same with a child that is restored: the project was looked for just before, and something else was new in it.
#[test]
fn a_child_that_is_restored_meanwhile_is_refused() {
    let (app, waiting) = start(|sql| sql.starts_with("SELECT") && sql.contains("admins"));
    let child = uuid(&app, "9002");
    remove(&app, &child).unwrap();
    let mut renamed = demo();
    renamed["groups"][0]["name"] = json!("Winter camp");
    apply_beside(&app, &renamed);
    let beside = Arc::clone(&app.app);
    *waiting.lock().unwrap() = Some(Box::new(move || apply_to(&beside, &individual())));
    let refused = restore(&app, &child).unwrap_err();
    assert!(waiting.lock().unwrap().is_none());
    assert_eq!(refused.code(), ErrorCode::NotAChildOf);
    assert_eq!(block_on(disagreements(&app.app)), [""; 0]);
}
