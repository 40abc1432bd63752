//! The events of this surface: of every change, and of nothing else.

use serde_json::{Value, json};

use super::{BEARER, PEOPLE, created, get, send, url};
use crate::support::TestApp;

/// (Type, metadata, data) of all events, the earliest first.
fn events(app: &TestApp) -> Vec<(String, Value, Value)> {
    app.block_on(clogin::events::flush(&app.app)).unwrap();
    let body = get(app, "/v1/events?limit=1000").json();
    let items = body["data"].as_array().unwrap().iter().rev();
    items
        .map(|event| {
            let kind = event["type"].as_str().unwrap().to_owned();
            (kind, event["metadata"].clone(), event["data"].clone())
        })
        .collect()
}

fn kinds(app: &TestApp) -> Vec<String> {
    events(app).into_iter().map(|(kind, ..)| kind).collect()
}

#[test]
fn every_change_is_told_of() {
    let app = TestApp::start();
    let mut expected = Vec::new();
    let mut told = |operation: &str, data: Value| {
        // What is made in one millisecond is in no order.
        app.advance_seconds(1);
        expected.push((format!("USER_{operation}_START"), json!({}), data));
        expected.push((format!("USER_{operation}_SUCCESS"), json!({}), json!({})));
        assert_eq!(events(&app), expected, "{operation}");
    };
    let given = json!({ "email": "nina@riverside.example", "custom_properties": { "a": 1 } });
    let mut data = json!({ "fields": ["email", "custom_properties"] });
    data["email"] = given["email"].clone();
    data["custom_properties"] = given["custom_properties"].clone();
    let id = created(&app.client, given);
    told("CREATE", data);
    send(
        &app.client,
        "PATCH",
        &url(&id),
        json!({ "locale": "de", "x": 1 }),
    );
    told("UPDATE", json!({ "fields": ["locale"], "locale": "de" }));
    send(&app.client, "DELETE", &url(&id), json!({}));
    told("DELETE", json!({}));
    send(
        &app.client,
        "POST",
        &format!("{}restore/", url(&id)),
        json!({}),
    );
    told("UPDATE", json!({}));
}

#[test]
fn reads_are_not_told_of_and_what_fails_has_no_success() {
    let app = TestApp::start();
    let unknown = url("0190f3c2-7a34-7cc1-9d0e-5a7f0f8f3b11");
    get(&app, PEOPLE);
    get(&app, &unknown);
    app.client.send("OPTIONS", PEOPLE, &[BEARER], b"");
    app.client.send("POST", PEOPLE, &[], b"{}");
    assert_eq!(kinds(&app), [""; 0]);
    let failed = send(&app.client, "POST", PEOPLE, json!({ "email": "nina@" }));
    assert_eq!(failed.status, 400);
    send(&app.client, "PATCH", &unknown, json!({}));
    let found = events(&app);
    let expected = [
        "USER_CREATE_START",
        "USER_CREATE_FAIL",
        "USER_UPDATE_START",
        "USER_UPDATE_FAIL",
    ];
    let mut kinds: Vec<_> = found.iter().map(|(kind, ..)| kind.as_str()).collect();
    kinds.sort_unstable();
    let mut sorted = expected;
    sorted.sort_unstable();
    assert_eq!(kinds, sorted);
    let fail = found
        .iter()
        .find(|(kind, ..)| kind == "USER_UPDATE_FAIL")
        .unwrap();
    let error = json!({ "error": { "message": "Not found.", "type": "user_not_found" } });
    assert_eq!(fail.1, error);
    assert!(found.iter().all(|(.., data)| *data == json!({})));
}
