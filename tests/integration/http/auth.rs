//! Who calls: one answer for all who are not known, and what another process has set up.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::client::{Answer, SERVER, USERS};
use crate::support::process;
use crate::support::{NOW, TestApp, create, failure, until};

const OTHER_TOKEN: &str = "c0a80101-3f5b-4a86-8f0c-4be1d3b7a602";

fn send(app: &TestApp, headers: &[(&str, &str)]) -> Answer {
    let body = create(1001, json!({})).to_string();
    app.client.send("POST", USERS, headers, body.as_bytes())
}

fn with(id: &str, user: &str, token: &str) -> Vec<(&'static str, String)> {
    let values = [("Api-id", id), ("Api-user", user), ("Api-token", token)];
    values.map(|(name, value)| (name, value.to_owned())).into()
}

/// What does not depend on the request: no date, no id of the request, not whether its body had come when it was refused.
fn comparable(answer: &Answer) -> (u16, Value, Vec<(String, String)>) {
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| {
        !["connection", "date", "x-request-id", "content-length"].contains(&name.as_str())
    });
    (answer.status, body, headers)
}

#[test]
fn all_who_are_not_known_get_one_answer() {
    let app = TestApp::start();
    let [(_, id), (_, user), (_, token)] = SERVER;
    let mut callers = vec![vec![]];
    for skipped in 0..3 {
        let mut known = with(id, user, token);
        known.remove(skipped);
        callers.push(known);
    }
    for (id, user, token) in [
        ("601", user, token),
        (id, "api@hillside.example", token),
        (id, user, OTHER_TOKEN),
        (id, user, ""),
        (id, "", token),
        ("", user, token),
        ("0", user, token),
        ("-501", user, token),
        ("99999999999999999999", user, token),
        ("501.0", user, token),
        (id, user, &token.to_uppercase()),
        (id, user, &token[..35]),
        ("502", "web@riverside.example", token),
        ("599", "nobody@riverside.example", "nothing"),
    ] {
        callers.push(with(id, user, token));
    }
    for authorization in [
        "Bearer",
        "Bearer ",
        "Bearer nothing",
        "Basic NTAxOng=",
        "Token 5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11",
    ] {
        callers.push(vec![("Authorization", authorization.to_owned())]);
    }
    // A wrong header is not made good by a right bearer token.
    let mut both = with(id, user, "nothing");
    both.push(("Authorization", format!("Bearer {token}")));
    callers.push(both);
    let mut answers = callers.iter().map(|headers| {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = send(&app, &headers);
        assert_eq!(answer.code(), "unauthenticated", "{headers:?}");
        comparable(&answer)
    });
    let first = answers.next().unwrap();
    assert_eq!(first.0, 401);
    answers.for_each(|answer| assert_eq!(answer, first));
}

#[test]
fn a_revoked_key_is_refused_within_a_second() {
    let app = TestApp::start();
    assert_eq!(send(&app, &SERVER).status, 200);
    let url = process::url(app.target());
    let revoked = process::run(&url, &["admin", "revoke", "501"]);
    assert!(revoked.status.success(), "{revoked:?}");
    let since = Instant::now();
    until(|| send(&app, &SERVER).status == 401);
    assert!(
        since.elapsed() < Duration::from_secs(1),
        "{:?}",
        since.elapsed()
    );
}

#[test]
fn a_key_made_by_another_process_is_usable_at_once() {
    let app = TestApp::start();
    let url = process::url(app.target());
    let email = "late@riverside.example";
    let made = process::run(
        &url,
        &["admin", "create", "--organization", "1", "--email", email],
    );
    let text = String::from_utf8(made.stdout).unwrap();
    let line = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap()
            .to_owned()
    };
    let headers = with(&line("id: "), email, &line("token: "));
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(send(&app, &headers).status, 200);
}

#[test]
fn a_project_applied_by_another_process_is_usable_at_once() {
    let app = TestApp::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("late.json");
    let project = json!({
        "organization": { "id": 1, "name": "Riverside Music", "event_level": 3 },
        "groups": [{ "id": 1060, "name": "Late", "settings": { "dns_check": false } }],
    });
    std::fs::write(&file, project.to_string()).unwrap();
    assert_eq!(app.post(create(1060, json!({}))).status, 403);
    let url = process::url(app.target());
    let applied = process::run(&url, &["apply", file.to_str().unwrap()]);
    assert!(applied.status.success(), "{applied:?}");
    assert_eq!(app.post(create(1060, json!({}))).status, 200);
}

fn at(app: &TestApp, timestamp: &str) -> Answer {
    app.client
        .users_with(&[("Timestamp", timestamp)], create(1001, json!({})))
}

#[test]
fn a_timestamp_may_be_five_minutes_off() {
    let app = TestApp::start();
    let now = NOW / 1_000;
    for seconds in [-300, -1, 0, 300] {
        assert_eq!(
            at(&app, &(now + seconds).to_string()).status,
            200,
            "{seconds}"
        );
    }
    for seconds in [-301, 301] {
        let answer = at(&app, &(now + seconds).to_string());
        assert_eq!(answer.status, 401);
        let msg = "The header Timestamp is more than 300 seconds off.";
        failure(&answer, "stale_timestamp", msg, json!([]));
    }
    for nonsense in [
        "",
        "now",
        "1799139600.5",
        "9223372036854775808",
        "-9223372036854775808",
        "0x6b",
    ] {
        assert_eq!(at(&app, nonsense).code(), "stale_timestamp", "{nonsense:?}");
    }
}

#[test]
fn a_timestamp_can_be_required() {
    let app = TestApp::start_with(|config| config.require_timestamp = true);
    let answer = app.post(create(1001, json!({})));
    assert_eq!(answer.status, 401);
    let msg = "The header Timestamp is required: Unix seconds.";
    failure(&answer, "stale_timestamp", msg, json!([]));
    assert_eq!(at(&app, &(NOW / 1_000).to_string()).status, 200);
    // Who is not known does not learn of it.
    assert_eq!(send(&app, &[]).code(), "unauthenticated");
}
