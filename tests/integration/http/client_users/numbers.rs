//! Whole numbers are kept as they are sent, or refused.

use serde_json::json;

use super::{BEARER, PEOPLE, got, url};
use crate::support::TestApp;

#[test]
fn a_whole_number_that_cannot_be_kept_is_refused() {
    let app = TestApp::start();
    let dump = app.direct().dump();
    for (properties, path) in [
        (r#"{"n":18446744073709551616}"#, "custom_properties.n"),
        (
            r#"{"s":"1 \" 2","n":[1,{"m":-9223372036854775809}]}"#,
            "custom_properties.n[1].m",
        ),
    ] {
        let body = format!(r#"{{"custom_properties":{properties}}}"#);
        let answer = app.client.send("POST", PEOPLE, &[BEARER], body.as_bytes());
        let sentence = format!("{path} must be a whole number of at most 64 bits, or a string.");
        let expected = json!({ "custom_properties": [sentence] });
        assert_eq!((answer.status, answer.json()), (400, expected));
    }
    assert_eq!(app.direct().dump(), dump);
}

#[test]
fn every_other_number_is_kept() {
    let app = TestApp::start();
    // What is no key of a person is passed over, whatever it is.
    let properties =
        r#"{"a":18446744073709551615,"b":-9223372036854775808,"c":1e30,"d":-0,"e":0.1,"f":1.0}"#;
    let body = format!(r#"{{"x":[100000000000000000000],"custom_properties":{properties}}}"#);
    let answer = app.client.send("POST", PEOPLE, &[BEARER], body.as_bytes());
    assert_eq!(answer.status, 201, "{}", answer.text);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let kept = got(&app, &url(&id))["custom_properties"].clone();
    let expected: serde_json::Value = serde_json::from_str(properties).unwrap();
    assert_eq!(kept, expected);
}
