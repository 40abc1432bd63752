//! `login` beyond its fixtures: who comes first, what is stored, and for how long.

use serde_json::{Value, json};

use super::people::{at_once, call, check, done, parent, statuses, token, verify_token};
use crate::support::{TestApp, until};

#[test]
fn simultaneous_first_logins_are_all_let_in_and_register_once() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let login = json!({ "action": "login", "group_id": 1002, "clogin_id": me });
    let answers = at_once(&app, &vec![login; 20]);
    assert_eq!(statuses(&answers), [(200, 20)]);
    let registered = json!(["user_registered"]);
    let first = answers
        .iter()
        .filter(|answer| answer.json()["system_action"] == registered);
    assert_eq!(first.count(), 1);
    check(&app);
}

#[test]
fn a_token_is_good_for_the_minutes_of_its_project() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let (first, second) = (token(&app, &me), token(&app, &me));
    app.advance_seconds(15 * 60 - 1);
    assert_eq!(app.post(verify_token(&first)).status, 200);
    app.advance_seconds(1);
    assert_eq!(app.post(verify_token(&second)).code(), "token_invalid");
}

#[test]
fn the_token_itself_is_not_stored() {
    let app = TestApp::start();
    let token = token(&app, "9001");
    assert!(!app.direct().dump().contains(&token));
}

#[test]
fn with_the_same_idempotency_key_it_runs_again() {
    let app = TestApp::start();
    let login = call("login", "9001", json!({}));
    let again = || {
        let answer = app
            .client
            .users_with(&[("Idempotency-Key", "in")], login.clone());
        assert_eq!(answer.header("idempotent-replayed"), None);
        answer.json()["user_token"].clone()
    };
    let (first, second) = (again(), again());
    assert_ne!(first, second);
    for token in [first, second].map(|token| token.as_str().unwrap().to_owned()) {
        assert_eq!(app.post(verify_token(&token)).status, 200);
    }
    assert_eq!(app.direct().rows("idempotency_records"), 0);
}

/// Runs a call that begins when somebody's row is as it was, and writes after `change` was committed.
fn while_changing(app: &TestApp, change: &str, read: &str, body: Value) -> (u16, String) {
    let mut direct = app.direct();
    direct.execute("BEGIN");
    direct.execute(change);
    app.statements.lock().unwrap().clear();
    let answer = std::thread::scope(|scope| {
        let answer = scope.spawn(|| app.post(body));
        let has_read = |sql: &String| sql.replace(['`', '"'], "").starts_with(read);
        until(|| app.statements.lock().unwrap().iter().any(has_read));
        direct.execute("COMMIT");
        answer.join().unwrap()
    });
    (answer.status, answer.code())
}

#[test]
fn who_leaves_at_the_same_time_is_not_let_in() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let leave = format!(
        "UPDATE registrations SET deleted_at = '2027-01-05 09:00:00' WHERE clogin_id = {me}"
    );
    let answer = while_changing(
        &app,
        &leave,
        "SELECT registrations.id",
        call("login", &me, json!({})),
    );
    assert_eq!(answer, (404, "user_not_found".to_owned()));
    assert_eq!(app.direct().rows("login_tokens"), 0);
}

#[test]
fn who_is_shut_out_at_the_same_time_is_not_let_in() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let shut_out =
        format!("UPDATE registrations SET status_id = 22, excluded = TRUE WHERE clogin_id = {me}");
    let login = call("login", &me, json!({}));
    let answer = while_changing(&app, &shut_out, "SELECT registrations.id", login);
    assert_eq!(answer, (403, "user_excluded".to_owned()));
}

#[test]
fn an_old_password_does_not_let_in_beside_its_change() {
    let app = TestApp::start();
    let doc = json!({ "username": "me@riverside.example", "password": "rumba at midnight" });
    let me = parent(&app, doc);
    let change = format!("UPDATE users SET password_hash = 'another' WHERE id = {me}");
    let enter = super::people::authenticate("me@riverside.example", "rumba at midnight");
    let answer = while_changing(&app, &change, "SELECT users.id", enter);
    assert_eq!(answer, (401, "invalid_credentials".to_owned()));
    assert_eq!(app.direct().rows("login_tokens"), 0);
}

#[test]
fn a_new_password_voids_the_tokens_of_all_projects() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    token(&app, &me);
    let there = json!({ "action": "login", "group_id": 1002, "clogin_id": me });
    done(&app, there);
    let other = token(&app, "9001");
    let doc = json!({ "doc": { "password": "rumba at midnight" } });
    done(&app, call("update", &me, doc));
    assert_eq!(app.direct().rows("login_tokens"), 1);
    assert_eq!(app.post(verify_token(&other)).status, 200);
}
