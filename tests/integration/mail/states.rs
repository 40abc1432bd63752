//! What can be seen of e-mails, and done about them.

use clogin::db::Outcome;
use clogin::ids::CloginId;
use clogin::mail::{self, MailIds};
use clogin::users::person::Person;
use serde_json::{Value, json};

use super::{app_with, await_state, project, queue, queue_one, stored, template};
use crate::support::process::{run, url};
use crate::support::smtp::{Fault, SmtpServer, Stage};
use crate::support::{TestApp, get_info, until};

fn emails(test: &TestApp) -> Value {
    test.post(get_info(1001, "9001", json!({ "_emails": true })))
        .json()["doc"]["_emails"]
        .clone()
}

#[test]
fn get_info_tells_of_recorded_and_sent_ones_alike() {
    let server = SmtpServer::failing_times(Stage::Rcpt, Fault::Answer("450 busy"), 1);
    let test = app_with(&server);
    let recorded = test.post(json!({
        "action": "add_email", "group_id": 1001, "clogin_id": 9001,
        "doc": { "email_list": { "from": "office@riverside.example", "to": "ella@riverside.example", "subject": "Bus" } },
    }));
    let recorded = recorded.json()["email_ids"][0].clone();
    let id = queue_one(&test);
    await_state(&test, id, "retrying", 1);
    let mut expected = json!([
        { "id": recorded, "subject": "Bus", "to": "ella@riverside.example", "state": "recorded", "attempts": 0,
          "last_error": null, "sent_at": null },
        { "id": id, "subject": "Welcome, Ella", "to": "ella@riverside.example", "state": "retrying", "attempts": 1,
          "last_error": "transient error (450): busy", "sent_at": null },
    ]);
    assert_eq!(emails(&test), expected);
    test.advance_seconds(30);
    test.app.mail.nudge();
    await_state(&test, id, "sent", 2);
    expected[1]["state"] = "sent".into();
    expected[1]["attempts"] = 2.into();
    expected[1]["last_error"] = Value::Null;
    expected[1]["sent_at"] = "2027-01-05T09:00:30Z".into();
    assert_eq!(emails(&test), expected);
}

#[test]
fn one_that_a_server_is_slow_to_take_is_being_sent() {
    let server = SmtpServer::failing_times(Stage::End, Fault::Hang, 1);
    let test = app_with(&server);
    let id = queue_one(&test);
    until(|| server.deliveries().len() == 1);
    assert_eq!(emails(&test)[0]["state"], "sending");
    let output = run(&url(test.target()), &["mail", "list", "--state", "sending"]);
    let line = format!("{id} sending attempts=0 to=ella@riverside.example subject=Welcome, Ella\n");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), line);
    await_state(&test, id, "retrying", 1);
}

#[test]
fn a_suppressed_one_is_noted_and_never_sent() {
    let test = TestApp::start();
    test.block_on(async {
        let (project, ids) = (project(&test.app).await, MailIds::new(&test.app.ids));
        let now = test.app.clock.now();
        let suppress = move |conn: &mut clogin::db::connection::Conn| {
            let person = Person::find(conn, project.clone(), CloginId(9001))?;
            for changes in [
                json!({}),
                json!({ "subject": "{{ user.nothing }}" }),
                json!({ "to": "" }),
            ] {
                mail::suppress(conn, &person, &template(changes), 42, ids, now)?;
            }
            Ok(Outcome::Keep(()))
        };
        test.app.db.write(suppress).await.unwrap();
    });
    let id = queue_one(&test);
    await_state(&test, id, "sent", 1);
    let states = test
        .direct()
        .texts("SELECT state AS text FROM emails ORDER BY id");
    assert_eq!(states, ["suppressed", "suppressed", "sent"]);
    assert_eq!(test.app.mail.sent().len(), 1);
}

