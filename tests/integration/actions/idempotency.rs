//! Calls with an idempotency key: one effect, one answer.

use std::sync::Barrier;
use std::sync::atomic::Ordering;

use clogin::ids::{Ids, OrganizationId};
use clogin::project::admins;
use serde_json::{Value, json};

use crate::support::client::{Answer, USERS};
use crate::support::database::is_postgres;
use crate::support::{TestApp, create};

const DAY: i64 = 24 * 60 * 60;

fn post(app: &TestApp, key: &str, doc: Value) -> Answer {
    app.client
        .users_with(&[("Idempotency-Key", key)], create(1001, doc))
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

#[test]
fn a_replay_is_the_first_answer_byte_for_byte() {
    let app = TestApp::start();
    let doc =
        json!({ "first_name": "Nina", "home_town": "Tryon", "_application_date": "2026-12-24" });
    let first = post(&app, "one", doc.clone());
    let dump = app.direct().dump();
    assert!(first.status == 200 && !is_replayed(&first), "{first:?}");
    for _ in 0..3 {
        let again = post(&app, "one", doc.clone());
        assert!(again.status == 200 && is_replayed(&again), "{again:?}");
        assert_eq!(again.text, first.text);
    }
    assert_eq!(app.direct().dump(), dump);
}

/// SQLite shows what is committed before it is on disk, where only the writer's answers say that it is.
#[test]
fn a_replay_waits_for_the_disk() {
    let app = TestApp::start();
    post(&app, "one", json!({}));
    let seen = app.statements.lock().unwrap().len();
    assert!(is_replayed(&post(&app, "one", json!({}))));
    let statements = app.statements.lock().unwrap().split_off(seen);
    // Only the writer begins so, and it had nothing else to do.
    let waits = statements.iter().any(|sql| sql == "BEGIN IMMEDIATE");
    assert_eq!(waits, !is_postgres(), "{statements:?}");
}

#[test]
fn another_body_or_another_spelling_of_it_is_a_mismatch() {
    let app = TestApp::start();
    let key = [("Idempotency-Key", "one")];
    assert_eq!(post(&app, "one", json!({})).status, 200);
    let other = post(&app, "one", json!({ "first_name": "Nina" }));
    assert_eq!(
        (other.status, other.code().as_str()),
        (422, "idempotency_mismatch")
    );
    let read = json!({ "action": "get_info", "group_id": 1001, "clogin_id": 9001 });
    assert_eq!(
        app.client.users_with(&key, read).code(),
        "idempotency_mismatch"
    );
    assert_eq!(app.direct().rows("idempotency_records"), 1);
}

#[test]
fn a_key_is_good_for_a_day() {
    let app = TestApp::start();
    let doc = json!({ "first_name": "Nina" });
    let first = post(&app, "one", doc.clone());
    app.advance_seconds(DAY);
    assert!(is_replayed(&post(&app, "one", doc.clone())));
    app.advance_seconds(1);
    let again = post(&app, "one", doc.clone());
    assert!(again.status == 200 && !is_replayed(&again));
    assert_ne!(again.text, first.text);
    // And the new one is good for another day; a new body would have been taken as well.
    app.advance_seconds(DAY);
    assert_eq!(post(&app, "one", doc).text, again.text);
    assert_eq!(app.direct().rows("idempotency_records"), 1);
}

#[test]
fn a_key_belongs_to_one_admin() {
    let app = TestApp::start();
    let admin = json!({ "id": 0, "email": "second@riverside.example" });
    let admin = serde_json::from_value(admin).unwrap();
    let (_, token) = app
        .block_on(admins::create(&app.app, OrganizationId(1), admin))
        .unwrap();
    let bearer = format!("Bearer {token}");
    let first = post(&app, "one", json!({}));
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Idempotency-Key", "one"),
    ];
    let body = create(1001, json!({ "first_name": "Nina" })).to_string();
    let second = app.client.send("POST", USERS, &headers, body.as_bytes());
    assert!(
        second.status == 200 && !is_replayed(&second),
        "{}",
        second.text
    );
    assert!(is_replayed(&post(&app, "one", json!({}))));
    assert_ne!(first.text, second.text);
}

#[test]
fn a_call_that_failed_is_decided_again() {
    let app = TestApp::start();
    let dump = app.direct().dump();
    let doc = json!({ "username": "nina@riverside.example" });
    for _ in 0..2 {
        let taken = post(&app, "one", json!({ "username": "ella@riverside.example" }));
        assert_eq!(taken.code(), "username_taken");
    }
    assert_eq!(app.direct().dump(), dump);
    assert_eq!(post(&app, "one", doc.clone()).status, 200);
    assert!(is_replayed(&post(&app, "one", doc)));
}

