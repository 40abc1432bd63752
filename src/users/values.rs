//! What a document holds, as keys by which its person is found: see `db/user_values.rs`. A key is the hash of the
//! document, the path and the value, so that neither their lengths nor their number in a row matter.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use crate::db::user_values::Document;

/// The keys of a link to where somebody logs in elsewhere, but of the subject, which has an index of its own.
pub fn of_provider(provider_id: Option<&str>, url: Option<&str>) -> BTreeSet<String> {
    let given = [("providerId", provider_id), ("url", url)];
    given
        .into_iter()
        .filter_map(|(name, text)| Some(key(Document::Provider, name, text?)))
        .collect()
}

/// The keys of claims: of every value with its type, under its JSON pointer (in which an item of an array is `-`,
/// wherever it stands), and of every object and array that there is one.
pub fn of_claims(claims: &Map<String, Value>) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    add_claims(&mut keys, &mut String::new(), claims);
    keys
}

fn add_claims(keys: &mut BTreeSet<String>, path: &mut String, object: &Map<String, Value>) {
    let length = path.len();
    for (name, value) in object {
        path.push('/');
        path.push_str(&escaped(name));
        add_claim(keys, path, value);
        path.truncate(length);
    }
}

fn add_claim(keys: &mut BTreeSet<String>, path: &mut String, value: &Value) {
    keys.insert(claim_key(path, value));
    match value {
        Value::Object(object) => add_claims(keys, path, object),
        Value::Array(items) => {
            let length = path.len();
            path.push_str("/-");
            for item in items {
                add_claim(keys, path, item);
            }
            path.truncate(length);
        }
        _ => {}
    }
}

/// The keys that claims have which contain these: of what is at the ends of all their paths.
pub fn of_searched_claims(claims: &Map<String, Value>) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    each_leaf(claims, &mut String::new(), &mut |pointer, leaf| {
        keys.insert(claim_key(pointer, leaf));
    });
    keys
}

/// Visits what is at the ends of all paths, each with its JSON pointer: no objects and arrays but empty ones.
pub fn each_leaf(
    object: &Map<String, Value>,
    pointer: &mut String,
    visit: &mut impl FnMut(&str, &Value),
) {
    let length = pointer.len();
    for (name, value) in object {
        pointer.push('/');
        pointer.push_str(&escaped(name));
        visit_leaves(value, pointer, visit);
        pointer.truncate(length);
    }
}

fn visit_leaves(value: &Value, pointer: &mut String, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(object) if !object.is_empty() => each_leaf(object, pointer, visit),
        Value::Array(items) if !items.is_empty() => {
            let length = pointer.len();
            pointer.push_str("/-");
            for item in items {
                visit_leaves(item, pointer, visit);
            }
            pointer.truncate(length);
        }
        leaf => visit(pointer, leaf),
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The key of a value of claims; of an object or an array it says only that there is one.
pub fn claim_key(pointer: &str, value: &Value) -> String {
    let typed = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => canonical(number),
        Value::String(text) => format!("\"{text}"),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
    };
    key(Document::Claims, pointer, &typed)
}

/// The same for 7, 7.0 and 0.7e1.
pub fn canonical(number: &Number) -> String {
    /// 2^64: below it a whole number may have been written without a point.
    const LIMIT: f64 = 18_446_744_073_709_551_616.0;
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < LIMIT => {
            // There is a zero below zero.
            format!("{:.0}", float + 0.0)
        }
        _ => number.to_string(),
    }
}

/// The keys of custom properties: of the text of every leaf that has one, under its dotted path (an item of an array
/// stands under its index).
pub fn of_properties(properties: &Map<String, Value>) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (name, value) in properties {
        add_property(&mut keys, name, value);
    }
    keys
}

fn add_property(keys: &mut BTreeSet<String>, path: &str, value: &Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                add_property(keys, &format!("{path}.{name}"), value);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                add_property(keys, &format!("{path}.{index}"), item);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            keys.insert(property_key(path, text));
        }
        Value::Bool(_) | Value::Number(_) => {
            keys.insert(property_key(path, &value.to_string()));
        }
    }
}