#[test]
fn the_command_line_lists_shows_and_retries() {
    let server = SmtpServer::failing_times(Stage::Rcpt, Fault::Answer("550 no"), 1);
    let test = app_with(&server);
    let id = queue_one(&test);
    await_state(&test, id, "failed", 1);
    queue(&test, json!({ "subject": "{{ user.nothing }}" }));
    let clogin = |arguments: &[&str]| {
        let output = run(&url(test.target()), arguments);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), text)
    };
    let (unrendered, id_text) = ((id + 1).to_string(), id.to_string());
    let line = format!("{id} failed attempts=1 to=ella@riverside.example subject=Welcome, Ella\n");
    let (code, listed) = clogin(&["mail", "list", "--state", "failed", "--organization", "1"]);
    assert_eq!(
        (code, listed),
        (
            Some(0),
            format!("{unrendered} failed attempts=0 to= subject=\n{line}")
        )
    );
    assert_eq!(
        clogin(&["mail", "list", "--organization", "2"]),
        (Some(0), String::new())
    );
    assert_eq!(clogin(&["mail", "list", "--state", "lost"]).0, Some(2));
    let (_, shown) = clogin(&["mail", "show", &id_text]);
    assert!(
        shown.contains("last_error: permanent error (550): no\n"),
        "{shown}"
    );
    assert!(shown.ends_with("\n\nYour balance is 0.00.\n"), "{shown}");
    assert_eq!(clogin(&["mail", "show", "424242"]).0, Some(1));
    // The command line lives before the test's time: what it queues is due.
    assert_eq!(
        clogin(&["mail", "retry", &id_text]),
        (Some(0), format!("e-mail {id} is queued\n"))
    );
    test.app.mail.nudge();
    await_state(&test, id, "sent", 1);
    assert_eq!(clogin(&["mail", "retry", &id_text]).0, Some(1));
    assert_eq!(stored(&test, id).state, "sent");
}

/// Runs `clogin mail retry`.
fn retry(test: &TestApp, id: i64) -> (Option<i32>, String) {
    let output = run(&url(test.target()), &["mail", "retry", &id.to_string()]);
    test.app.mail.nudge();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text)
}

#[test]
fn one_that_a_dead_node_has_claimed_does_not_wait_for_the_end_of_the_claim() {
    let server = SmtpServer::failing_times(Stage::Rcpt, Fault::Answer("550 no"), 1);
    let test = app_with(&server);
    let id = queue_one(&test);
    await_state(&test, id, "failed", 1);
    test.direct().execute(&format!(
        "UPDATE emails SET state = 'sending', next_attempt_at = created_at, \
         claimed_until = '2027-01-05 09:02:00' WHERE id = {id}"
    ));
    assert_eq!(
        retry(&test, id),
        (Some(0), format!("e-mail {id} is queued\n"))
    );
    await_state(&test, id, "sent", 1);
}

#[test]
fn one_that_could_not_be_filled_in_is_filled_in_anew() {
    let test = TestApp::start();
    // As if these templates had been mended since: the project's are sound.
    queue(&test, json!({ "subject": "{{ user.nothing }}" }));
    queue(&test, json!({ "to": "{{ user.first_name }}" }));
    queue(
        &test,
        json!({ "id": 424242, "subject": "{{ user.nothing }}" }),
    );
    let ids: Vec<i64> = test
        .direct()
        .texts("SELECT CAST(id AS TEXT) AS text FROM emails WHERE state = 'failed' ORDER BY id")
        .iter()
        .map(|id| id.parse().unwrap())
        .collect();
    let [subject, to, gone] = ids[..] else {
        panic!("{ids:?}")
    };
    for id in [subject, to] {
        assert_eq!(
            retry(&test, id),
            (Some(0), format!("e-mail {id} is queued\n"))
        );
        let email = await_state(&test, id, "sent", 1);
        assert_eq!(
            (email.subject.as_str(), email.recipients.as_str()),
            ("Welcome, Ella", "ella@riverside.example")
        );
        assert_eq!(email.last_error, None);
    }
    assert_eq!(test.app.mail.sent().len(), 2);
    let (code, sentence) = retry(&test, gone);
    assert_eq!(code, Some(1));
    assert!(
        sentence.contains("its template is no longer there"),
        "{sentence}"
    );
    assert_eq!(stored(&test, gone).state, "failed");
}

#[test]
fn one_that_still_cannot_be_filled_in_stays_as_it_is() {
    let test = TestApp::start();
    queue(&test, json!({ "subject": "{{ user.nothing }}" }));
    let id = test.direct().number("SELECT max(id) FROM emails");
    test.direct()
        .execute("UPDATE users SET main_email = NULL, email_key = NULL WHERE id = 9001");
    let before = stored(&test, id);
    let (code, sentence) = retry(&test, id);
    assert_eq!(code, Some(1));
    assert!(sentence.contains("has nobody to go to"), "{sentence}");
    test.direct()
        .execute("UPDATE registrations SET deleted_at = created_at WHERE clogin_id = 9001");
    let (code, sentence) = retry(&test, id);
    assert_eq!(code, Some(1));
    assert!(
        sentence.contains("its person is no longer there"),
        "{sentence}"
    );
    assert_eq!(stored(&test, id), before);
}
