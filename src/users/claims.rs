//! Whether claims contain others: every leaf that is asked for is there, with the same value and type.

use serde_json::{Map, Value};

use super::values::canonical;

/// Text matches exactly; 7 is 7.0 and not "7"; null is null. An object in an array has to match within one element.
pub fn contain(claims: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    wanted.iter().all(|(name, wanted)| {
        let value = claims.get(name);
        value.is_some_and(|value| contains(value, wanted))
    })
}

fn contains(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(object), Value::Object(wanted)) => contain(object, wanted),
        (Value::Array(items), Value::Array(wanted)) => wanted
            .iter()
            .all(|wanted| items.iter().any(|item| contains(item, wanted))),
        (Value::Number(number), Value::Number(wanted)) => canonical(number) == canonical(wanted),
        (value, wanted) => value == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(claims: &Value, wanted: &Value) -> bool {
        contain(claims.as_object().unwrap(), wanted.as_object().unwrap())
    }

    #[test]
    fn claims_contain_what_is_in_them() {
        let claims = json!({
            "name": "Ella", "age": 7, "none": null, "empty": {}, "list": [],
            "address": { "city": "Auckland", "lines": ["1 Queen St", 7] },
            "pets": [{ "kind": "cat", "name": "Tom" }, { "kind": "dog", "name": "Rex", "tags": ["a", "b"] }],
            "grid": [[1, 2], [3]],
        });
        for wanted in [
            json!({}),
            claims.clone(),
            json!({ "name": "Ella" }),
            json!({ "age": 7.0 }),
            json!({ "none": null }),
            json!({ "address": {} }),
            json!({ "empty": {} }),
            json!({ "list": [] }),
            json!({ "pets": [] }),
            json!({ "address": { "city": "Auckland" } }),
            json!({ "address": { "lines": [7, "1 Queen St", 7] } }),
            json!({ "pets": [{ "name": "Rex", "kind": "dog" }] }),
            json!({ "pets": [{ "tags": ["b"] }, { "kind": "cat" }, {}] }),
            json!({ "grid": [[2]] }),
        ] {
            assert!(holds(&claims, &wanted), "{wanted}");
        }
        for wanted in [
            json!({ "name": "ella" }),
            json!({ "name": ["Ella"] }),
            json!({ "age": "7" }),
            json!({ "age": 7.5 }),
            json!({ "none": {} }),
            json!({ "none": false }),
            json!({ "other": null }),
            json!({ "empty": [] }),
            json!({ "list": {} }),
            json!({ "name": {} }),
            json!({ "city": "Auckland" }),
            json!({ "pets": [{ "name": "Tom", "kind": "dog" }] }),
            json!({ "pets": { "kind": "cat" } }),
            json!({ "grid": [[1, 3]] }),
        ] {
            assert!(!holds(&claims, &wanted), "{wanted}");
        }
    }
}
