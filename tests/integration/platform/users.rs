//! Making, reading, changing people; and what is refused.

use serde_json::{Value, json};

use super::{PREFIXES, asks_by_index, created, fails, get, ok, send};
use crate::support::TestApp;

const USERS: &str = "/core/v1/users";

#[track_caller]
fn bad_body(answer: &crate::support::client::Answer, param: &str, value: Value, msg: &str) {
    let detail = json!({ "value": value, "msg": msg, "param": param, "location": "body" });
    fails(
        answer,
        400,
        "BadRequest",
        "Validation Error",
        json!([detail]),
    );
}

#[test]
fn a_person_is_made_read_and_changed() {
    let app = TestApp::start();
    let given = json!({
        "claims": { "givenName": "Patrick", "address": { "city": "Auckland" }, "n": [1.0, null, "7"] },
        "authenticationProvider": {
            "providerId": "41458e5a-9092-40b7-9a26-d4eb43c5792f", "url": "https://idp.example/x?y=z",
            "subjectId": "oauth2|123",
        },
    });
    let user = created(&app, given.clone());
    let id = user["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id, "claims": given["claims"], "authenticationProvider": given["authenticationProvider"],
    });
    assert_eq!(user.to_string(), expected.to_string());
    for prefix in PREFIXES {
        let answer = get(&app, &format!("{prefix}/users/{}", id.to_uppercase()));
        assert_eq!(ok(&answer), expected);
    }
    // Claims are replaced as a whole, and what is not named stays.
    let path = format!("{USERS}/{id}");
    let change = json!({ "id": "x", "claims": { "familyName": "Lee" } });
    let changed = ok(&send(&app, "PUT", &path, &change.to_string()));
    assert_eq!(changed["claims"], json!({ "familyName": "Lee" }));
    assert_eq!(
        changed["authenticationProvider"],
        given["authenticationProvider"]
    );
    // Texts are kept as they are given, empty ones too.
    let change =
        json!({ "authenticationProvider": { "providerId": "", "url": "", "subjectId": "9" } });
    let changed = ok(&send(&app, "PUT", &path, &change.to_string()));
    assert_eq!(
        changed["authenticationProvider"],
        change["authenticationProvider"]
    );
    let change = json!({ "authenticationProvider": { "subjectId": "9" } });
    ok(&send(&app, "PUT", &path, &change.to_string()));
    let expected = json!({
        "id": id, "claims": { "familyName": "Lee" }, "authenticationProvider": { "subjectId": "9" },
    });
    assert_eq!(ok(&get(&app, &path)), expected);
}

#[test]
fn nothing_has_to_be_given() {
    let app = TestApp::start();
    let user = created(&app, json!({}));
    assert_eq!(user, json!({ "id": user["id"], "claims": {} }));
    let known = created(&app, json!({ "claims": {}, "locale": "de", "other": 1 }));
    assert_eq!(known, json!({ "id": known["id"], "claims": {} }));
}

#[test]
fn people_of_the_action_api_are_here_too() {
    let app = TestApp::start();
    let uuid = app
        .direct()
        .texts("SELECT uuid AS text FROM users WHERE id = 9001")
        .remove(0);
    let user = ok(&get(&app, &format!("{USERS}/{uuid}")));
    assert_eq!(user, json!({ "id": uuid, "claims": {} }));
}

