//! Whether the domain of an e-mail address takes mail: project 1003 asks, of a DNS server of our own.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::client::Answer;
use crate::support::dns::DnsServer;
use crate::support::{TestApp, create, failure};

fn start() -> (TestApp, DnsServer) {
    let dns = DnsServer::start();
    let app = TestApp::start_with(|config| config.dns_server = Some(dns.address));
    (app, dns)
}

fn register(app: &TestApp, group: i64, address: &str) -> Answer {
    app.post(create(group, json!({ "main_email": address })))
}

#[test]
fn a_domain_that_does_not_exist_or_takes_no_mail_is_refused() {
    let (app, dns) = start();
    let dump = app.direct().dump();
    for domain in ["gone.example", "nullmx.example"] {
        let answer = register(&app, 1003, &format!("nina@{domain}"));
        assert_eq!(answer.status, 422);
        let rule = "has a domain that does not exist or takes no mail";
        let errors = json!([{ "path": "doc.main_email", "code": "unknown_domain", "msg": rule }]);
        failure(
            &answer,
            "validation_failed",
            "The request is not valid.",
            errors,
        );
        assert!(dns.queries(domain) > 0);
    }
    assert_eq!(app.direct().dump(), dump);
}

#[test]
fn whatever_else_dns_says_is_accepted() {
    let (app, dns) = start();
    for domain in ["mail.example", "nodata.example", "servfail.example"] {
        let began = Instant::now();
        let answer = register(&app, 1003, &format!("nina@{domain}"));
        assert_eq!(answer.status, 200, "{domain}: {}", answer.text);
        assert!(began.elapsed() < Duration::from_secs(5), "{domain}");
        assert!(dns.queries(domain) > 0, "{domain}");
    }
}

#[test]
fn a_server_that_never_answers_holds_up_for_two_seconds() {
    let (app, dns) = start();
    let began = Instant::now();
    let answer = register(&app, 1003, "nina@silent.example");
    assert_eq!(answer.status, 200, "{}", answer.text);
    let took = began.elapsed();
    assert!(
        took >= Duration::from_millis(1_500) && took < Duration::from_secs(4),
        "{took:?}"
    );
    assert!(dns.queries("silent.example") > 0);
}

#[test]
fn answers_are_kept() {
    let (app, dns) = start();
    for (domain, status) in [
        ("mail.example", 200),
        ("gone.example", 422),
        ("nullmx.example", 422),
    ] {
        assert_eq!(
            register(&app, 1003, &format!("first@{domain}")).status,
            status
        );
        let asked = dns.queries(domain);
        for number in 0..5 {
            assert_eq!(
                register(&app, 1003, &format!("n{number}@{domain}")).status,
                status
            );
        }
        assert_eq!(dns.queries(domain), asked, "{domain}");
    }
}

#[test]
fn dns_is_asked_only_where_it_matters() {
    let (app, dns) = start();
    // A project that does not ask; addresses that fail by their form; other fields.
    assert_eq!(register(&app, 1001, "nina@gone.example").status, 200);
    assert_eq!(register(&app, 1003, "nina@gone.example.").status, 422);
    let doc = json!({ "username": "nina2@gone.example" });
    assert_eq!(app.post(create(1003, doc)).status, 200);
    assert_eq!(dns.queries("gone.example"), 0);
}
