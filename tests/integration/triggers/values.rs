//! The values that conditions name: those that an answer can be, in whatever form they are given.

use serde_json::{Value, json};

use super::{Lab, TARGET, add_product, apply_groups, field_is, group, reversed};
use crate::support::TestApp;
use crate::support::client::{Answer, SERVER};

/// Makes a trigger by the API: a field with this value adds a product.
fn make(lab: Lab, field: &str, value: Value) -> Answer {
    let doc = json!({
        "action": { "product_id": lab.id(TARGET), "action_type": "add_product" },
        "conditions": { "condition_list": [{ "field_id": field, "field_value": value }] },
    });
    let body = json!({ "action": "create", "group_id": 5000, "doc": doc });
    let path = "/reg/api2/triggers/";
    lab.app
        .client
        .send("POST", path, &SERVER, body.to_string().as_bytes())
}

#[test]
fn no_trigger_that_the_api_makes_keeps_a_file_from_being_applied() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |_| Vec::new());
    for (field, value) in [
        ("a", json!("yes")),
        ("a", json!("")),
        ("n", json!(7)),
        ("n", json!("seven")),
        ("n", json!("")),
        ("born", json!("2016-04-01")),
        ("born", json!("soon")),
    ] {
        let answer = make(lab, field, value.clone());
        let is_refused = matches!(value.as_str(), Some("" | "seven" | "soon"));
        assert_eq!(
            answer.status,
            if is_refused { 422 } else { 200 },
            "{field} {value}"
        );
        // Panics where the file is refused.
        apply_groups(&app, vec![group(0, Vec::new())]);
    }
}

/// The lab, with a field of more types.
fn with_fields(triggers: Vec<Value>) -> Value {
    let mut group = group(0, triggers);
    let fields = group["forms"][0]["fields"].as_array_mut().unwrap();
    let field =
        |name: &str, kind: &str| json!({ "id": format!("f_{name}"), "name": name, "type": kind });
    fields.extend([field("swims", "yes_no"), field("height", "decimal")]);
    group
}

/// (field, value of the condition, answer that is it, answer that is not)
fn cases() -> [(&'static str, Value, Value, Value); 4] {
    [
        ("swims", json!(1), json!(true), json!(false)),
        ("swims", json!("true"), json!("yes"), json!("no")),
        ("height", json!("1.50"), json!(1.5), json!(1.51)),
        ("n", json!("01"), json!(1), json!(10)),
    ]
}

#[track_caller]
fn comes_and_goes(lab: Lab, field: &str, answer: &Value, other: &Value) {
    let me = lab.parent();
    lab.update(&me, json!({ field: other }));
    assert_eq!(lab.cart(&me), [0; 0], "{field} {other}");
    lab.update(&me, json!({ field: answer }));
    assert_eq!(lab.cart(&me), [TARGET], "{field} {answer}");
}

#[test]
fn a_value_of_the_api_is_compared_as_answers_are_stored() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |_| Vec::new());
    apply_groups(&app, vec![with_fields(Vec::new())]);
    for (field, value, answer, other) in cases() {
        assert_eq!(make(lab, field, value).status, 200, "{field}");
        comes_and_goes(lab, field, &answer, &other);
    }
}

#[test]
fn a_value_of_a_file_is_compared_as_answers_are_stored_and_stays_as_it_is_written() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |_| Vec::new());
    for (field, value, answer, other) in cases() {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let action = add_product(lab.id(TARGET));
        let file = with_fields(vec![reversed(field_is(field, &value), action)]);
        apply_groups(&app, vec![file.clone()]);
        comes_and_goes(lab, field, &answer, &other);
        // Nothing is there to be done: it is written as it was given.
        assert!(!apply_groups(&app, vec![file]).is_changed, "{field}");
    }
}
