//! `verify_token` beyond its fixtures.

use serde_json::json;

use super::people::{at_once, done, parent, set_status, statuses, token, verify_token};
use crate::support::TestApp;

#[test]
fn of_twenty_at_once_one_gets_it() {
    let app = TestApp::start();
    let token = token(&app, &parent(&app, json!({})));
    let answers = at_once(&app, &vec![verify_token(&token); 20]);
    assert_eq!(statuses(&answers), [(200, 1), (401, 19)]);
}

#[test]
fn a_call_that_is_refused_spends_nothing() {
    let app = TestApp::start();
    let token = token(&app, &parent(&app, json!({})));
    let mut elsewhere = verify_token(&token);
    elsewhere["group_id"] = json!(1002);
    let mut connected = verify_token(&token);
    connected["connected_to"] = json!(9001);
    assert_eq!(app.post(elsewhere).code(), "token_invalid");
    assert_eq!(app.post(connected).code(), "not_a_child_of");
    assert_eq!(app.post(verify_token(&token)).status, 200);
}

#[test]
fn with_an_idempotency_key_the_answer_comes_again() {
    let app = TestApp::start();
    let token = token(&app, &parent(&app, json!({})));
    let verify = || {
        let key = [("Idempotency-Key", "verify")];
        app.client.users_with(&key, verify_token(&token))
    };
    let (first, second) = (verify(), verify());
    assert_eq!((first.status, second.text), (200, first.text));
    assert_eq!(app.post(verify_token(&token)).code(), "token_invalid");
}

#[test]
fn who_is_shut_out_is_not_let_in_until_the_status_changes() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let token = token(&app, &me);
    done(&app, set_status(&me, 22));
    assert_eq!(app.post(verify_token(&token)).code(), "user_excluded");
    done(&app, set_status(&me, 0));
    assert_eq!(app.post(verify_token(&token)).status, 200);
    assert_eq!(app.post(verify_token(&token)).code(), "token_invalid");
}
