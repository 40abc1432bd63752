//! `clogin serve`, from its start to its end.

use std::time::{Duration, Instant};

use serde_json::json;

use super::refused;
use crate::support::database::TestDatabase;
use crate::support::dns::DnsServer;
use crate::support::process::{self, Server, clogin};
use crate::support::{create, until};

#[test]
fn sigterm_ends_the_server_after_what_runs_is_answered() {
    let (database, dns) = (TestDatabase::new(), DnsServer::start());
    let address = dns.address.to_string();
    let mut server = Server::start(&database.target, &[("CLOGIN_DNS_SERVER", &address)]);
    for path in ["/healthz", "/readyz"] {
        let answer = server.client.send("GET", path, &[], b"");
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (200, r#"{"status":"ok"}"#)
        );
    }
    let client = server.client.clone();
    // Takes two seconds: the resolver is waited for.
    let call = std::thread::spawn(move || {
        client.users(create(1003, json!({ "main_email": "nina@silent.example" })))
    });
    until(|| dns.queries("silent.example") > 0);
    server.terminate();
    let since = Instant::now();
    let answer = call.join().unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let status = server.wait();
    assert_eq!(status.code(), Some(0), "{status}");
    assert!(
        since.elapsed() < Duration::from_secs(10),
        "{:?}",
        since.elapsed()
    );
    assert!(server.client.try_send("GET", "/healthz", &[], b"").is_err());
    let log = server.log();
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn two_servers_can_begin_with_one_empty_database() {
    let database = TestDatabase::empty();
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| Server::start(&database.target, &[])))
            .collect();
        for server in starts.into_iter().map(|start| start.join().unwrap()) {
            assert_eq!(server.client.send("GET", "/readyz", &[], b"").status, 200);
        }
    });
}

#[test]
fn a_port_that_is_in_use_is_said() {
    let database = TestDatabase::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let output = clogin(&process::url(&database.target), &["serve"])
        .env("CLOGIN_LISTEN", &address)
        .output()
        .unwrap();
    assert!(
        refused(&output).contains(&format!("cannot listen on {address}: ")),
        "{output:?}"
    );
}
