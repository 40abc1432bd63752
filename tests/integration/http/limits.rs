//! What no request alone causes: too much of everything, and faults. The whole answers of three codes are pinned here:
//! `body_too_large`, `internal`, `unavailable`.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use crate::support::client::{SERVER, USERS};
use crate::support::direct::spoiled;
use crate::support::{TestApp, create, failure};

const LIMIT: usize = 1024 * 1024;

/// A call with exactly this many bytes.
fn call_of(bytes: usize) -> Vec<u8> {
    let mut body = create(1001, json!({})).to_string().into_bytes();
    body.resize(bytes, b' ');
    body
}

#[test]
fn a_body_has_at_most_one_mebibyte() {
    let app = TestApp::start();
    let send = |body: &[u8]| app.client.send("POST", USERS, &SERVER, body);
    assert_eq!(send(&call_of(LIMIT)).status, 200);
    let dump = app.direct().dump();
    for bytes in [LIMIT + 1, 2 * LIMIT] {
        let answer = send(&call_of(bytes));
        assert_eq!(answer.status, 413);
        failure(
            &answer,
            "body_too_large",
            "The body must have at most 1 MiB.",
            json!([]),
        );
    }
    assert_eq!(app.direct().dump(), dump);
    // Nobody unknown is listened to for that long.
    assert_eq!(
        app.client
            .send("POST", USERS, &[], &call_of(LIMIT + 1))
            .status,
        401
    );
}

#[test]
fn a_mistake_of_ours_says_nothing_of_itself() {
    let app = TestApp::start();
    app.direct().spoil();
    let call = create(1001, spoiled());
    assert_eq!(app.post(call.clone()).status, 200);
    let answer = app.post(call);
    assert_eq!(answer.status, 500);
    failure(
        &answer,
        "internal",
        "Something went wrong on our side.",
        json!([]),
    );
    assert_eq!(app.post(create(1001, json!({}))).status, 200);
}

#[test]
fn too_many_writes_are_answered_503_and_the_others_wait() {
    const CALLS: usize = 8;
    let app = TestApp::start_with(|config| {
        config.pool_size = 1;
        config.queue_size = 1;
    });
    let users = app.direct().rows("users");
    let mut direct = app.direct();
    direct.hold_off_writers();
    let (send, answers) = mpsc::channel();
    let (good, refused) = std::thread::scope(|scope| {
        for _ in 0..CALLS {
            let (send, client) = (send.clone(), app.client.clone());
            scope.spawn(move || send.send(client.users(create(1001, json!({})))).unwrap());
        }
        // One runs, one waits; all others are refused while nothing moves.
        let next = || answers.recv_timeout(Duration::from_secs(4)).unwrap();
        let mut all: Vec<_> = (0..CALLS - 2).map(|_| next()).collect();
        direct.release();
        all.extend((0..2).map(|_| next()));
        all.into_iter()
            .partition::<Vec<_>, _>(|answer| answer.status == 200)
    });
    assert!((1..=2).contains(&good.len()), "{good:?}");
    for answer in refused {
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, Some("1"))
        );
        let msg = "The service cannot answer now. Please try again.";
        failure(&answer, "unavailable", msg, json!([]));
    }
    let made = i64::try_from(good.len()).unwrap();
    assert_eq!(app.direct().rows("users"), users + made);
}

#[test]
fn too_many_passwords_are_answered_503() {
    let app = TestApp::start_with(|config| {
        config.hashing_threads = 1;
        config.hashing_queue = 1;
    });
    let doc = json!({ "password": "rumba at midnight" });
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..40)
            .map(|_| scope.spawn(|| app.post(create(1001, doc.clone()))))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(answers.iter().any(|answer| answer.status == 200));
    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status != 200)
        .collect();
    assert!(!refused.is_empty());
    assert!(refused.iter().all(|answer| answer.code() == "unavailable"));
}

#[test]
fn health_and_readiness() {
    let app = TestApp::start();
    for path in ["/healthz", "/readyz", "/healthz/", "/readyz/"] {
        let answer = app.client.send("GET", path, &[], b"");
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (200, r#"{"status":"ok"}"#),
            "{path}"
        );
        assert_eq!(
            app.client.send("HEAD", path, &[], b"").status,
            200,
            "{path}"
        );
        let answer = app.client.send("POST", path, &[], b"");
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (405, "method_not_allowed"),
            "{path}"
        );
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{path}");
    }
    app.direct()
        .execute("ALTER TABLE organizations RENAME TO elsewhere");
    assert_eq!(app.client.send("GET", "/healthz", &[], b"").status, 200);
    assert!(app.client.send("GET", "/readyz", &[], b"").status >= 500);
    app.direct()
        .execute("ALTER TABLE elsewhere RENAME TO organizations");
    assert_eq!(app.client.send("GET", "/readyz", &[], b"").status, 200);
}
