//! Messages to several people, some of whom the server refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clogin::db::outbox::StoredEmail;
use clogin::mail::Queued;
use serde_json::json;

use super::{app_with, await_state, queue};
use crate::support::process::{run, url};
use crate::support::smtp::{Conversation, Fault, Pipelining, SmtpServer, Stage};
use crate::support::{TestApp, until};

const ALL: [&str; 3] = [
    "ella@riverside.example",
    "busy@riverside.example",
    "gone@riverside.example",
];

fn queue_to_all(test: &TestApp) -> i64 {
    // Whoever stands there twice gets it once.
    let to = format!("{}, {}", ALL.join(", "), ALL[0]);
    match queue(test, json!({ "to": to })) {
        Queued::Queued(email) => email.id,
        other => panic!("{other:?}"),
    }
}

type Refused = &'static [(&'static str, &'static str)];

/// Refuses these names, while it is told to.
fn refusing(refused: Refused) -> (SmtpServer, Arc<AtomicBool>) {
    refusing_with(Pipelining::default(), refused)
}

fn refusing_with(pipelining: Pipelining, refused: Refused) -> (SmtpServer, Arc<AtomicBool>) {
    let refuses = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&refuses);
    let server = SmtpServer::failing_with(pipelining, move |stage, said: &Conversation| {
        let last = said.to.last().filter(|_| stage == Stage::Rcpt)?;
        let (_, line) = refused.iter().find(|(name, _)| last.starts_with(name))?;
        let refuses = asked.load(Ordering::SeqCst);
        refuses.then_some(Fault::Answer(line))
    });
    (server, refuses)
}

/// To whom each message went that the server took.
fn taken(server: &SmtpServer) -> Vec<Vec<String>> {
    let accepted = server.accepted();
    accepted.into_iter().map(|message| message.to).collect()
}

fn later(test: &TestApp) {
    test.advance_seconds(30);
    test.app.mail.nudge();
}

fn undelivered(email: &StoredEmail) -> &str {
    email.undelivered.as_deref().unwrap_or_default()
}

#[test]
fn who_is_refused_keeps_it_from_nobody_else() {
    let (server, refuses) = refusing(&[("gone", "550 5.1.1 <gone@riverside.example> unknown")]);
    let test = app_with(&server);
    let id = queue_to_all(&test);
    let email = await_state(&test, id, "sent", 1);
    assert_eq!(taken(&server), [ALL[..2].to_vec()]);
    assert_eq!(
        email.last_error.as_deref(),
        Some("1 of 3 recipients were refused: permanent error (550): 5.1.1 (address) unknown")
    );
    assert_eq!(undelivered(&email), ALL[2]);
    assert_eq!(email.sent_at, Some(test.app.clock.now()));
    // Nothing more comes of it by itself.
    assert_eq!(email.next_attempt_at, None);
    let clogin = |arguments: &[&str]| run(&url(test.target()), arguments).stdout;
    let shown = clogin(&["mail", "show", &id.to_string()]);
    let line = format!("\nundelivered: {}\n", ALL[2]);
    assert!(String::from_utf8(shown).unwrap().contains(&line));
    // By hand it goes to that one only, as the same message.
    refuses.store(false, Ordering::SeqCst);
    clogin(&["mail", "retry", &id.to_string()]);
    test.app.mail.nudge();
    let email = await_state(&test, id, "sent", 1);
    assert_eq!(taken(&server), [ALL[..2].to_vec(), vec![ALL[2]]]);
    assert_eq!(
        (undelivered(&email), email.last_error.as_deref()),
        ("", None)
    );
    for message in server.accepted() {
        assert_eq!(Some(message.header("Message-ID")), email.message_id);
        assert_eq!(
            message.header("To"),
            format!("{}, {}", ALL.join(", "), ALL[0])
        );
    }
}

#[test]
fn who_is_refused_for_now_gets_it_later_and_nobody_twice() {
    for pipelining in Pipelining::ALL {
        gets_it_later(pipelining);
    }
}

fn gets_it_later(pipelining: Pipelining) {
    let (server, refuses) = refusing_with(
        pipelining,
        &[("busy", "450 4.2.1 busy"), ("gone", "550 5.1.1 unknown")],
    );
    let test = app_with(&server);
    let id = queue_to_all(&test);
    let email = await_state(&test, id, "retrying", 1);
    assert_eq!(taken(&server), [[ALL[0]]]);
    assert_eq!(
        email.last_error.as_deref(),
        Some("2 of 3 recipients were refused: transient error (450): 4.2.1 busy")
    );
    assert!(email.sent_at.is_some());
    later(&test);
    await_state(&test, id, "retrying", 2);
    refuses.store(false, Ordering::SeqCst);
    test.advance_seconds(30);
    later(&test);
    await_state(&test, id, "sent", 3);
    assert_eq!(taken(&server), [vec![ALL[0]], ALL[1..].to_vec()]);
}

