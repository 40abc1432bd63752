//! The events of this surface.

use serde_json::{Value, json};

use super::{created, get, ok, send};
use crate::support::TestApp;
use crate::support::database::is_postgres;

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
    let nothing = json!({});
    for (method, path, body, operation, start, error) in [
        ("GET", nobody, "", "RETRIEVE", &nothing, &not_found),
        ("PUT", nobody, &claims, "UPDATE", &nothing, &not_found),
        ("DELETE", nobody, "", "DELETE", &nothing, &not_found),
        (
            "POST",
            "/v1/users",
            r#"{"claims":7}"#,
            "CREATE",
            &nothing,
            &invalid,
        ),
        (
            "GET",
            "/v1/users?limit=0",
            "",
            "RETRIEVE_LIST",
            &nothing,
            &invalid,
        ),
        (
            "POST",
            "/v1/users/search",
            r#"{"limit":0}"#,
            "SEARCH",
            &json!({ "paths": [] }),
            &invalid,
        ),
        (
            "GET",
            "/v1/users/x/credentials",
            "",
            "CREDENTIAL_RETRIEVE_LIST",
            &json!({ "limit": 100 }),
            &invalid,
        ),
    ] {
        assert!(send(&app, method, path, body).status >= 400);
        let expected = [
            (format!("USER_{operation}_START"), start.clone(), json!({})),
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
fn without_a_buffer_only_what_changes_is_told_of() {
    let app = TestApp::start_with(|config| config.event_buffer = 0);
    let user = created(&app, json!({ "claims": {} }));
    ok(&get(
        &app,
        &format!("/v1/users/{}", user["id"].as_str().unwrap()),
    ));
    assert_eq!(
        get(&app, "/v1/users/01a2e513-a680-7000-8000-00000000ffff").status,
        404
    );
    let [start, success] = last(&app);
    assert_eq!(
        [start.0, success.0],
        ["USER_CREATE_START", "USER_CREATE_SUCCESS"]
    );
    assert_eq!(app.direct().rows("events"), 2);
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
    // Who is there is looked for once, however many events there are. Those of a call are written together, on PostgreSQL
    // all of them.
    let inserts = if is_postgres() { 1 } else { 6 };
    assert_eq!(kinds, [&["SELECT"][..], &vec!["INSERT"; inserts]].concat());
}

#[test]
fn the_start_of_a_call_that_fails_says_what_was_asked_for() {
    let app = TestApp::start();
    let cursor = "Y3JlYXRlZEF0PTIwMjAtMDgtMjVUMDY6NDY6MDkuNTEwWiZpZD1h";
    let claims = json!({ "city": "Auckland" });
    let search = |body: Value| ("POST", "/v1/users/search".to_owned(), body.to_string());
    let list = |query: String| ("GET", format!("/v1/users?{query}"), String::new());
    let of_person = |query: String| {
        (
            "GET",
            format!("/v1/users/x/credentials?{query}"),
            String::new(),
        )
    };
    for ((method, path, body), operation, start) in [
        (
            list(format!("limit=0&cursor={cursor}")),
            "RETRIEVE_LIST",
            json!({ "cursor": cursor }),
        ),
        (
            list("limit=7&cursor=nina@example.com".to_owned()),
            "RETRIEVE_LIST",
            json!({ "limit": 7 }),
        ),
        (
            search(json!({ "claims": claims, "limit": 0, "cursor": cursor })),
            "SEARCH",
            json!({ "cursor": cursor, "paths": ["/claims/city"] }),
        ),
        (
            search(json!({ "claims": claims, "other": 1, "cursor": "nina@example.com" })),
            "SEARCH",
            json!({ "limit": 100, "paths": ["/claims/city"] }),
        ),
        (
            search(json!({ "claims": "nina@example.com", "limit": 2 })),
            "SEARCH",
            json!({ "limit": 2, "paths": [] }),
        ),
        (
            of_person(format!("limit=3&cursor={cursor}")),
            "CREDENTIAL_RETRIEVE_LIST",
            json!({ "limit": 3, "cursor": cursor }),
        ),
    ] {
        assert_eq!(send(&app, method, &path, &body).status, 400, "{path}");
        let [(kind, metadata, data), (failed, ..)] = last(&app);
        assert_eq!(kind, format!("USER_{operation}_START"));
        assert_eq!(failed, format!("USER_{operation}_FAIL"));
        assert_eq!((metadata, data), (start, json!({})), "{path} {body}");
        app.advance_seconds(1);
    }
}
