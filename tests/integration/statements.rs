//! How many SQL statements an action may need: an index that is not used costs milliseconds, a loop of queries costs all.

use serde_json::{Value, json};

use crate::support::{TestApp, create, get_info};

/// One connection: the row of totals that it adds to is there after the first call.
fn app() -> TestApp {
    let app = TestApp::start_with(|config| config.pool_size = 1);
    assert_eq!(app.post(create(1001, json!({}))).status, 200);
    assert_eq!(app.post(create(1002, json!({}))).status, 200);
    app
}

fn statements(app: &TestApp, headers: &[(&str, &str)], status: u16, body: &Value) -> Vec<String> {
    app.statements_of(|| {
        let answer = app.client.users_with(headers, body.clone());
        assert_eq!(answer.status, status, "{}", answer.text);
    })
}

#[track_caller]
fn expect(statements: &[String], beginnings: &[&str]) {
    let matching = statements.len() == beginnings.len()
        && statements
            .iter()
            .zip(beginnings)
            .map(|(sql, beginning)| (sql.replace(['`', '"'], ""), beginning))
            .all(|(sql, beginning)| sql.replace(" OR IGNORE", "").starts_with(beginning));
    assert!(matching, "expected {beginnings:?}, not {statements:#?}");
}

/// In every change: its START and its SUCCESS, in one.
const EVENT: &str = "INSERT INTO events";

const CREATE: [&str; 4] = [
    "INSERT INTO users",
    "INSERT INTO registrations",
    "INSERT INTO group_totals",
    EVENT,
];

/// The demo welcomes those of whom it knows an address.
const CREATE_WITH_MAIL: [&str; 5] = [
    "INSERT INTO users",
    "INSERT INTO emails",
    "INSERT INTO registrations",
    "INSERT INTO group_totals",
    EVENT,
];

#[test]
fn get_info_is_one_query_whatever_it_answers() {
    let app = app();
    for doc in [
        json!({}),
        json!({ "home_town": 1 }),
        json!({ "_allfields": 1, "_userforms": 1 }),
    ] {
        let found = statements(&app, &[], 200, &get_info(1001, "9001", doc));
        expect(&found, &["SELECT registrations.id"]);
    }
    let found = statements(
        &app,
        &[],
        404,
        &get_info(1001, "9001", json!({ "unknown": 1 })),
    );
    expect(&found, &["SELECT registrations.id"]);
    let found = statements(&app, &[], 404, &get_info(1001, "9101", json!({})));
    expect(&found, &["SELECT registrations.id"]);
}

#[test]
fn create_is_four_statements_and_one_an_email() {
    let app = app();
    expect(
        &statements(&app, &[], 200, &create(1001, json!({}))),
        &CREATE,
    );
    let doc = json!({
        "username": "nina@riverside.example", "password": "rumba at midnight", "main_email": "nina@riverside.example",
        "home_town": "Tryon", "second_email": "n@riverside.example", "telephone": "+1 828 555 0100", "_utm": { "id": 1 },
    });
    expect(
        &statements(&app, &[], 200, &create(1001, doc)),
        &CREATE_WITH_MAIL,
    );
}

#[test]
fn create_of_an_existing_login_is_five_statements() {
    let app = app();
    let mut body = create(1002, json!({ "last_name": "Freeman", "meal": "None" }));
    body["clogin_id"] = json!(9001);
    let found = statements(&app, &[], 200, &body);
    expect(
        &found,
        &[
            "UPDATE users",
            "UPDATE registrations",
            "INSERT INTO registrations",
            "INSERT INTO group_totals",
            EVENT,
        ],
    );
}

#[test]
fn an_idempotency_key_costs_a_look_and_three_statements() {
    let app = app();
    let key = [("Idempotency-Key", "one")];
    let body = create(1001, json!({ "password": "rumba at midnight" }));
    let look = "SELECT idempotency_records.request_sha256";
    let mut expected = vec![
        look,
        "DELETE FROM idempotency_records",
        "INSERT INTO idempotency_records",
    ];
    expected.extend(CREATE);
    expected.push("UPDATE idempotency_records");
    expect(&statements(&app, &key, 200, &body), &expected);
    expect(&statements(&app, &key, 200, &body), &[look]);
}

#[test]
fn what_is_refused_by_its_form_asks_nothing() {
    let app = app();
    let wrong = create(1001, json!({ "main_email": "nina@" }));
    expect(&statements(&app, &[], 422, &wrong), &[]);
    expect(&statements(&app, &[], 403, &create(2001, json!({}))), &[]);
    let stranger = [("Timestamp", "1")];
    expect(
        &statements(&app, &stranger, 401, &create(1001, json!({}))),
        &[],
    );
}

#[test]
fn a_username_that_is_taken_costs_one_statement_more() {
    let app = app();
    let taken = create(1001, json!({ "username": "ella@riverside.example" }));
    expect(&statements(&app, &[], 409, &taken), &CREATE[..1]);
    let next = create(1001, json!({ "main_email": "ella@riverside.example" }));
    let expected: Vec<_> = CREATE[..1]
        .iter()
        .chain(&CREATE_WITH_MAIL)
        .copied()
        .collect();
    expect(&statements(&app, &[], 200, &next), &expected);
}