#[test]
fn what_is_wrong_is_named() {
    let app = TestApp::start();
    let id = created(&app, json!({}))["id"].as_str().unwrap().to_owned();
    let before = app.direct().dump();
    let deep = (1..17).fold(json!({}), |inner, _| json!({ "a": inner }));
    let large = json!({ "a": "x".repeat(64 * 1024) });
    let many = json!({ "a": vec![1; 501] });
    let long = "x".repeat(256);
    let long_url = "x".repeat(2_049);
    for (body, param, value, msg) in [
        (
            json!({ "claims": null }),
            "claims",
            json!(null),
            "Must be an object",
        ),
        (
            json!({ "claims": [] }),
            "claims",
            json!([]),
            "Must be an object",
        ),
        (
            json!({ "claims": deep }),
            "claims",
            deep.clone(),
            "Must have at most 16 levels",
        ),
        (
            json!({ "claims": large }),
            "claims",
            large.clone(),
            "Must have at most 65536 bytes",
        ),
        (
            json!({ "claims": many }),
            "claims",
            many.clone(),
            "Must have at most 500 values",
        ),
        (
            json!({ "authenticationProvider": 7 }),
            "authenticationProvider",
            json!(7),
            "Must be an object",
        ),
        (
            json!({ "authenticationProvider": {} }),
            "authenticationProvider.subjectId",
            json!(null),
            "Is required",
        ),
        (
            json!({ "authenticationProvider": { "subjectId": 7 } }),
            "authenticationProvider.subjectId",
            json!(7),
            "Must be a string",
        ),
        (
            json!({ "authenticationProvider": { "subjectId": long } }),
            "authenticationProvider.subjectId",
            json!(long),
            "Must have 1 to 255 characters",
        ),
        (
            json!({ "authenticationProvider": { "subjectId": "" } }),
            "authenticationProvider.subjectId",
            json!(""),
            "Must have 1 to 255 characters",
        ),
        (
            json!({ "authenticationProvider": { "subjectId": "x", "url": long_url } }),
            "authenticationProvider.url",
            json!(long_url),
            "Must have 0 to 2048 characters",
        ),
        (
            json!({ "claims": { "a": ["\u{0}"] } }),
            "claims.a[0]",
            json!("\u{0}"),
            "Must not hold control characters other than tab and line breaks",
        ),
    ] {
        let text = body.to_string();
        bad_body(&send(&app, "POST", USERS, &text), param, value.clone(), msg);
        bad_body(
            &send(&app, "PUT", &format!("{USERS}/{id}"), &text),
            param,
            value,
            msg,
        );
    }
    let answer = send(&app, "PUT", &format!("{USERS}/{id}"), "{}");
    bad_body(
        &answer,
        "claims",
        json!(null),
        "Is required, or authenticationProvider",
    );
    for body in ["", "{", "[]", "7", r#"{"claims":{"a":1,"a":2}}"#] {
        let answer = send(&app, "POST", USERS, body);
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (400, &json!("BadRequest")),
            "{body}"
        );
    }
    let answer = app.client.send(
        "POST",
        USERS,
        &[
            (
                "Authorization",
                "Bearer 5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11",
            ),
            ("Content-Type", "text/plain"),
        ],
        b"{}",
    );
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (415, &json!("UnsupportedMediaType"))
    );
    assert_eq!(app.direct().dump(), before);
}

#[test]
fn a_whole_number_that_cannot_be_kept_is_refused() {
    let app = TestApp::start();
    let id = created(&app, json!({}))["id"].as_str().unwrap().to_owned();
    let before = app.direct().dump();
    let body = r#"{"claims":{"a":[18446744073709551615,"[-",{"n":-9223372036854775809}]}}"#;
    let msg = "Must be a whole number of at most 64 bits, or a string";
    for (method, path) in [
        ("POST", USERS.to_owned()),
        ("PUT", format!("{USERS}/{id}")),
        ("POST", format!("{USERS}/search")),
    ] {
        let answer = send(&app, method, &path, body);
        let rounded = json!(-9_223_372_036_854_775_809.0_f64);
        bad_body(&answer, "claims.a[2].n", rounded, msg);
    }
    let answer = send(
        &app,
        "POST",
        &format!("{USERS}/{id}/credentials"),
        r#"{"number":123456789012345678901}"#,
    );
    bad_body(
        &answer,
        "number",
        json!(123_456_789_012_345_678_901.0_f64),
        msg,
    );
    assert_eq!(app.direct().dump(), before);
    // Other numbers are kept.
    let body = r#"{"claims":{"a":[18446744073709551615,-9223372036854775808,1e30,-0,12.5]}}"#;
    let answer = send(&app, "PUT", &format!("{USERS}/{id}"), body);
    let expected: Value = serde_json::from_str(body).unwrap();
    assert_eq!(ok(&answer)["claims"], expected["claims"]);
}

#[test]
fn a_link_is_one_persons() {
    let app = TestApp::start();
    let link = |provider: Option<&str>, subject: &str| {
        let mut link = json!({ "subjectId": subject });
        if let Some(provider) = provider {
            link["providerId"] = json!(provider);
        }
        json!({ "authenticationProvider": link })
    };
    created(&app, link(Some("p"), "1"));
    created(&app, link(Some("p"), "2"));
    created(&app, link(None, "1"));
    let other = created(&app, link(Some("q"), "1"));
    let path = format!("{USERS}/{}", other["id"].as_str().unwrap());
    for taken in [link(Some("p"), "1"), link(None, "1")] {
        for (method, path) in [("POST", USERS), ("PUT", &path)] {
            let answer = send(&app, method, path, &taken.to_string());
            let message = "Another user has this subject of this provider.";
            fails(&answer, 400, "Conflict", message, json!([]));
        }
    }
    // Its own it can be given again.
    ok(&send(&app, "PUT", &path, &link(Some("q"), "1").to_string()));
}

