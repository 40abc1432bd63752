//! The events of this surface.

use serde_json::{Value, json};

use super::{created, get, ok, send};
use crate::support::TestApp;

/// (Type, metadata, data) of the last two events, the earlier one first.
fn last(app: &TestApp) -> [(String, Value, Value); 2] {
    app.block_on(clogin::events::flush(&app.app)).unwrap();
    let body = ok(&get(app, "/v1/events?limit=2"));
    assert_eq!(body["data"][0]["requestId"], body["data"][1]["requestId"]);
    [1, 0].map(|index| {
        let event = &body["data"][index];
        let kind = event["type"].as_str().unwrap().to_owned();
        (kind, event["metadata"].clone(), event["data"].clone())
    })
}

#[track_caller]
fn told(app: &TestApp, operation: &str, start: [Value; 2], success: [Value; 2]) {
    let [start_metadata, start_data] = start;
    let [success_metadata, success_data] = success;
    let expected = [
        (
            format!("USER_{operation}_START"),
            start_metadata,
            start_data,
        ),
        (
            format!("USER_{operation}_SUCCESS"),
            success_metadata,
            success_data,
        ),
    ];
    assert_eq!(last(app), expected);
    app.advance_seconds(1);
}

#[test]
fn each_call_is_told_of() {
    let app = TestApp::start();
    let empty = || [json!({}), json!({})];
    let body = json!({ "claims": { "city": "Auckland" } });
    let mut said = body.clone();
    said["fields"] = json!(["claims"]);
    let id = created(&app, body.clone())["id"]
        .as_str()
        .unwrap()
        .to_owned();
    told(&app, "CREATE", [json!({}), said.clone()], empty());
    let path = format!("/v1/users/{id}");
    ok(&send(&app, "PUT", &path, &body.to_string()));
    told(&app, "UPDATE", [json!({}), said], empty());
    ok(&get(&app, &path));
    told(
        &app,
        "RETRIEVE",
        [json!({}), json!({ "userId": id })],
        empty(),
    );
    let list = ok(&get(&app, "/v1/users?limit=2"));
    let metadata = json!({ "entriesCount": 2, "nextCursor": list["nextCursor"] });
    told(
        &app,
        "RETRIEVE_LIST",
        [json!({ "limit": 2 }), json!({})],
        [metadata, json!({})],
    );
    let found = ok(&send(&app, "POST", "/v1/users/search", &body.to_string()));
    let metadata = json!({ "entriesCount": 1, "nextCursor": found["nextCursor"] });
    let start = json!({ "limit": 100, "paths": ["/claims/city"] });
    told(
        &app,
        "SEARCH",
        [start, json!({ "search": body })],
        [metadata, json!({})],
    );
    ok(&get(&app, &format!("{path}/credentials")));
    told(
        &app,
        "CREDENTIAL_RETRIEVE_LIST",
        [json!({ "limit": 100 }), json!({ "userId": id })],
        [json!({ "entriesCount": 0 }), json!({})],
    );
    assert_eq!(
        send(&app, "POST", &format!("{path}/credentials"), "{}").status,
        201
    );
    told(&app, "UPDATE", empty(), empty());
    assert_eq!(send(&app, "DELETE", &path, "").status, 204);
    told(&app, "DELETE", empty(), empty());
}

#[test]
fn a_failure_says_what_went_wrong_and_nothing_of_what_was_sent() {
    let app = TestApp::start();
    let nobody = "/v1/users/0190f3c2-7a34-7cc1-9d0e-5a7f0f8f3b11";
    let claims = json!({ "claims": { "city": "Auckland" } }).to_string();
    let not_found = json!({ "message": "Not found.", "type": "user_not_found" });
    let invalid = json!({ "message": "The request is not valid.", "type": "validation_failed" });
    for (method, path, body, operation, error) in [
        ("GET", nobody, "", "RETRIEVE", &not_found),
        ("PUT", nobody, &claims, "UPDATE", &not_found),
        ("DELETE", nobody, "", "DELETE", &not_found),
        ("POST", "/v1/users", r#"{"claims":7}"#, "CREATE", &invalid),
        ("GET", "/v1/users?limit=0", "", "RETRIEVE_LIST", &invalid),
        (
            "POST",
            "/v1/users/search",
            r#"{"limit":0}"#,
            "SEARCH",
            &invalid,
        ),
        (
            "GET",
            "/v1/users/x/credentials",
            "",
            "CREDENTIAL_RETRIEVE_LIST",
            &invalid,
        ),
    ] {
        assert!(send(&app, method, path, body).status >= 400);
        let expected = [
            (format!("USER_{operation}_START"), json!({}), json!({})),
            (
                format!("USER_{operation}_FAIL"),
                json!({ "error": error }),
                json!({}),
            ),
        ];
        assert_eq!(last(&app), expected, "{method} {path}");
        app.advance_seconds(1);
    }
}

#[test]
fn reads_neither_wait_for_their_events_nor_fail_with_them() {
    let app = TestApp::start();
    app.direct()
        .execute("ALTER TABLE events RENAME TO elsewhere");
    ok(&get(&app, "/v1/users"));
    assert!(app.block_on(clogin::events::flush(&app.app)).is_err());
    ok(&get(&app, "/v1/users"));
    assert_eq!(app.app.events.len(), 4);
}

#[test]
fn what_is_told_of_a_read_writes_nothing_but_the_events() {
    let app = TestApp::start();
    let mut ids = vec![];
    for _ in 0..3 {
        let user = created(&app, json!({ "claims": {} }));
        ids.push(user["id"].as_str().unwrap().to_owned());
    }
    for id in ids.iter().chain(&ids) {
        ok(&get(&app, &format!("/v1/users/{id}")));
    }
    let statements = app.statements_of(|| {
        app.block_on(clogin::events::flush(&app.app)).unwrap();
    });
    let kinds: Vec<_> = statements
        .iter()
        .map(|sql| sql.split(' ').next().unwrap())
        .collect();
    // Who is there is looked for once, however many events there are, and those of a call are written together.
    assert_eq!(kinds, [&["SELECT"][..], &["INSERT"; 6]].concat());
}
