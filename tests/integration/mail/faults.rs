//! A server that fails: every message goes out once it can, and holds up no other.

use std::sync::atomic::{AtomicBool, Ordering};

use clogin::mail::Queued;
use serde_json::json;

use super::{app_with, await_state, queue, queue_one, stored};
use crate::support::TestApp;
use crate::support::smtp::{Fault, Pipelining, SmtpServer, Stage, times_at};

/// Fails once, then succeeds half a minute later, with the same Message-ID.
fn succeeds_later(server: &SmtpServer, error: &str) {
    let test = app_with(server);
    let id = queue_one(&test);
    let email = await_state(&test, id, "retrying", 1);
    let reason = email.last_error.unwrap();
    assert!(reason.contains(error), "{reason}");
    assert!(!reason.contains('@'), "{reason}");
    test.advance_seconds(30);
    test.app.mail.nudge();
    let email = await_state(&test, id, "sent", 2);
    assert_eq!(email.last_error, None);
    let deliveries = server.deliveries();
    for delivery in &deliveries {
        assert_eq!(Some(delivery.header("Message-ID")), email.message_id);
    }
    assert_eq!(server.accepted().len(), 1);
}

#[test]
fn what_fails_for_now_is_sent_later() {
    use Fault::{Answer, Drop, Hang};
    for (stage, fault, error) in [
        (
            Stage::Rcpt,
            Answer("450 4.2.1 <ella@riverside.example> busy"),
            "450",
        ),
        (Stage::Mail, Answer("421 4.3.2 closing"), "421"),
        (Stage::End, Answer("451 4.3.0 try later"), "451"),
        (Stage::End, Drop, "incomplete response"),
        (Stage::Data, Drop, "incomplete response"),
        (Stage::Connect, Drop, "incomplete response"),
        // Nothing that is said of the connection is said of the message.
        (Stage::Connect, Answer("554 5.3.2 not now"), "554"),
        (Stage::Mail, Answer("530 5.7.0 log in first"), "530"),
        (Stage::Connect, Answer("rubbish"), "error"),
        (Stage::Rcpt, Answer("999999"), "error"),
        (Stage::Data, Answer("250 OK"), "354"),
        (Stage::Data, Hang, "longer than 1 s"),
        (Stage::Connect, Hang, "longer than 1 s"),
    ] {
        for pipelining in Pipelining::ALL {
            eprintln!("{stage:?} {fault:?} {pipelining:?}");
            let server = SmtpServer::failing_with(pipelining, times_at(stage, fault, 1));
            succeeds_later(&server, error);
        }
    }
}

#[test]
fn what_was_said_of_the_recipients_stands_whatever_comes_after_it() {
    for pipelining in Pipelining::ALL {
        let refused = AtomicBool::new(false);
        let server = SmtpServer::failing_with(pipelining, move |stage, _| match stage {
            Stage::Rcpt if !refused.swap(true, Ordering::SeqCst) => {
                Some(Fault::Answer("450 4.2.0 greylisted"))
            }
            Stage::Reset => Some(Fault::Answer("502 5.5.1 no")),
            _ => None,
        });
        succeeds_later(&server, "450");
    }
}

#[test]
fn what_a_server_may_have_is_not_sent_to_it_again_at_once() {
    let server = SmtpServer::start();
    let test = app_with(&server);
    let first = queue_one(&test);
    await_state(&test, first, "sent", 1);
    server.fails_once(Stage::End, Fault::Drop);
    let second = queue_one(&test);
    await_state(&test, second, "retrying", 1);
    assert_eq!(server.connections(), 1);
    assert_eq!(server.deliveries().len(), 2);
}

#[test]
fn a_refused_connection_is_tried_again() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("smtp://127.0.0.1:{port}");
    let test = TestApp::start_with(|config| config.mail = url.parse().unwrap());
    let id = queue_one(&test);
    await_state(&test, id, "retrying", 1);
}

#[test]
fn a_refused_message_is_given_up_at_once() {
    for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::End] {
        for pipelining in Pipelining::ALL {
            eprintln!("{stage:?} {pipelining:?}");
            is_given_up(stage, pipelining);
        }
    }
}

fn is_given_up(stage: Stage, pipelining: Pipelining) {
    let fault = Fault::Answer("550 5.1.1 <ella@riverside.example> unknown");
    let server = SmtpServer::failing_with(pipelining, times_at(stage, fault, 1));
    let test = app_with(&server);
    let id = queue_one(&test);
    let email = await_state(&test, id, "failed", 1);
    let reason = email.last_error.unwrap();
    assert!(
        reason.contains("550") && !reason.contains("ella"),
        "{reason}"
    );
    assert_eq!((email.next_attempt_at, email.sent_at), (None, None));
    // The next one goes through, whatever becomes of the connection.
    let next = queue_one(&test);
    await_state(&test, next, "sent", 1);
    assert_eq!(stored(&test, id).state, "failed");
    assert_eq!(server.accepted().len(), 1);
}

#[test]
fn a_connection_that_was_closed_meanwhile_costs_no_attempt() {
    let server = SmtpServer::start();
    let test = app_with(&server);
    let first = queue_one(&test);
    await_state(&test, first, "sent", 1);
    server.fails_once(Stage::Mail, Fault::Answer("421 4.4.2 too long"));
    let second = queue_one(&test);
    await_state(&test, second, "sent", 1);
    assert_eq!(server.connections(), 2);
}

#[test]
fn one_that_hangs_holds_up_no_other() {
    let server = SmtpServer::failing(|stage, said| {
        let is_slow = said.to.iter().any(|to| to.starts_with("slow"));
        (stage == Stage::Rcpt && is_slow).then_some(Fault::Hang)
    });
    let test = app_with(&server);
    let queued = queue(&test, json!({ "to": "slow@riverside.example" }));
    assert!(matches!(queued, Queued::Queued(_)), "{queued:?}");
    for _ in 0..20 {
        let id = queue_one(&test);
        await_state(&test, id, "sent", 1);
    }
}

#[test]
fn delays_double_and_end() {
    let server =
        SmtpServer::failing(|stage, _| (stage == Stage::Rcpt).then_some(Fault::Answer("450 busy")));
    let test = app_with(&server);
    let id = queue_one(&test);
    let mut waited = 0;
    for attempt in 1..30 {
        let email = await_state(&test, id, "retrying", attempt);
        let next = email.next_attempt_at.unwrap();
        let delay = (*next - *test.app.clock.now()).num_milliseconds();
        let whole = (30_000 << (attempt - 1).min(10)).min(3_600_000);
        assert!(
            (whole * 3 / 4..=whole).contains(&delay),
            "{attempt}: {delay}"
        );
        waited += whole / 1_000;
        test.advance_seconds(whole / 1_000);
        test.app.mail.nudge();
    }
    let email = await_state(&test, id, "failed", 30);
    assert!(waited <= 24 * 3_600);
    assert_eq!(
        email.last_error.as_deref(),
        Some("transient error (450): busy")
    );
}
