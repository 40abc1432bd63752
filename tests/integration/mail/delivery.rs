//! What a message looks like, and how many go out.

use clogin::mail::Queued;
use serde_json::json;

use super::{app_with, await_state, queue, queue_all, queue_one, stored, template};
use crate::support::smtp::SmtpServer;
use crate::support::{TestApp, until};

#[test]
fn a_message_is_delivered_with_all_its_headers() {
    let server = SmtpServer::start();
    let test = app_with(&server);
    let id = queue_one(&test);
    let email = await_state(&test, id, "sent", 1);
    let deliveries = server.accepted();
    assert_eq!(deliveries.len(), 1);
    let message = &deliveries[0];
    assert_eq!(message.from, "camp@riverside.example");
    assert_eq!(message.to, ["ella@riverside.example"]);
    for (name, value) in [
        ("From", "Camp <camp@riverside.example>"),
        ("To", "ella@riverside.example"),
        ("Subject", "Welcome, Ella"),
        ("Date", "Tue, 05 Jan 2027 09:00:00 +0000"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
        ("Bcc", ""),
    ] {
        assert_eq!(message.header(name), value, "{name}");
    }
    assert_eq!(Some(message.header("Message-ID")), email.message_id);
    assert!(
        message
            .header("Message-ID")
            .ends_with(".9001.42@riverside.example>")
    );
    assert!(
        message
            .header("Content-Type")
            .starts_with("multipart/alternative")
    );
    assert!(
        message.data.contains("<p>Your balance is 0.00.</p>"),
        "{}",
        message.data
    );
    assert!(
        message.data.contains("\r\nYour balance is 0.00.\r\n"),
        "{}",
        message.data
    );
    assert_eq!((email.last_error, email.next_attempt_at), (None, None));
    assert_eq!(email.sent_at, Some(test.app.clock.now()));
}

#[test]
fn nothing_in_a_value_makes_a_header_or_a_recipient() {
    let test = TestApp::start();
    let mut direct = test.direct();
    direct.execute("UPDATE users SET first_name = 'Zoë <evil@x.example>, x' WHERE id = 9001");
    direct.execute("UPDATE users SET last_name = 'Fitz\r\nBcc: evil@x.example' WHERE id = 9001");
    let queued = queue(
        &test,
        json!({
            "to": "{{ user.first_name }} <{{ user.main_email }}>",
            "subject": "Hello {{ user.last_name }}\r\nX-Other: 1",
            "body_html": "{{ user.first_name }}",
        }),
    );
    assert!(matches!(queued, Queued::Queued(_)), "{queued:?}");
    until(|| test.app.mail.sent().len() == 1);
    let message = test.app.mail.sent().remove(0);
    assert_eq!(message.recipients, ["ella@riverside.example"]);
    let head = message.text.split("\r\n\r\n").next().unwrap();
    assert!(
        !head
            .lines()
            .any(|line| line.starts_with("Bcc") || line.starts_with("X-Other")),
        "{head}"
    );
    assert_eq!(head.matches("Subject: ").count(), 1);
    assert!(
        message.text.contains("&lt;evil@x.example&gt;"),
        "{}",
        message.text
    );
}

#[test]
fn a_template_that_cannot_be_filled_in_is_seen_and_fails_no_call() {
    let test = TestApp::start();
    let queued = queue(&test, json!({ "body_html": "{{ user.nothing }}" }));
    let Queued::Failed(reason) = queued else {
        panic!("{queued:?}");
    };
    assert!(
        reason.starts_with("body_html cannot be rendered"),
        "{reason}"
    );
    let id = test.direct().number("SELECT max(id) FROM emails");
    let email = stored(&test, id);
    assert_eq!((email.state.as_str(), email.attempts), ("failed", 0));
    assert_eq!(email.last_error, Some(reason));
    assert_eq!(
        queue(&test, json!({ "to": "{{ user.org_name }}" })),
        Queued::NoRecipient
    );
    assert_eq!(test.direct().rows("emails"), 1);
}

#[test]
fn a_folder_gets_a_file_of_each_message() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("dir:{}/new", folder.path().display());
    let test = TestApp::start_with(|config| config.mail = url.parse().unwrap());
    let id = queue_one(&test);
    await_state(&test, id, "sent", 1);
    let files: Vec<_> = std::fs::read_dir(folder.path().join("new"))
        .unwrap()
        .collect();
    assert_eq!(files.len(), 1);
    let path = files[0].as_ref().unwrap().path();
    assert_eq!(path.extension().unwrap(), "eml");
    assert!(
        std::fs::read_to_string(path)
            .unwrap()
            .contains("Subject: Welcome, Ella")
    );
}

#[test]
fn many_messages_go_out_over_few_connections() {
    let server = SmtpServer::start();
    let test = app_with(&server);
    let templates = (0..400).map(|_| template(json!({}))).collect();
    test.block_on(queue_all(&test.app, templates, test.app.clock.now()));
    until(|| server.deliveries().len() == 400);
    let mut direct = test.direct();
    until(|| direct.number("SELECT count(*) FROM emails WHERE state = 'sent'") == 400);
    assert!(server.connections() <= 16, "{}", server.connections());
}
