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
    assert_eq!(clogin(&["mail", "retry", &unrendered]).0, Some(1));
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
