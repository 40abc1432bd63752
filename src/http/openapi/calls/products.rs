//! The documents of products and their categories.

use serde_json::{Map, Value, json};

use crate::http::openapi::operation::reference;
use crate::http::openapi::values::{closed, one_or_many};

fn of_each(names: &[&str], schema: &Value) -> Vec<(String, Value)> {
    let with_schema = |name: &&str| ((*name).to_owned(), schema.clone());
    names.iter().map(with_schema).collect()
}

/// A new product.
pub(super) fn product() -> Value {
    let date = json!({
        "description": "YYYY-MM-DD; \"\", false, 0 and \"0\" are none.",
        "anyOf": [
            { "type": "string" },
            { "type": "boolean", "enum": [false] },
            { "type": "integer", "enum": [0] },
            { "type": "null" },
        ],
    });
    let texts = [
        "product_price",
        "product_type",
        "product_short_remarks",
        "location",
        "internalid",
        "misc1",
        "misc2",
        "percent",
    ];
    let dates = [
        "product_start_date",
        "product_end_date",
        "product_activity_start_date",
        "product_activity_end_date",
    ];
    let flags = [
        "only_one",
        "visible",
        "lock_once_funds_allocated",
        "lock_once_added",
        "lock_once_paid",
        "waitlist",
    ];
    let ids = ["cat_id", "quota", "holder"];
    let others = [
        ("base_product_type", reference("Text")),
        ("product_name", reference("Text")),
        (
            "discounted",
            json!({ "anyOf": [
                one_or_many(&reference("OptionalId")),
                { "type": "array", "items": {}, "maxItems": 0 },
            ] }),
        ),
        (
            "recurring",
            json!({
                "description": "{interval, every, count}, as in the project file.",
                "type": ["object", "null"],
            }),
        ),
    ];
    let properties = of_each(&texts, &reference("OptionalText"))
        .into_iter()
        .chain(of_each(&dates, &date))
        .chain(of_each(&flags, &reference("Flag")))
        .chain(of_each(&ids, &reference("OptionalId")))
        .chain(others.map(|(name, schema)| (name.to_owned(), schema)));
    let properties: Map<_, _> = properties.collect();
    closed(
        &["base_product_type", "product_name"],
        Value::Object(properties),
    )
}

/// What is said of a category.
pub(super) fn category() -> Map<String, Value> {
    let texts = [
        "category_name",
        "category_top_remark",
        "category_bottom_remark",
    ];
    let flags = ["interchange_category", "mandatory_category"];
    of_each(&texts, &reference("OptionalText"))
        .into_iter()
        .chain(of_each(&flags, &reference("Flag")))
        .chain(of_each(
            &["category_quota_ordered"],
            &reference("OptionalId"),
        ))
        .collect()
}
