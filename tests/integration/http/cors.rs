//! What browsers are told.

use clogin::ids::OrganizationId;
use clogin::project::admins;
use serde_json::json;

use crate::support::client::{Answer, SERVER, USERS};
use crate::support::{TestApp, create, get_info, until};

const CAMP: &str = "https://camp.riverside.example";
const KEY: &str = "Bearer pub-riverside-camp-7d1f0c64";

fn post(app: &TestApp, headers: &[(&str, &str)]) -> Answer {
    let body = create(1001, json!({})).to_string();
    app.client.send("POST", USERS, headers, body.as_bytes())
}

fn preflight(app: &TestApp, origin: &str) -> Answer {
    let headers = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
    ];
    app.client.send("OPTIONS", USERS, &headers, b"")
}

#[test]
fn every_answer_can_be_read_by_a_known_origin() {
    let app = TestApp::start();
    let origin = ("Origin", CAMP);
    let key = ("Authorization", KEY);
    let read = get_info(1001, "9001", json!({})).to_string();
    let answers = [
        (200, post(&app, &[origin, key])),
        (401, post(&app, &[origin])),
        (
            415,
            post(&app, &[origin, key, ("Content-Type", "text/plain")]),
        ),
        (
            403,
            app.client
                .send("POST", USERS, &[origin, key], read.as_bytes()),
        ),
        (404, app.client.send("POST", "/nowhere", &[origin], b"")),
        (405, app.client.send("GET", USERS, &[origin], b"")),
        (204, preflight(&app, CAMP)),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some(CAMP),
            "{status}"
        );
        let exposed = "Idempotent-Replayed, Retry-After, X-Request-Id";
        assert_eq!(
            answer.header("access-control-expose-headers"),
            Some(exposed),
            "{status}"
        );
        assert_eq!(answer.header("vary"), Some("Origin"), "{status}");
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            None,
            "{status}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{status}");
    }
}

#[test]
fn an_unknown_origin_is_told_nothing() {
    let app = TestApp::start();
    for origin in [
        "https://evil.example",
        "null",
        "http://camp.riverside.example",
        "https://camp.riverside.example:8443",
        "https://camp.riverside.example/",
        "https://CAMP.riverside.example",
        "https://camp.riverside.example.evil.example",
        "",
    ] {
        let answer = post(&app, &[("Origin", origin), ("Authorization", KEY)]);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "origin_forbidden"),
            "{origin}"
        );
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
        let answer = preflight(&app, origin);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "origin_forbidden"),
            "{origin}"
        );
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
        assert_eq!(
            answer.header("access-control-allow-methods"),
            None,
            "{origin}"
        );
    }
}

#[test]
fn a_secret_key_needs_no_origin_and_looks_at_none() {
    let app = TestApp::start();
    for origin in [CAMP, "https://evil.example"] {
        let headers: Vec<_> = SERVER.into_iter().chain([("Origin", origin)]).collect();
        assert_eq!(post(&app, &headers).status, 200);
    }
}

#[test]
fn an_origin_belongs_to_the_key_that_names_it() {
    let app = TestApp::start();
    let pool = "https://pool.hillside.example";
    assert_eq!(preflight(&app, pool).status, 403);
    let admin = json!({
        "id": 0, "email": "web@hillside.example", "kind": "publishable", "groups": [2001], "origins": [pool],
    });
    let admin = serde_json::from_value(admin).unwrap();
    let (_, token) = app
        .block_on(admins::create(&app.app, OrganizationId(2), admin))
        .unwrap();
    let bearer = format!("Bearer {token}");
    let body = create(2001, json!({})).to_string();
    let call = |origin: &str| {
        let headers = [("Authorization", bearer.as_str()), ("Origin", origin)];
        app.client.send("POST", USERS, &headers, body.as_bytes())
    };
    assert_eq!(call(pool).status, 200);
    // Known, but to another key: the browser can read why it is refused.
    let answer = call(CAMP);
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (403, "origin_forbidden")
    );
    assert_eq!(answer.header("access-control-allow-origin"), Some(CAMP));
    until(|| preflight(&app, pool).status == 204);
}
