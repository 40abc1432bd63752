//! The platform-users API.

mod credentials;
mod events;
mod lists;
mod oauth;
mod purge;
mod told;
mod urls;
mod users;

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::client::{Answer, SERVER};
use crate::support::database::is_postgres;

const PREFIXES: [&str; 2] = ["/core/v1", "/v1"];

fn bearer(token: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {token}"))
}

/// Sends a request as the demo organization's server.
fn send(app: &TestApp, method: &str, path: &str, body: &str) -> Answer {
    let (name, value) = bearer(SERVER[2].1);
    app.client
        .send(method, path, &[(name, &value)], body.as_bytes())
}

fn get(app: &TestApp, path: &str) -> Answer {
    send(app, "GET", path, "")
}

#[track_caller]
fn ok(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    answer.json()
}

/// Makes a person.
#[track_caller]
fn created(app: &TestApp, body: Value) -> Value {
    let answer = send(app, "POST", "/core/v1/users", &body.to_string());
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

/// The whole body of a failure.
#[track_caller]
fn fails(answer: &Answer, status: u16, code: &str, message: &str, details: Value) {
    let expected = json!({ "code": code, "message": message, "details": details });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.status, status);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
}

/// 400 for one parameter of the query.
#[track_caller]
fn bad_parameter(answer: &Answer, param: &str, value: &str, msg: &str) {
    let detail = json!({ "value": value, "msg": msg, "param": param, "location": "query" });
    fails(
        answer,
        400,
        "BadRequest",
        "Validation Error",
        json!([detail]),
    );
}

/// Checks that nothing that `f` asks SQLite for goes through a whole table or index, or has to be sorted.
#[track_caller]
fn asks_by_index(app: &TestApp, f: impl FnOnce()) {
    let statements = app.statements_of(f);
    assert!(!statements.is_empty());
    if is_postgres() {
        return;
    }
    let mut direct = app.direct();
    for statement in statements {
        for step in direct.plan(&statement) {
            // What a subquery has found is no table.
            let table = !step.contains("VALUES CLAUSE") && step != "SCAN found";
            let scans = step.starts_with("SCAN") && table;
            // All of an organization, but for the list of everybody.
            let scans =
                scans || step.ends_with("(organization_id=?)") && !step.contains("users_created");
            let slow = scans || step.contains("TEMP B-TREE");
            assert!(!slow, "{step}: {statement}");
        }
    }
}
