//! URLs and methods that there are not.

use serde_json::json;

use super::bad_input::is_a_failure;
use crate::support::client::{SERVER, USERS};
use crate::support::{TestApp, failure};

#[test]
fn urls_that_do_not_exist() {
    let app = TestApp::start();
    for (method, path) in [
        ("GET", "/"),
        ("POST", "/reg/api2"),
        ("POST", "/reg/api2/users/1"),
        ("POST", "/reg/api2/Users/"),
        ("POST", "//reg/api2/users/"),
        ("POST", "/reg/api2/users//"),
        ("GET", "/reg/api2/users/../../etc/passwd"),
        ("GET", "/%2e%2e/%00"),
        ("PATCH", "/healthz/x"),
        ("OPTIONS", "/x"),
    ] {
        let answer = app.client.send(method, path, &[], b"");
        is_a_failure(&answer);
        failure(
            &answer,
            "not_found",
            "There is nothing at this URL.",
            json!([]),
        );
    }
    for method in ["GET", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
        let answer = app.client.send(method, USERS, &SERVER, b"");
        is_a_failure(&answer);
        assert_eq!(answer.header("allow"), Some("POST"), "{method}");
        failure(
            &answer,
            "method_not_allowed",
            "This URL takes POST only.",
            json!([]),
        );
    }
}