/// The key of a leaf of custom properties, by its text: `true`, `7` and `"7"` are what they look like.
pub fn property_key(path: &str, text: &str) -> String {
    key(Document::CustomProperties, path, text)
}

fn key(document: Document, path: &str, value: &str) -> String {
    // None of the three can hold a NUL.
    hex::encode(Sha256::digest(
        format!("{}\0{path}\0{value}", document.name()).as_bytes(),
    ))
}

/// How many leaves a value has: strings, numbers, true, false, null, and objects and arrays with nothing in them.
pub fn leaves(value: &Value) -> usize {
    let of_all = |count: usize, leaves: usize| if count == 0 { 1 } else { leaves };
    match value {
        Value::Object(object) => of_all(object.len(), object.values().map(leaves).sum()),
        Value::Array(items) => of_all(items.len(), items.iter().map(leaves).sum()),
        _ => 1,
    }
}

/// How many levels of objects and arrays a value has, the outermost counted.
pub fn levels(value: &Value) -> usize {
    match value {
        Value::Object(object) => 1 + object.values().map(levels).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> BTreeSet<String> {
        of_claims(value.as_object().unwrap())
    }

    fn properties(value: Value) -> BTreeSet<String> {
        of_properties(value.as_object().unwrap())
    }

    #[test]
    fn claims_are_found_by_value_and_type() {
        assert_eq!(claims(json!({ "a": 7 })), claims(json!({ "a": 7.0 })));
        assert_eq!(claims(json!({ "a": 0 })), claims(json!({ "a": -0.0 })));
        assert_eq!(claims(json!({ "a": -10 })), claims(json!({ "a": -10.0 })));
        let different = [
            json!({ "a": 7 }),
            json!({ "a": "7" }),
            json!({ "a": 7.5 }),
            json!({ "a": -7 }),
            json!({ "a": true }),
            json!({ "a": "true" }),
            json!({ "a": null }),
            json!({ "a": "null" }),
            json!({ "a": {} }),
            json!({ "a": "{}" }),
            json!({ "a": [] }),
            json!({ "b": 7 }),
            json!({ "a/b": 7 }),
            json!({ "a~1b": 7 }),
        ];
        let keys: BTreeSet<_> = different.iter().cloned().flat_map(claims).collect();
        assert_eq!(keys.len(), different.len());
    }

    #[test]
    fn claims_in_objects_and_arrays_have_their_pointers() {
        let document = json!({ "a": { "b/c": [1, { "d": "x" }] } });
        let expected = [
            claim_key("/a", &json!({})),
            claim_key("/a/b~1c", &json!([])),
            claim_key("/a/b~1c/-", &json!(1)),
            claim_key("/a/b~1c/-", &json!({})),
            claim_key("/a/b~1c/-/d", &json!("x")),
        ];
        assert_eq!(claims(document), BTreeSet::from(expected));
    }

    #[test]
    fn properties_are_found_by_the_text_of_their_leaves() {
        let document =
            json!({ "a": { "b": [7, "7", null] }, "a.b.0": 7, "c": true, "d": {}, "e": "" });
        let expected = [
            property_key("a.b.0", "7"),
            property_key("a.b.1", "7"),
            property_key("c", "true"),
            property_key("e", ""),
        ];
        assert_eq!(properties(document), BTreeSet::from(expected));
        assert_ne!(claim_key("a", &json!("x")), property_key("a", "\"x"));
    }

    #[test]
    fn leaves_and_levels_are_counted() {
        for (value, count, depth) in [
            (json!(1), 1, 0),
            (json!({}), 1, 1),
            (json!([[], {}]), 2, 2),
            (json!({ "a": [1, 2, { "b": null }], "c": "" }), 4, 3),
        ] {
            assert_eq!((leaves(&value), levels(&value)), (count, depth), "{value}");
        }
    }
}
