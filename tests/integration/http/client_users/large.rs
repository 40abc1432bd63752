//! Custom properties as large as they may be: however many values are in them.

use serde_json::{Value, json};

use super::{PEOPLE, created, got, ids, send, url};
use crate::support::TestApp;

/// 16 KiB as compact JSON, and two bytes of them for each value.
fn largest(digit: u8) -> Value {
    let mut properties = json!({ "external_id": "many", "a": [] });
    let room = 16 * 1024 - properties.to_string().len();
    properties["a"] = vec![digit; room.div_ceil(2)].into();
    properties
}

#[test]
fn thousands_of_values_are_written_found_changed_and_deleted() {
    let app = TestApp::start();
    let first = largest(1);
    let count = first["a"].as_array().unwrap().len();
    assert!(count > 8_000, "{count}");
    assert!((16_383..=16_384).contains(&first.to_string().len()));
    let mut id = String::new();
    let statements = app.statements_of(|| {
        id = created(&app.client, json!({ "custom_properties": first }));
    });
    assert!(statements.len() <= 6, "{}", statements.len());
    assert_eq!(got(&app, &url(&id))["custom_properties"], first);
    let found = |digit: u8| {
        let last = count - 1;
        let query = format!("{PEOPLE}?custom_properties__a.{last}={digit}&external_id=many");
        ids(&got(&app, &query))
    };
    assert_eq!(found(1), [id.as_str()]);
    let body = json!({ "custom_properties": largest(2) });
    let statements = app.statements_of(|| {
        let answer = send(&app.client, "PATCH", &url(&id), body);
        assert_eq!(answer.status, 200, "{}", answer.text);
    });
    assert!(statements.len() <= 8, "{}", statements.len());
    assert_eq!((found(1), found(2)), (vec![], vec![id.clone()]));
    crate::rest_users::verify(&app);
    let body = json!({ "custom_properties": null });
    assert_eq!(send(&app.client, "PATCH", &url(&id), body).status, 200);
    assert_eq!(app.direct().rows("user_values"), 0);
    let body = json!({ "custom_properties": largest(3) });
    assert_eq!(send(&app.client, "PATCH", &url(&id), body).status, 200);
    let path = format!("/core/v1/users/{id}");
    assert_eq!(send(&app.client, "DELETE", &path, json!({})).status, 204);
    assert_eq!(app.direct().rows("user_values"), 0);
}
