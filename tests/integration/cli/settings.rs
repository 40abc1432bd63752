//! Settings, as flags and variables.

use super::{done, refused};
use crate::support::process::{self, clogin};

#[test]
fn databases_that_cannot_be_are_refused_with_a_sentence() {
    let rule = "CLOGIN_DATABASE_URL must begin with sqlite:// or postgres://\n";
    for url in ["mysql://localhost/clogin", "clogin.db", ""] {
        assert_eq!(refused(&process::run(url, &["serve"])), rule, "{url}");
    }
    let folder = "/nowhere/at/all";
    let said = refused(&process::run(
        &format!("sqlite://{folder}/clogin.db"),
        &["serve"],
    ));
    assert_eq!(
        said,
        format!("the folder of the database file does not exist: {folder}\n")
    );
    let nobody = "postgres://clogin:s3cret@127.0.0.1:1/clogin";
    let said = refused(&process::run(nobody, &["serve"]));
    assert!(
        said.starts_with("cannot open the database postgres://clogin:***@127.0.0.1:1/clogin: "),
        "{said}"
    );
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn all_that_is_wrong_with_the_settings_is_said_at_once() {
    let settings = [
        ("CLOGIN_LISTEN", "nowhere"),
        ("CLOGIN_LOG", "a=b=c"),
        ("CLOGIN_MAIL_URL", "mail"),
        ("CLOGIN_WORKERS", "0"),
        ("CLOGIN_POOL_SIZE", "many"),
        ("CLOGIN_QUEUE_SIZE", "-1"),
        ("CLOGIN_HASHING_THREADS", "1025"),
        ("CLOGIN_HASHING_QUEUE", ""),
        ("CLOGIN_EVENT_BUFFER", "all"),
        ("CLOGIN_DNS_SERVER", "9.9.9.9"),
        ("CLOGIN_REQUIRE_TIMESTAMP", "perhaps"),
    ];
    for command in ["serve", "config"] {
        let output = clogin("mysql://", &[command])
            .envs(settings)
            .output()
            .unwrap();
        let said = refused(&output);
        for variable in settings
            .map(|(name, _)| name)
            .iter()
            .chain(&["CLOGIN_DATABASE_URL"])
        {
            assert_eq!(said.matches(variable).count(), 1, "{variable} in {said}");
        }
        assert_eq!(said.lines().count(), settings.len() + 1, "{said}");
    }
}

#[test]
fn the_settings_are_shown_without_secrets() {
    let output = clogin(
        "postgres://app:s3cret@db/clogin?sslmode=require&password=s3cret",
        &["config"],
    )
    .env("CLOGIN_MAIL_URL", "smtps://app:s3cret@mail.example")
    .output()
    .unwrap();
    let shown = done(&output);
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(
        shown.contains(
            "CLOGIN_DATABASE_URL=postgres://app:***@db/clogin?sslmode=require&password=***\n"
        ),
        "{shown}"
    );
    assert!(
        shown.contains("CLOGIN_MAIL_URL=smtps://app:***@mail.example\n"),
        "{shown}"
    );
    assert!(shown.contains("CLOGIN_LISTEN=127.0.0.1:8080\n"), "{shown}");
}

#[test]
fn help_says_what_there_is() {
    let help = done(&process::run("sqlite://x", &["--help"]));
    for word in [
        "serve",
        "apply",
        "schema",
        "admin",
        "config",
        "CLOGIN_DATABASE_URL",
        "Examples:",
    ] {
        assert!(help.contains(word), "{word}");
    }
    let wrong = process::run("sqlite://x", &["servee"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(!done(&process::run("sqlite://x", &["--version"])).is_empty());
}