#[test]
fn a_known_key_is_answered_without_hashing_the_password_again() {
    let app = TestApp::start();
    let Ids::Counting(made) = &app.app.ids else {
        panic!("tests count ids");
    };
    let call = || {
        let headers = [("Idempotency-Key", "one"), ("X-Request-Id", "given")];
        let doc = json!({ "password": "rumba at midnight" });
        app.client.users_with(&headers, create(1001, doc))
    };
    let before = made.load(Ordering::SeqCst);
    let first = call();
    let after = made.load(Ordering::SeqCst);
    assert!(after > before, "a salt is made");
    assert_eq!(call().text, first.text);
    assert_eq!(made.load(Ordering::SeqCst), after, "no salt is made");
}

#[test]
fn keys_of_all_printable_characters_are_told_apart() {
    let app = TestApp::start();
    let longest = "k".repeat(255);
    for key in [" ", "a b", "A b", "a'b", "\"", "{{unique}}", "~", &longest] {
        let answer = post(&app, key, json!({}));
        // A header's value is trimmed: the key of one space is none.
        let status = if key == " " { 422 } else { 200 };
        assert_eq!(answer.status, status, "{key:?}");
        assert!(!is_replayed(&answer), "{key:?}");
    }
    let headers: Vec<_> = crate::support::client::SERVER.to_vec();
    let body = create(1001, json!({})).to_string();
    for key in ["ü", "tab\there"] {
        let headers: Vec<_> = headers
            .iter()
            .copied()
            .chain([("Idempotency-Key", key)])
            .collect();
        let answer = app.client.send("POST", USERS, &headers, body.as_bytes());
        assert_eq!(answer.code(), "validation_failed", "{key:?}");
    }
}

/// Sends the same calls at the same time.
fn race(app: &TestApp, bodies: Vec<Value>, headers: &[(&str, &str)]) -> Vec<Answer> {
    let barrier = Barrier::new(bodies.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = bodies
            .into_iter()
            .map(|body| {
                scope.spawn(|| {
                    barrier.wait();
                    app.client.users_with(headers, body)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn racers_with_one_key_have_one_effect_and_one_answer() {
    let app = TestApp::start_with(|config| config.workers = 4);
    let users = app.direct().rows("users");
    let doc =
        json!({ "first_name": "Nina", "password": "rumba at midnight", "home_town": "Tryon" });
    let answers = race(
        &app,
        vec![create(1001, doc); 32],
        &[("Idempotency-Key", "race")],
    );
    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{answers:?}"
    );
    assert!(
        answers.iter().all(|answer| answer.text == answers[0].text),
        "{answers:?}"
    );
    assert_eq!(
        answers.iter().filter(|answer| !is_replayed(answer)).count(),
        1
    );
    let mut direct = app.direct();
    assert_eq!(direct.rows("users"), users + 1);
    assert_eq!(direct.rows("idempotency_records"), 1);
}

#[test]
fn racers_with_one_key_and_many_bodies_have_one_effect() {
    let app = TestApp::start_with(|config| config.workers = 4);
    let users = app.direct().rows("users");
    let bodies: Vec<_> = (0..32)
        .map(|number| create(1001, json!({ "last_name": number })))
        .collect();
    let answers = race(&app, bodies, &[("Idempotency-Key", "race")]);
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(good, 1, "{answers:?}");
    let refused = answers.iter().filter(|answer| answer.status != 200);
    for answer in refused {
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "idempotency_mismatch")
        );
    }
    assert_eq!(app.direct().rows("users"), users + 1);
}

#[test]
fn racers_for_one_username_register_one_person() {
    let app = TestApp::start_with(|config| config.workers = 4);
    let users = app.direct().rows("users");
    let bodies = (0..50).map(|number| {
        // Spelled in two ways.
        let name = if number % 2 == 0 { "nina" } else { "NINA" };
        create(
            1001,
            json!({ "username": format!("{name}@riverside.example"), "home_town": number }),
        )
    });
    let answers = race(&app, bodies.collect(), &[]);
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    let taken = answers
        .iter()
        .filter(|answer| answer.code() == "username_taken")
        .count();
    assert_eq!((good, taken), (1, 49), "{answers:?}");
    let mut direct = app.direct();
    assert_eq!(direct.rows("users"), users + 1);
    let counted = direct.number("SELECT sum(users) FROM group_totals WHERE group_id <> 0");
    assert_eq!(counted, direct.rows("registrations"));
}
