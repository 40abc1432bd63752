//! Mail servers that want TLS and somebody who logs in, and the real binary.

use std::io::Write as _;
use std::sync::Arc;

use clogin::app::App;
use clogin::clock::Clock;
use clogin::ids::Ids;
use serde_json::json;

use super::{app_with_url, await_state, queue_all, queue_one, template};
use crate::support::database::TestDatabase;
use crate::support::direct::Direct;
use crate::support::process::Server;
use crate::support::smtp::tls::{Authority, Identity};
use crate::support::smtp::{Auth, Manners, SmtpServer, Tls};
use crate::support::{config, until};

const HOST: &str = "127.0.0.1";

const PLAIN: Auth = Auth {
    mechanism: "PLAIN",
    user: "app",
    password: "p@ss/word",
};
const LOGIN: Auth = Auth {
    mechanism: "LOGIN",
    ..PLAIN
};

/// A URL for a server, logging in or not: `{}` stands for the host and the port.
fn url(server: &SmtpServer, pattern: &str) -> String {
    pattern.replace("{}", &format!("{HOST}:{}", server.port()))
}

/// What becomes of one message that the real binary sends: its state, and why.
fn sent_by_the_binary(server: &SmtpServer, pattern: &str, trusted: &Authority) -> (String, String) {
    let database = TestDatabase::new();
    let app = App::new(config(database.target.clone()), Clock::System, Ids::Random).unwrap();
    actix_web::rt::System::new().block_on(async {
        queue_all(&app, vec![template(json!({}))], app.clock.now()).await;
    });
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&trusted.pem()).unwrap();
    let mail_url = url(server, pattern);
    let settings = [
        ("CLOGIN_MAIL_URL", mail_url.as_str()),
        ("SSL_CERT_FILE", file.path().to_str().unwrap()),
    ];
    let mut node = Server::start(&database.target, &settings);
    let mut direct = Direct::open(&database.target);
    until(|| direct.number("SELECT count(*) FROM emails WHERE attempts > 0") == 1);
    node.terminate();
    assert!(node.wait().success());
    assert!(!node.log().contains("word"), "{}", node.log());
    let mut text = |column: &str| {
        let sql = format!("SELECT coalesce({column}, '') AS text FROM emails");
        direct.texts(&sql).remove(0)
    };
    (text("state"), text("last_error"))
}

fn offering(identity: Identity) -> Tls {
    Tls::Offered(Arc::new(identity))
}

fn implicit(identity: Identity) -> Tls {
    Tls::Implicit(Arc::new(identity))
}

type Kind = fn(Identity) -> Tls;

/// Each way to TLS: what the server does, and the URL.
const WAYS: [(Kind, &str); 3] = [
    (offering, "smtp://app:p%40ss%2Fword@{}?tls=required"),
    (offering, "smtp://app:p%40ss%2Fword@{}?tls=opportunistic"),
    (implicit, "smtps://app:p%40ss%2Fword@{}"),
];

#[test]
fn a_server_whose_certificate_is_trusted_gets_the_message_encrypted() {
    let authority = Authority::new();
    for (auth, (tls, pattern)) in [PLAIN, LOGIN, PLAIN].into_iter().zip(WAYS) {
        let server = SmtpServer::with(Manners {
            tls: tls(authority.identify(HOST)),
            auth: Some(auth),
            ..Manners::default()
        });
        let (state, error) = sent_by_the_binary(&server, pattern, &authority);
        assert_eq!((state.as_str(), error.as_str()), ("sent", ""), "{pattern}");
        let accepted = server.accepted();
        assert_eq!(accepted.len(), 1, "{pattern}");
        assert!(accepted[0].encrypted, "{pattern}");
        assert_eq!(accepted[0].user, "app", "{pattern}");
    }
}

#[test]
fn a_server_that_cannot_prove_who_it_is_gets_neither_password_nor_message() {
    let authority = Authority::new();
    for (tls, pattern) in WAYS {
        for identity in [
            Authority::new().identify(HOST),
            authority.identify("mail.elsewhere.example"),
        ] {
            let server = SmtpServer::with(Manners {
                tls: tls(identity),
                auth: Some(PLAIN),
                ..Manners::default()
            });
            let (state, error) = sent_by_the_binary(&server, pattern, &authority);
            assert_eq!(state, "retrying", "{pattern}");
            assert!(error.contains("certificate"), "{pattern}: {error}");
            assert_eq!(server.deliveries(), []);
            let heard = server.heard();
            assert!(
                !heard.iter().any(|line| line.starts_with("AUTH")),
                "{heard:?}"
            );
        }
    }
}

#[test]
fn without_tls_where_it_is_required_nothing_is_said() {
    let server = SmtpServer::with(Manners {
        tls: Tls::None,
        auth: Some(PLAIN),
        ..Manners::default()
    });
    let test = app_with_url(&url(&server, "smtp://app:p%40ss%2Fword@{}?tls=required"));
    let id = queue_one(&test);
    let email = await_state(&test, id, "retrying", 1);
    let error = email.last_error.unwrap();
    assert!(error.contains("STARTTLS"), "{error}");
    assert!(
        server
            .heard()
            .iter()
            .all(|line| line.starts_with("EHLO") || line == "QUIT")
    );
}

#[test]
fn without_tls_where_it_is_only_wished_for_it_goes_as_it_is() {
    let server = SmtpServer::with(Manners {
        tls: Tls::None,
        auth: Some(LOGIN),
        ..Manners::default()
    });
    let test = app_with_url(&url(
        &server,
        "smtp://app:p%40ss%2Fword@{}?tls=opportunistic",
    ));
    let id = queue_one(&test);
    await_state(&test, id, "sent", 1);
    let accepted = server.accepted();
    assert_eq!(
        (accepted[0].encrypted, accepted[0].user.as_str()),
        (false, "app")
    );
}

/// TLS is not begun where nobody asked for it.
#[test]
fn an_offer_is_not_taken_without_being_asked_for() {
    let server = SmtpServer::with(Manners {
        tls: offering(Authority::new().identify(HOST)),
        auth: None,
        ..Manners::default()
    });
    let test = app_with_url(&url(&server, "smtp://{}"));
    let id = queue_one(&test);
    await_state(&test, id, "sent", 1);
    assert!(!server.accepted()[0].encrypted);
}

/// A password can be set right: the message waits.
#[test]
fn a_login_that_fails_is_tried_again() {
    for (auth, pattern, code) in [
        (Some(PLAIN), "smtp://app:wrong@{}", "535"),
        (Some(LOGIN), "smtp://app:wrong@{}", "535"),
        (Some(PLAIN), "smtp://{}", "530"),
        (None, "smtp://app:p%40ss%2Fword@{}", "authentication"),
    ] {
        let server = SmtpServer::with(Manners {
            tls: Tls::None,
            auth,
            ..Manners::default()
        });
        let test = app_with_url(&url(&server, pattern));
        let id = queue_one(&test);
        let email = await_state(&test, id, "retrying", 1);
        let error = email.last_error.unwrap();
        assert!(error.contains(code), "{pattern}: {error}");
        assert_eq!(server.deliveries(), []);
    }
}
