//! Whatever is sent: the answer is the contract's JSON, and nothing is changed. The usual cases are fixtures; here is what
//! no fixture can hold.

use serde_json::json;

use crate::support::client::{Answer, SERVER, USERS};
use crate::support::{TestApp, create, failure};

const KEYS: [&str; 8] = [
    "success",
    "msg",
    "msg_type",
    "code",
    "errors",
    "request_id",
    "user_info",
    "meta_info",
];

fn send(app: &TestApp, body: &[u8]) -> Answer {
    app.client.send("POST", USERS, &SERVER, body)
}

/// The shape of a failure, whatever it says.
#[track_caller]
pub fn is_a_failure(answer: &Answer) {
    assert!((400..500).contains(&answer.status), "{answer:?}");
    let body = answer.json();
    let keys: Vec<_> = body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(keys, KEYS);
    assert_eq!(
        (&body["success"], &body["msg_type"]),
        (&json!(false), &json!("error"))
    );
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(body["request_id"].as_str(), answer.header("x-request-id"));
}

fn create_with(doc: &str) -> Vec<u8> {
    format!(r#"{{"action":"create","group_id":1001,"doc":{doc}}}"#).into_bytes()
}

#[test]
fn bytes_that_are_no_json() {
    let app = TestApp::start();
    let dump = app.direct().dump();
    let mut bodies = vec![
        create_with("{\"first_name\":\"\u{1}\"}"),
        create_with(r#"{"first_name":"\ud83d\u0041"}"#),
        create_with(r#"{"first_name":"\udc00"}"#),
        create_with(r#"{"first_name":1e999}"#),
        create_with(r#"{"first_name":NaN}"#),
        create_with(r#"{"first_name":'Nina'}"#),
        create_with("{}").into_iter().chain([0]).collect(),
        [b"\xef\xbb\xbf".to_vec(), create_with("{}")].concat(),
        create_with(&"[".repeat(100_000)),
        create_with(&"{\"a\":".repeat(100_000)),
    ];
    for bytes in [
        &b"\xff"[..],
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc3",
    ] {
        bodies.push(
            [
                &br#"{"action":"create","group_id":1001,"doc":{"first_name":""#[..],
                bytes,
                br#""}}"#,
            ]
            .concat(),
        );
        bodies.push(
            [
                &br#"{"action":"create","group_id":1001,""#[..],
                bytes,
                br#"":1}"#,
            ]
            .concat(),
        );
    }
    // UTF-16.
    bodies.push(
        String::from_utf8_lossy(&create_with("{}"))
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    );
    for body in bodies {
        let answer = send(&app, &body);
        is_a_failure(&answer);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "invalid_json"),
            "{}",
            answer.text
        );
        assert_eq!(answer.json()["errors"], json!([]));
    }
    assert_eq!(app.direct().dump(), dump);
}

#[test]
fn every_key_of_the_envelope_refuses_every_wrong_type() {
    let app = TestApp::start();
    let dump = app.direct().dump();
    let wrong = |key: &str| match key {
        "doc" => vec![json!(true), json!(1), json!("{}"), json!([[]]), json!([{}])],
        "action" => vec![
            json!(null),
            json!(true),
            json!(1),
            json!([]),
            json!({}),
            json!(""),
        ],
        "submit_forms" | "disable_email_sending" => {
            vec![
                json!(2),
                json!(-1),
                json!(1.5),
                json!("yes"),
                json!(""),
                json!([]),
                json!({}),
            ]
        }
        _ => vec![
            json!(true),
            json!(-1),
            json!(1.5),
            json!("x"),
            json!(" 1"),
            json!("1e3"),
            json!([]),
            json!({}),
            json!(1e30),
            json!(u64::MAX),
        ],
    };
    for key in [
        "action",
        "group_id",
        "clogin_id",
        "doc",
        "connected_to",
        "submit_forms",
        "disable_email_sending",
    ] {
        for value in wrong(key) {
            let mut body = create(1001, json!({}));
            body[key] = value.clone();
            let answer = app.post(body);
            is_a_failure(&answer);
            if value == json!("") && key == "action" {
                assert_eq!(answer.code(), "unknown_action");
                continue;
            }
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (422, "validation_failed"),
                "{key} {value}"
            );
            let errors = answer.json()["errors"].clone();
            assert_eq!(
                (errors.as_array().unwrap().len(), &errors[0]["path"]),
                (1, &json!(key)),
                "{errors}"
            );
        }
    }
    assert_eq!(app.direct().dump(), dump);
}

#[test]
fn every_special_field_refuses_every_wrong_type() {
    let app = TestApp::start();
    let dump = app.direct().dump();
    let fields = [
        "username",
        "password",
        "first_name",
        "last_name",
        "org_name",
        "main_email",
        "_application_date",
        "_utm",
    ];
    for field in fields {
        for value in [json!(true), json!({ "a": 1 }), json!([1])] {
            let answer = app.post(create(1001, json!({ field: value })));
            is_a_failure(&answer);
            assert_eq!(answer.status, 422, "{field} {value}");
            let path = answer.json()["errors"][0]["path"].clone();
            assert!(
                path.as_str().unwrap().starts_with(&format!("doc.{field}")),
                "{path}"
            );
        }
    }
    assert_eq!(app.direct().dump(), dump);
}

#[test]
fn an_answer_to_bad_input_stays_small() {
    let app = TestApp::start();
    let long = "k".repeat(500_000);
    // A key of half a megabyte, with a hundred thousand control characters under it.
    let many = vec!["\u{7f}"; 100_000];
    let started = std::time::Instant::now();
    for body in [
        json!({ "action": "create", "group_id": 1001, "doc": { long.as_str(): many } }),
        json!({ "action": "create", "group_id": 1001, "doc": many }),
        json!({ "action": "create", "group_id": 1001, format!("{long}\u{7f}"): many }),
    ] {
        let answer = app.post(body);
        is_a_failure(&answer);
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json()["errors"][0]["code"], "control_character");
        assert!(answer.text.len() < 500_000, "{}", answer.text.len());
    }
    // The nearest known key is not looked for at any price.
    let answer = app.post(json!({ "action": "create", "group_id": 1001, long: 1 }));
    assert_eq!(answer.code(), "unknown_parameter");
    assert!(
        started.elapsed() < std::time::Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn an_unknown_key_is_named_as_far_as_it_is_of_use() {
    let app = TestApp::start();
    let long = "k".repeat(900_000);
    let one = |key: &str, value: serde_json::Value| json!({ key: value });
    let of_ella = |action: &str, doc: serde_json::Value| json!({ "action": action, "group_id": 1001, "clogin_id": 9001, "doc": doc });
    let many = |key: &str| json!({ format!("{key}1"): 1, format!("{key}2"): 1 });
    for (body, codes) in [
        (create(1001, one(&long, json!(1))), "field_not_found"),
        (
            create(1001, json!({ "_utm": one(&long, json!(1)) })),
            "validation_failed",
        ),
        (one(&long, json!(1)), "unknown_parameter"),
        (
            of_ella("set_status", one(&long, json!(1))),
            "unknown_parameter",
        ),
        (of_ella("update", one(&long, json!("x"))), "field_not_found"),
        (
            of_ella("get_info", one(&long, json!(true))),
            "field_not_found",
        ),
        (
            of_ella("get_info", one(&long, json!("x"))),
            "validation_failed",
        ),
        (
            of_ella("get_info", json!({ "_usercart": one(&long, json!(1)) })),
            "validation_failed",
        ),
        (
            of_ella("add_email", json!({ "email_list": one(&long, json!(1)) })),
            "validation_failed",
        ),
        (
            of_ella(
                "add_product",
                json!({ "product_list": one(&long, json!(1)) }),
            ),
            "validation_failed",
        ),
        (
            of_ella("update", many(&"k".repeat(400_000))),
            "field_not_found",
        ),
    ] {
        let answer = app.post(body);
        is_a_failure(&answer);
        assert_eq!(answer.code(), codes);
        assert!(answer.text.len() < 5_000, "{}", answer.text.len());
        let path = answer.json()["errors"][0]["path"].clone();
        assert!(path.as_str().unwrap().ends_with("kkk…"), "{path}");
    }
}

#[test]
fn the_path_of_a_control_character_is_as_it_was_sent() {
    let app = TestApp::start();
    let answer = app.post(create(1001, json!({ "größe": "a\u{0}" })));
    let rule = "must not hold control characters other than tab and line breaks";
    let errors = json!([{ "path": "doc.größe", "code": "control_character", "msg": rule }]);
    failure(
        &answer,
        "validation_failed",
        "The request is not valid.",
        errors,
    );
}

#[test]
fn bodies_that_are_not_json_by_their_type() {
    let app = TestApp::start();
    let dump = app.direct().dump();
    for media_type in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/json",
        "application/xml",
        "application/json; charset=utf-16",
        "application/jsonx",
        "",
        ";",
        "application",
    ] {
        let answer = app
            .client
            .users_with(&[("Content-Type", media_type)], create(1001, json!({})));
        is_a_failure(&answer);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (415, "unsupported_media_type"),
            "{media_type}"
        );
    }
    assert_eq!(app.direct().dump(), dump);
}
