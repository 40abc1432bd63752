//! The values that conditions name: those that an answer can be, in whatever form they are given.

use serde_json::{Value, json};

use super::{Lab, apply_groups, group};
use crate::support::TestApp;
use crate::support::client::{Answer, SERVER};

/// Makes a trigger by the API: a field with this value adds a product.
fn make(lab: Lab, field: &str, value: Value) -> Answer {
    let doc = json!({
        "action": { "product_id": lab.id(super::TARGET), "action_type": "add_product" },
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
