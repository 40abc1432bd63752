//! URLs, methods and callers that there are not.

use serde_json::json;

use super::{PREFIXES, bearer, fails, send};
use crate::support::TestApp;

#[test]
fn urls_that_do_not_exist() {
    let app = TestApp::start();
    for prefix in PREFIXES {
        for path in [
            "",
            "/",
            "/x",
            "/analytics",
            "/events/x",
            "/analytics/events/x",
            "//events",
        ] {
            let answer = send(&app, "GET", &format!("{prefix}{path}"), "");
            fails(
                &answer,
                404,
                "NotFound",
                "There is nothing at this URL.",
                json!([]),
            );
        }
    }
}

#[test]
fn methods_that_do_not_exist() {
    let app = TestApp::start();
    for prefix in PREFIXES {
        for path in ["/events", "/analytics/event-types/"] {
            for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"] {
                let answer = send(&app, method, &format!("{prefix}{path}"), "");
                assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method}");
                let message = "This URL takes GET, HEAD only.";
                fails(&answer, 405, "MethodNotAllowed", message, json!([]));
            }
            let answer = send(&app, "HEAD", &format!("{prefix}{path}"), "");
            assert_eq!((answer.status, answer.text.as_str()), (200, ""));
        }
    }
    let answer = send(&app, "GET", "/oauth/token", "");
    assert_eq!(answer.header("allow"), Some("POST"));
    fails(
        &answer,
        405,
        "MethodNotAllowed",
        "This URL takes POST only.",
        json!([]),
    );
}

#[test]
fn callers_that_may_not() {
    let app = TestApp::start();
    let (name, wrong) = bearer("wrong");
    for headers in [&[][..], &[(name, wrong.as_str())], &[(name, "Basic eDp5")]] {
        let answer = app.client.send("GET", "/v1/events", headers, b"");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        fails(&answer, 401, "Unauthorized", "Unauthorized", json!([]));
    }
    let (name, publishable) = bearer("pub-riverside-camp-7d1f0c64");
    let origin = ("Origin", "https://camp.riverside.example");
    let answer = app
        .client
        .send("GET", "/v1/events", &[(name, &publishable), origin], b"");
    fails(
        &answer,
        403,
        "Forbidden",
        "A publishable key may not do this.",
        json!([]),
    );
    let answer = app
        .client
        .send("GET", "/v1/events", &[(name, &publishable)], b"");
    assert_eq!(
        (answer.status, answer.json()["code"].clone()),
        (403, json!("Forbidden"))
    );
}
