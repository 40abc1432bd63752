//! Answers that depend on more than one call, on headers, or on faults.

use serde_json::json;

use super::{BEARER, PEOPLE, created, get, got, send, url};
use crate::support::TestApp;
use crate::support::client::USERS;

#[test]
fn every_url_of_a_person_is_scoped_by_the_token() {
    let app = TestApp::start();
    let id = created(&app.client, json!({ "email": "nina@riverside.example" }));
    let other = [(
        "Authorization",
        "Bearer c0a80101-3f5b-4a86-8f0c-4be1d3b7a602",
    )];
    let dump = app.direct().dump();
    for (method, path) in [
        ("GET", url(&id)),
        ("HEAD", url(&id)),
        ("PATCH", url(&id)),
        ("DELETE", url(&id)),
        ("POST", format!("{}restore/", url(&id))),
    ] {
        let answer = app.client.send(method, &path, &other, b"{}");
        assert_eq!(answer.status, 404, "{method} {path}");
    }
    for filter in ["", "?email=nina@riverside.example", "?cursor="] {
        let path = format!("{PEOPLE}{filter}");
        let answer = app.client.send("GET", &path, &other, b"");
        assert!(!answer.text.contains(&id), "{path}: {}", answer.text);
    }
    assert_eq!(app.direct().dump(), dump);
}

#[test]
fn bodies_that_say_nothing_or_cannot_be_read() {
    let app = TestApp::start();
    let answer = app.client.send("POST", PEOPLE, &[BEARER], b"null");
    let body = json!({ "non_field_errors": ["No data provided"] });
    assert_eq!((answer.status, answer.json()), (400, body));
    let headers = [BEARER, ("Content-Encoding", "gzip")];
    let answer = app.client.send("POST", PEOPLE, &headers, b"{}");
    let body = json!({ "detail": "The body must not be compressed." });
    assert_eq!((answer.status, answer.json()), (415, body));
}

#[test]
fn a_request_id_and_no_store_on_every_answer() {
    let app = TestApp::start();
    for (path, status) in [(PEOPLE, 200), ("/api/v1/users/x/", 404), ("/api/v1/", 404)] {
        let headers = [BEARER, ("X-Request-Id", "mine.1")];
        let answer = app.client.send("GET", path, &headers, b"");
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-request-id"), Some("mine.1"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[test]
fn the_three_headers_alone_are_no_credentials_here() {
    let app = TestApp::start();
    let headers = crate::support::client::SERVER;
    let answer = app.client.send("GET", PEOPLE, &headers, b"");
    assert_eq!(answer.status, 401, "{}", answer.text);
}

#[test]
fn bodies_have_a_limit() {
    let app = TestApp::start();
    let body = json!({ "unknown": "x".repeat(1024 * 1024) });
    let answer = send(&app.client, "POST", PEOPLE, body);
    assert_eq!(answer.status, 413);
    let detail = json!({ "detail": "The body must have at most 1 MiB." });
    assert_eq!(answer.json(), detail);
    let count = got(&app, PEOPLE)["count"].clone();
    assert_eq!(count, json!(4));
}

#[test]
fn what_goes_wrong_inside_is_not_told() {
    let app = TestApp::start();
    let mut direct = app.direct();
    direct.execute("UPDATE users SET custom_properties = 'secret' WHERE id = 9001");
    let answer = get(&app, PEOPLE);
    assert_eq!(answer.status, 500);
    let detail = json!({ "detail": "A server error occurred." });
    assert_eq!(answer.json(), detail);
    direct.execute("ALTER TABLE group_totals RENAME TO elsewhere");
    for answer in [
        get(&app, PEOPLE),
        send(&app.client, "POST", PEOPLE, json!({})),
    ] {
        assert_eq!(answer.status, 503);
        assert_eq!(answer.header("retry-after"), Some("1"));
        let detail = json!({ "detail": "Service temporarily unavailable, try again later." });
        assert_eq!(answer.json(), detail);
    }
}

#[test]
fn one_made_by_either_surface_is_there_on_the_other() {
    let app = TestApp::start();
    let id = created(&app.client, json!({ "email": "nina@riverside.example" }));
    let clogin = app
        .direct()
        .texts(&format!(
            "SELECT CAST(id AS TEXT) AS text FROM users WHERE uuid = '{id}'"
        ))
        .remove(0);
    let body = json!({
        "action": "create", "group_id": 1001, "clogin_id": clogin,
        "doc": { "main_email": "nina@example.com", "first_name": "Nina" },
    });
    assert_eq!(app.client.users(body).status, 200);
    let expected =
        json!({ "id": id, "email": "nina@example.com", "locale": "en", "custom_properties": null });
    assert_eq!(got(&app, &url(&id)), expected);
    let answer = send(
        &app.client,
        "PATCH",
        &url(&id),
        json!({ "email": "n@example.com" }),
    );
    assert_eq!(answer.status, 200);
    let info = json!({
        "action": "get_info", "group_id": 1001, "clogin_id": clogin, "doc": { "main_email": 1 },
    });
    let info = app.client.send(
        "POST",
        USERS,
        &crate::support::client::SERVER,
        info.to_string().as_bytes(),
    );
    assert_eq!(info.json()["doc"]["main_email"], "n@example.com");
    // No answer shows the clogin_id.
    assert!(!get(&app, PEOPLE).text.contains(&format!("{clogin}\"")));
}

#[test]
fn a_parent_with_children_stays() {
    let app = TestApp::start();
    let id = crate::rest_users::uuid(&app, "9001");
    let answer = app.client.send("DELETE", &url(&id), &[BEARER], b"");
    assert_eq!(answer.status, 400);
    let msg = "The user has children: delete or move them first.";
    assert_eq!(answer.json(), json!({ "non_field_errors": [msg] }));
    assert_eq!(get(&app, &url(&id)).status, 200);
}

#[test]
fn somebody_whose_seats_are_gone_stays_deleted() {
    let app = TestApp::start();
    let kid = crate::rest_users::uuid(&app, "9002");
    assert_eq!(
        app.client.send("DELETE", &url(&kid), &[BEARER], b"").status,
        204
    );
    app.direct()
        .execute("UPDATE product_stock SET sold = quota WHERE product_id = 11");
    let restore = format!("{}restore/", url(&kid));
    let answer = app.client.send("POST", &restore, &[BEARER], b"");
    assert_eq!(answer.status, 400);
    let msg = "A product in the user's cart is sold out.";
    assert_eq!(answer.json(), json!({ "non_field_errors": [msg] }));
    assert_eq!(get(&app, &url(&kid)).status, 404);
}