#[test]
fn a_day_later_those_are_given_up_who_were_refused_all_the_time() {
    let (server, _) = refusing(&[
        ("busy", "450 busy"),
        ("ella", "450 busy"),
        ("gone", "450 busy"),
    ]);
    let test = app_with(&server);
    let nobody = queue_to_all(&test);
    let (other, _) = refusing(&[("busy", "450 busy")]);
    let test_of_some = app_with(&other);
    let some = queue_to_all(&test_of_some);
    for (test, id, end) in [(&test, nobody, "failed"), (&test_of_some, some, "sent")] {
        for attempt in 1..30 {
            await_state(test, id, "retrying", attempt);
            test.advance_seconds(3_600);
            test.app.mail.nudge();
        }
        let email = await_state(test, id, end, 30);
        assert!(undelivered(&email).contains(ALL[1]));
        assert!(email.last_error.unwrap().contains("450"));
    }
    assert_eq!(server.accepted(), []);
    assert_eq!(taken(&other), [[ALL[0], ALL[2]]]);
}

#[test]
fn a_connection_goes_on_after_a_refusal() {
    for pipelining in Pipelining::ALL {
        goes_on(pipelining);
    }
}

fn goes_on(pipelining: Pipelining) {
    let (server, refuses) = refusing_with(
        pipelining,
        &[("ella", "550 no"), ("busy", "550 no"), ("gone", "550 no")],
    );
    let test = app_with(&server);
    let first = queue_to_all(&test);
    let email = await_state(&test, first, "failed", 1);
    assert_eq!(
        email.last_error.as_deref(),
        Some("3 of 3 recipients were refused: permanent error (550): no")
    );
    refuses.store(false, Ordering::SeqCst);
    let second = queue_to_all(&test);
    await_state(&test, second, "sent", 1);
    assert_eq!(server.connections(), 1);
    assert_eq!(taken(&server), [ALL]);
}

/// Connecting takes two turns without TLS: the server greets, and is asked twice what it can do.
#[test]
fn commands_are_said_at_once_where_the_server_takes_them_so() {
    let many: Vec<_> = (0..101)
        .map(|n| format!("p{n}@riverside.example"))
        .collect();
    for (pipelining, to, turns) in [
        // MAIL, RCPT and DATA; the message; and waiting for the next.
        (Pipelining::Offered, &many[..3], 2),
        (Pipelining::Offered, &many[..100], 2),
        (Pipelining::Offered, &many[..], 104),
        (Pipelining::None, &many[..3], 6),
    ] {
        let server = SmtpServer::failing_with(pipelining, |_, _| None);
        let test = app_with(&server);
        let Queued::Queued(email) = queue(&test, json!({ "to": to.join(", ") })) else {
            panic!("all of them are addresses");
        };
        await_state(&test, email.id, "sent", 1);
        assert_eq!(taken(&server), [to]);
        eprintln!("{pipelining:?} {}", to.len());
        until(|| server.turns() == 2 + turns + 1);
    }
}

#[test]
fn what_breaks_off_is_tried_again_with_all_of_them() {
    let drops = AtomicBool::new(true);
    let server = SmtpServer::failing(move |stage, said| match stage {
        Stage::Rcpt if said.to.last()?.starts_with("gone") => Some(Fault::Answer("450 busy")),
        Stage::End if drops.swap(false, Ordering::SeqCst) => Some(Fault::Drop),
        _ => None,
    });
    let test = app_with(&server);
    let id = queue_to_all(&test);
    let email = await_state(&test, id, "retrying", 1);
    assert_eq!((undelivered(&email), email.sent_at), ("", None));
    later(&test);
    let email = await_state(&test, id, "retrying", 2);
    assert_eq!(undelivered(&email), ALL[2]);
    assert_eq!(taken(&server), [ALL[..2].to_vec()]);
}

#[test]
fn a_domain_is_said_in_ascii() {
    let server = SmtpServer::start();
    let test = app_with(&server);
    let to = "zoe@münchen.example";
    let Queued::Queued(email) = queue(&test, json!({ "to": to })) else {
        panic!("it is an address");
    };
    assert_eq!(email.to, to);
    await_state(&test, email.id, "sent", 1);
    let [delivery] = &server.accepted()[..] else {
        panic!("one message");
    };
    assert_eq!(delivery.to, ["zoe@xn--mnchen-3ya.example"]);
    assert_eq!(delivery.header("To"), "zoe@xn--mnchen-3ya.example");
}