#[test]
fn an_id_is_a_uuid_of_the_organization() {
    let app = TestApp::start();
    let other = app
        .direct()
        .texts("SELECT uuid AS text FROM users WHERE organization_id = 2")
        .remove(0);
    let body = json!({ "claims": {} }).to_string();
    let dump = app.direct().dump();
    for (method, path) in [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/credentials"),
    ] {
        for id in ["0190f3c2-7a34-7cc1-9d0e-5a7f0f8f3b11", other.as_str()] {
            let answer = send(&app, method, &format!("{USERS}/{id}{path}"), &body);
            fails(&answer, 404, "NotFound", "Not found.", json!([]));
        }
        for id in ["x", "0190f3c27a347cc19d0e5a7f0f8f3b11", "9001"] {
            let answer = send(&app, method, &format!("{USERS}/{id}{path}"), &body);
            let detail = json!({ "value": id, "msg": "Must be a UUID", "param": "id", "location": "params" });
            fails(
                &answer,
                400,
                "BadRequest",
                "Validation Error",
                json!([detail]),
            );
        }
    }
    assert_eq!(app.direct().dump(), dump);
}

#[test]
fn each_route_has_its_statements() {
    let app = TestApp::start_with(|config| config.pool_size = 1);
    let id = created(&app, json!({ "claims": { "a": 1 } }))["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("{USERS}/{id}");
    let count = |method: &str, path: &str, body: Value| {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let statements = app.statements_of(|| {
            assert!(send(&app, method, path, &body).status < 300);
        });
        statements.len()
    };
    let claims = json!({ "claims": { "a": 1, "b": { "c": [1, 2, 3] } } });
    // The person, its values, the count, its events.
    assert_eq!(count("POST", USERS, claims.clone()), 4);
    assert_eq!(count("GET", &path, json!(null)), 1);
    // The person, its values away and anew, its events.
    assert_eq!(count("PUT", &path, claims), 4);
    assert_eq!(count("GET", USERS, json!(null)), 1);
    assert_eq!(
        count(
            "POST",
            &format!("{USERS}/search"),
            json!({ "claims": { "a": 1 } })
        ),
        1
    );
    // A look at each key.
    let two = json!({ "claims": { "a": 1, "b": { "c": [2] } } });
    assert_eq!(count("POST", &format!("{USERS}/search"), two), 3);
    let subject = json!({ "authenticationProvider": { "subjectId": "x" }, "claims": { "a": 1 } });
    assert_eq!(count("POST", &format!("{USERS}/search"), subject), 1);
    assert_eq!(count("GET", &format!("{path}/credentials"), json!(null)), 2);
    // The person, its row held, the credential, its events.
    assert_eq!(count("POST", &format!("{path}/credentials"), json!({})), 4);
    let deleted = count("DELETE", &path, json!(null));
    // Three of them empty SQLite's journal.
    assert!(deleted <= 23, "{deleted}");
}

#[test]
fn nothing_goes_through_everybody() {
    let app = TestApp::start();
    let body = json!({
        "claims": { "a": 1, "b": "c" },
        "authenticationProvider": { "providerId": "p", "url": "u", "subjectId": "s" },
    });
    let id = created(&app, body.clone())["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("{USERS}/{id}");
    let search = format!("{USERS}/search");
    let cursor = "Y3JlYXRlZEF0PTIwMjAtMDgtMjVUMDY6NDY6MDkuNTEwWiZpZD1h";
    let searches = [
        json!({}),
        json!({ "cursor": cursor }),
        body.clone(),
        json!({ "claims": body["claims"], "cursor": cursor }),
        json!({ "authenticationProvider": { "providerId": "p" } }),
        json!({ "authenticationProvider": { "url": "u" }, "cursor": cursor }),
        json!({ "authenticationProvider": { "subjectId": "s" }, "cursor": cursor }),
    ];
    for wanted in searches {
        asks_by_index(&app, || {
            ok(&send(&app, "POST", &search, &wanted.to_string()));
        });
    }
    for path in [
        USERS.to_owned(),
        format!("{USERS}?cursor={cursor}"),
        path.clone(),
        format!("{path}/credentials?cursor={cursor}"),
    ] {
        asks_by_index(&app, || {
            ok(&get(&app, &path));
        });
    }
    asks_by_index(&app, || {
        assert_eq!(send(&app, "PUT", &path, &body.to_string()).status, 200);
    });
    asks_by_index(&app, || {
        assert_eq!(send(&app, "DELETE", &path, "").status, 204);
    });
}
