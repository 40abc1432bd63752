//! `create` beyond its fixtures: what is stored, and what a project of its own needs.

use clogin::project::apply::{self, ApplyOptions};
use clogin::project::check;
use serde_json::{Value, json};

use crate::support::direct::spoiled;
use crate::support::{TestApp, create, get_info};

/// Applies a project file, as `clogin apply` does.
fn apply(app: &TestApp, file: &Value) {
    let parsed = check::parse("test.json", file.to_string().as_bytes()).unwrap();
    let files = vec![("test.json".to_owned(), parsed)];
    app.block_on(apply::apply(&app.app, files, ApplyOptions::default()))
        .unwrap();
}

const TYPES: [&str; 10] = [
    "text",
    "textarea",
    "integer",
    "decimal",
    "date",
    "email",
    "phone",
    "yes_no",
    "single_choice",
    "multiple_choice",
];

/// A project with a field of every type, each named like its type.
fn every_type() -> Value {
    let fields: Vec<_> = TYPES
        .iter()
        .map(|name| {
            let mut field = json!({ "id": format!("f_50_{name}"), "name": name, "type": name, "required": true });
            if name.ends_with("choice") {
                field["options"] = json!(["<i>Red</i>", "Green"]);
            }
            field
        })
        .collect();
    json!({
        "organization": { "id": 1, "name": "Riverside Music", "event_level": 3 },
        "groups": [{
            "id": 1050, "name": "Every type", "settings": { "dns_check": false },
            "forms": [{ "id": 50, "name": "All", "fields": fields }],
        }],
    })
}

