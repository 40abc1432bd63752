//! Schemas of single values, as every surface takes them.

use serde_json::{Map, Value, json};

use super::operation::reference;

/// Of texts: no control character but tab and line breaks.
pub(super) const TEXT: &str = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$";

/// What the other schemas are made of.
pub(super) fn components() -> Map<String, Value> {
    let components = [
        (
            "Id",
            json!({
                "description": "An id, as a number or as decimal digits.",
                "anyOf": [
                    { "type": "integer", "format": "int64", "minimum": 1 },
                    { "type": "string", "pattern": "^0*[1-9][0-9]{0,17}$" },
                ],
            }),
        ),
        (
            "OptionalId",
            json!({
                "description": "An id, or none: null, false, 0, \"\" and \"0\" are none.",
                "anyOf": [
                    { "type": "integer", "format": "int64", "minimum": 0 },
                    { "type": "string", "pattern": "^[0-9]{0,18}$" },
                    { "type": "boolean", "enum": [false] },
                    { "type": "null" },
                ],
            }),
        ),
        (
            "Flag",
            json!({
                "description": "True or false; null is as good as nothing.",
                "anyOf": [
                    { "type": "boolean" },
                    { "type": "integer", "enum": [0, 1] },
                    { "type": "string", "enum": ["0", "1", "true", "false"] },
                    { "type": "null" },
                ],
            }),
        ),
        (
            "Text",
            json!({
                "description": "A text; a number is taken as one.",
                "anyOf": [{ "type": "string" }, { "type": "number" }],
            }),
        ),
        (
            "OptionalText",
            json!({
                "description": "A text; a number is taken as one, and null as an empty one.",
                "anyOf": [{ "type": "string" }, { "type": "number" }, { "type": "null" }],
            }),
        ),
        (
            "FieldAnswer",
            json!({
                "description": "The answer to a field: of a multiple choice an array of strings. null, \"\" and [] clear it.",
                "anyOf": [
                    { "type": "string" },
                    { "type": "number" },
                    { "type": "boolean" },
                    { "type": "array", "items": { "type": "string" } },
                    { "type": "null" },
                ],
            }),
        ),
        (
            "NoDocument",
            json!({
                "description": "Nothing: null, {} and [] are the same.",
                "anyOf": [
                    { "type": "object", "maxProperties": 0 },
                    { "type": "array", "items": {}, "maxItems": 0 },
                    { "type": "null" },
                ],
            }),
        ),
        (
            "Value",
            json!({
                "description": "Any JSON, without control characters but tab and line breaks.",
                "anyOf": [
                    { "type": ["null", "boolean", "number"] },
                    { "type": "string", "pattern": TEXT },
                    { "type": "array", "items": reference("Value") },
                    {
                        "type": "object",
                        "propertyNames": { "pattern": TEXT },
                        "patternProperties": { "": reference("Value") },
                    },
                ],
            }),
        ),
    ];
    let components = components.map(|(name, schema)| (name.to_owned(), schema));
    Map::from_iter(components)
}

/// An object with these keys and no other.
pub(super) fn closed(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// An object in which further keys may stand, whatever they hold.
pub(super) fn document(properties: Value) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "propertyNames": { "pattern": TEXT },
        // Not `additionalProperties`: makers of clients follow these, and some lose their way in what holds itself.
        "patternProperties": { "": reference("Value") },
    })
}

/// One of these, or an array of them.
pub(super) fn one_or_many(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "array", "items": schema, "minItems": 1 }] })
}
