//! What the log may hold: the real binary, with everything logged.

use serde_json::{Value, json};

use crate::support::client::{Client, SERVER, USERS};
use crate::support::create;
use crate::support::database::TestDatabase;
use crate::support::direct::{Direct, spoiled};
use crate::support::dns::DnsServer;
use crate::support::process::Server;

/// Each is in some call below, and nowhere else.
const SECRETS: [&str; 19] = [
    "path-private",
    "METHOD-PRIVATE",
    "id-private@",
    "5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11",
    "pub-riverside-camp-7d1f0c64",
    "wrong-token-99887766",
    "wrong-bearer-55443322",
    "api@riverside.example",
    "stranger@riverside.example",
    "rumba at midnight",
    "short1!",
    "simone-private",
    "mail.example",
    "not-an-address",
    "Tryon-private",
    "+1 828 555 0100",
    "Nina-private",
    "half-a-secret",
    "key-private",
];

fn documents() -> Vec<Value> {
    vec![
        json!({
            "username": "simone-private@riverside.example", "password": "rumba at midnight", "first_name": "Nina-private",
            "main_email": "simone-private@mail.example", "home_town": "Tryon-private", "telephone": "+1 828 555 0100",
        }),
        // Good in each project, and taken on the second time.
        json!({ "main_email": "simone-private@mail.example", "first_name": "Nina-private" }),
        json!({ "username": "simone-private@riverside.example", "password": "rumba at midnight" }),
        json!({ "password": "short1!", "main_email": "not-an-address", "telephone": "+1 828 555 0100 x Tryon-private" }),
        json!({ "home_town": "Tryon-private", "last_name": "Nina-private" }),
        json!({ "Nina-private": "rumba at midnight", "home_town": { "a": "Tryon-private" } }),
        json!({ "first_name": "Nina-private\u{0}" }),
    ]
}

fn call_in_every_way(client: &Client) {
    let keyed = [("Idempotency-Key", "key-private")];
    for group in [1001, 1003, 2001] {
        for doc in documents() {
            client.users(create(group, doc.clone()));
            client.users_with(&keyed, create(group, doc.clone()));
            client.users_with(&keyed, create(group, doc));
        }
    }
    let body = create(1001, documents()[0].clone()).to_string();
    let token = ("Api-token", "wrong-token-99887766");
    let [id, user, _] = SERVER;
    let publishable = ("Authorization", "Bearer pub-riverside-camp-7d1f0c64");
    let callers: [&[(&str, &str)]; 5] = [
        &[id, user, token],
        &[id, ("Api-user", "stranger@riverside.example"), SERVER[2]],
        &[("Authorization", "Bearer wrong-bearer-55443322")],
        &[publishable],
        &[publishable, ("Origin", "https://camp.riverside.example")],
    ];
    for headers in callers {
        client.send("POST", USERS, headers, body.as_bytes());
    }
    for broken in [
        "{\"half-a-secret",
        "\"half-a-secret\"",
        "[\"half-a-secret\"]x",
        r#"{"half-a-secret":1,"half-a-secret":2}"#,
    ] {
        client.send("POST", USERS, &SERVER, broken.as_bytes());
    }
    let bearer = (
        "Authorization",
        "Bearer 5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11",
    );
    for body in [
        json!({ "email": "simone-private@mail.example", "custom_properties": { "a": "Tryon-private" } }),
        json!({ "email": "not-an-address", "locale": "Tryon-private" }),
    ] {
        let body = body.to_string();
        client.send("POST", "/api/v1/users/", &[bearer], body.as_bytes());
    }
    for path in ["/core/v1/users", "/core/v1/users/search"] {
        for body in [
            json!({ "claims": { "a": "Tryon-private" }, "authenticationProvider": { "subjectId": "key-private" } }),
            json!({ "claims": "Tryon-private", "limit": "half-a-secret" }),
        ] {
            client.send("POST", path, &[bearer], body.to_string().as_bytes());
        }
    }
    for secret in [
        "5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11",
        "wrong-token-99887766",
    ] {
        let body = json!({ "client_id": 501, "client_secret": secret, "grant_type": "client_credentials" });
        client.send("POST", "/oauth/token", &[], body.to_string().as_bytes());
    }
    for filter in [
        "email=simone-private@mail.example",
        "custom_properties__a=Tryon-private",
    ] {
        client.send("GET", &format!("/api/v1/users/?{filter}"), &[bearer], b"");
    }
    let paths = [
        "/path-private@mail.example",
        "/api/v1/path-private",
        "/api/v1/users/id-private@mail.example",
        "/api/v1/users/id-private@mail.example/restore/",
        "/core/v1/users/id-private@mail.example",
        "/core/v1/users/id-private%40mail.example/credentials",
        "/v1/path-private",
        "/docs/path-private",
        "/reg/api2/users/path-private",
        "/healthz/path-private",
    ];
    for path in paths {
        for method in ["GET", "DELETE", "METHOD-PRIVATE"] {
            client.send(method, path, &[bearer], b"");
        }
    }
    client.send(
        "GET",
        "/reg/api2/users/?Api-token=5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11",
        &[],
        b"",
    );
}

#[test]
fn the_log_holds_no_secret_and_nothing_personal() {
    let (database, dns) = (TestDatabase::new(), DnsServer::start());
    let address = dns.address.to_string();
    let settings = [
        ("CLOGIN_LOG", "trace"),
        ("CLOGIN_DNS_SERVER", address.as_str()),
    ];
    let mut server = Server::start(&database.target, &settings);
    call_in_every_way(&server.client);
    // Faults are logged with their causes.
    let mut direct = Direct::open(&database.target);
    direct.spoil();
    let mut doc = documents().remove(0);
    for username in ["simone-private@one.example", "simone-private@two.example"] {
        doc["_utm"] = spoiled()["_utm"].clone();
        doc["username"] = json!(username);
        server.client.users(create(1001, doc.clone()));
    }
    direct.execute("ALTER TABLE group_totals RENAME TO elsewhere");
    call_in_every_way(&server.client);
    server.terminate();
    assert!(server.wait().success());
    let log = server.log();
    for fact in [
        "clogin::request",
        " POST /reg/api2/users/ ",
        " GET /api/v1/users/{id} ",
        " GET /core/v1/users/{id}/credentials ",
        " - - ",
        "status=200",
        "code=unauthenticated",
        "status=500",
        "status=503",
        "group_totals",
    ] {
        assert!(log.contains(fact), "{fact} is not in the log");
    }
    for secret in SECRETS {
        let line = log
            .lines()
            .find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
        assert_eq!(line, None, "{secret}");
    }
    assert!(dns.queries("mail.example") > 0);
    assert!(!log.contains("panicked"));
}
