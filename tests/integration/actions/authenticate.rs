//! `authenticate` beyond its fixtures: what a stranger can tell apart.

use serde_json::{Value, json};

use super::people::{authenticate, parent};
use crate::support::TestApp;

const PASSWORD: &str = "rumba at midnight";

fn without_request_id(text: &str) -> Value {
    let mut body: Value = serde_json::from_str(text).unwrap();
    body["request_id"].take();
    body
}

#[test]
fn unknown_users_and_wrong_passwords_cannot_be_told_apart() {
    let app = TestApp::start();
    let known = json!({ "username": "known@riverside.example", "password": PASSWORD });
    parent(&app, known);
    parent(&app, json!({ "username": "none@riverside.example" }));
    let refused = |username: &str, password: &str| {
        let mut answers = Vec::new();
        let statements = app.statements_of(|| {
            answers.push(app.post(authenticate(username, password)));
        });
        let answer = answers.remove(0);
        let names: Vec<String> = answer.headers.into_iter().map(|(name, _)| name).collect();
        let text = without_request_id(&answer.text);
        (answer.status, names, text, statements.len())
    };
    let wrong = refused("known@riverside.example", "rumba at noon");
    assert_eq!(refused("unknown@riverside.example", PASSWORD), wrong);
    assert_eq!(refused("none@riverside.example", PASSWORD), wrong);
    assert_eq!(refused("none@riverside.example", ""), wrong);
    assert_eq!((wrong.0, wrong.3), (401, 1));
}

#[test]
fn nothing_is_stored_of_the_password_or_for_an_idempotency_key() {
    let app = TestApp::start();
    let doc = json!({ "username": "me@riverside.example", "password": PASSWORD });
    parent(&app, doc);
    for _ in 0..2 {
        let key = [("Idempotency-Key", "enter")];
        let enter = authenticate("me@riverside.example", PASSWORD);
        let answer = app.client.users_with(&key, enter);
        assert_eq!(
            (answer.status, answer.header("idempotent-replayed")),
            (200, None)
        );
    }
    assert_eq!(app.direct().rows("idempotency_records"), 0);
    assert_eq!(app.direct().rows("login_tokens"), 2);
    assert!(!app.direct().dump().contains(PASSWORD));
}