#[test]
fn every_type_of_field_is_stored_and_answered() {
    let app = TestApp::start();
    apply(&app, &every_type());
    // As sent, and as answered.
    let rows = [
        ("text", json!("Tryon"), json!("Tryon")),
        ("textarea", json!("a\nb"), json!("a\nb")),
        ("integer", json!("007"), json!("7")),
        ("decimal", json!("2.50"), json!("2.50")),
        ("date", json!("2016-02-29"), json!("2016-02-29")),
        (
            "email",
            json!("Ray@riverside.example"),
            json!("Ray@riverside.example"),
        ),
        (
            "phone",
            json!(4_915_112_345_678_i64),
            json!("4915112345678"),
        ),
        ("yes_no", json!(1), json!("yes")),
        ("single_choice", json!("Red"), json!("<i>Red</i>")),
        (
            "multiple_choice",
            json!(["Green", "Red", "Green"]),
            json!(["Green", "<i>Red</i>"]),
        ),
    ];
    let pick = |index: usize| -> Value {
        rows.iter()
            .map(|row| (row.0.to_owned(), [&row.1, &row.2][index].clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let created = app.post(create(1050, pick(0))).json();
    assert_eq!(created["success"], true, "{created}");
    assert_eq!(created["meta_info"]["completed_forms"], "1");
    let clogin = created["user_info"]["clogin_id"].as_str().unwrap();
    let asked: Value = TYPES
        .iter()
        .map(|name| ((*name).to_owned(), json!(true)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    assert_eq!(
        app.post(get_info(1050, clogin, asked)).json()["doc"],
        pick(1)
    );
}

#[test]
fn every_type_of_field_refuses_by_its_path_and_nothing_is_stored() {
    let app = TestApp::start();
    apply(&app, &every_type());
    let dump = app.direct().dump();
    let doc = json!({
        "text": true, "textarea": {}, "integer": "1.5", "decimal": "1e3", "date": "2015-02-29", "email": "x@y\r\nBcc: z@y.example",
        "phone": "call me", "yes_no": "maybe", "single_choice": "red", "multiple_choice": ["Green", "Blue"],
    });
    let answer = app.post(create(1050, doc));
    assert_eq!(answer.status, 422);
    let errors = answer.json()["errors"].clone();
    let found: Vec<_> = errors
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["path"].clone())
        .collect();
    assert_eq!(found, TYPES.map(|name| json!(format!("doc.{name}"))));
    assert_eq!(app.direct().dump(), dump);
}

#[test]
fn an_answer_has_at_most_64_kib() {
    let app = TestApp::start();
    let most = "x".repeat(64 * 1024);
    assert_eq!(
        app.post(create(1001, json!({ "remarks": most }))).status,
        200
    );
    let answer = app.post(create(1001, json!({ "remarks": format!("{most}x") })));
    let rule = "must have at most 65536 bytes";
    let errors = json!([{ "path": "doc.remarks", "code": "too_long", "msg": rule }]);
    crate::support::failure(
        &answer,
        "validation_failed",
        "The request is not valid.",
        errors,
    );
}

#[test]
fn a_password_is_kept_as_an_argon2id_hash_only() {
    let app = TestApp::start();
    let doc = json!({ "username": "nina@riverside.example", "password": "rumba at midnight" });
    let headers = [("Idempotency-Key", "with a password")];
    assert_eq!(
        app.client.users_with(&headers, create(1001, doc)).status,
        200
    );
    let mut direct = app.direct();
    assert!(!direct.dump().contains("rumba"));
    let hashes = direct
        .texts("SELECT password_hash AS text FROM users WHERE username = 'nina@riverside.example'");
    assert!(
        hashes[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hashes:?}"
    );
    assert_eq!(app.post(create(1001, json!({}))).status, 200);
    assert_eq!(
        direct.number(
            "SELECT count(*) FROM users WHERE username LIKE 'u-%' AND password_hash IS NOT NULL"
        ),
        0
    );
}

#[test]
fn a_made_username_can_be_read_out() {
    let app = TestApp::start();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..40 {
        let name = app.post(create(1001, json!({}))).json()["meta_info"]["u_name"]
            .as_str()
            .unwrap()
            .to_owned();
        let letters = name.strip_prefix("u-").unwrap();
        assert!(
            letters.len() == 12 && letters.chars().all(|letter| letter.is_ascii_alphanumeric()),
            "{name}"
        );
        assert!(seen.insert(name));
    }
}

#[test]
fn what_a_registration_is_made_of_agrees() {
    let app = TestApp::start();
    let utm = json!({ "_utm": { "campaign": "spring", "id": 7, "term": null }, "home_town": "Tryon", "_application_date": "2026-12-31" });
    let created = app.post(create(1001, utm)).json();
    let clogin = created["user_info"]["clogin_id"].as_str().unwrap();
    let mut direct = app.direct();
    let one = |direct: &mut crate::support::direct::Direct, column: &str| {
        let sql = format!("SELECT {column} AS text FROM registrations WHERE clogin_id = {clogin}");
        serde_json::from_str::<Value>(&direct.texts(&sql)[0]).unwrap()
    };
    assert_eq!(
        one(&mut direct, "utm"),
        json!({ "campaign": "spring", "id": "7" })
    );
    assert_eq!(one(&mut direct, "answers"), json!({ "f_1_1": "Tryon" }));
    let counted = direct.number("SELECT sum(users) FROM group_totals WHERE group_id = 1001");
    assert_eq!(
        counted,
        direct.number("SELECT count(*) FROM registrations WHERE group_id = 1001")
    );
}

#[test]
fn a_login_that_ended_cannot_be_registered_again() {
    let app = TestApp::start();
    app.direct()
        .execute("UPDATE users SET deleted_at = created_at WHERE id = 9003");
    let mut body = create(1001, json!({}));
    body["clogin_id"] = json!(9003);
    let answer = app.post(body);
    crate::support::failure(
        &answer,
        "user_not_found",
        "No such user in this project.",
        json!([]),
    );
}

#[test]
fn a_call_that_fails_half_way_leaves_nothing() {
    let app = TestApp::start();
    app.direct().spoil();
    let headers = [("Idempotency-Key", "half")];
    assert_eq!(app.post(create(1001, spoiled())).status, 200);
    let dump = app.direct().dump();
    for _ in 0..2 {
        let answer = app.client.users_with(&headers, create(1001, spoiled()));
        assert_eq!(answer.status, 500);
        let msg = "Something went wrong on our side.";
        crate::support::failure(&answer, "internal", msg, json!([]));
        assert_eq!(app.direct().dump(), dump);
    }
    app.direct().execute("DROP INDEX spoil");
    let answer = app.client.users_with(&headers, create(1001, spoiled()));
    assert_eq!(answer.status, 200);
}
