use serde_json::{Value, json};

use super::*;

/// The problems of a project with one product more: of a holder 12, a discount 13 and an event 11 beside it.
fn product_problems(product: Value) -> Vec<String> {
    let mut product = product;
    product["id"] = json!(14);
    product["name"] = json!("Product");
    let products = json!([
        { "id": 11, "name": "Week one" },
        { "id": 12, "name": "Weeks", "base_product_type": 3 },
        { "id": 13, "name": "Early bird", "base_product_type": 2, "percent": "10" },
        product,
    ]);
    let found = problems(&with("/groups/0/products", products));
    let paths = found.iter().map(|problem| problem.path.as_str());
    let key = |path: &str| path.trim_start_matches("groups[0].products[3].").to_owned();
    paths.map(key).collect()
}

#[test]
fn each_kind_of_product_has_its_own_keys() {
    let session = |more: Value| {
        let mut session = json!({ "base_product_type": 4, "holder": 12,
            "activity_start_date": "2027-03-27", "activity_end_date": "2027-03-29" });
        session
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        session
    };
    for (product, keys) in [
        (
            json!({ "base_product_type": 2, "percent": 12.5, "discounted": [11] }),
            vec![],
        ),
        (json!({ "base_product_type": 2, "price": "5.00" }), vec![]),
        (json!({ "base_product_type": 2 }), vec!["price"]),
        (
            json!({ "base_product_type": 2, "percent": 5, "price": 5 }),
            vec!["percent"],
        ),
        (
            json!({ "base_product_type": 2, "percent": 5, "discounted": [13] }),
            vec!["discounted"],
        ),
        (
            json!({ "base_product_type": 2, "percent": 5, "discounted": [12, 99] }),
            vec!["discounted", "discounted"],
        ),
        (
            json!({ "base_product_type": 2, "percent": 0 }),
            vec!["percent"],
        ),
        (
            json!({ "base_product_type": 2, "percent": "100.01" }),
            vec!["percent"],
        ),
        (
            json!({ "percent": 5, "discounted": [11], "holder": 12 }),
            vec!["percent", "discounted", "holder"],
        ),
        (session(json!({})), vec![]),
        (session(json!({ "holder": 11 })), vec!["holder"]),
        (session(json!({ "holder": null })), vec!["holder"]),
        (
            session(json!({ "activity_start_date": null })),
            vec!["activity_start_date"],
        ),
        (
            session(json!({ "activity_end_date": null })),
            vec!["activity_end_date"],
        ),
        (
            session(json!({ "activity_end_date": "2027-03-26" })),
            vec!["activity_end_date"],
        ),
        (
            session(json!({ "activity_end_date": "2028-03-26" })),
            vec![],
        ),
        (
            session(json!({ "activity_end_date": "2028-03-27" })),
            vec!["activity_end_date"],
        ),
        (json!({ "base_product_type": 3, "quota": 3 }), vec!["quota"]),
        (
            json!({ "base_product_type": 3, "quota": 3, "waitlist": true }),
            vec!["waitlist"],
        ),
        (json!({ "base_product_type": 6, "recurring": {} }), vec![]),
        (
            json!({ "base_product_type": 6, "recurring": { "every": 0, "count": 0 } }),
            vec!["recurring.every", "recurring.count"],
        ),
        (
            json!({ "base_product_type": 6, "recurring": { "interval": "hour" } }),
            vec!["recurring.interval"],
        ),
        (json!({ "recurring": {} }), vec!["recurring"]),
        (
            json!({ "start_date": "2027-02-02", "end_date": "2027-02-02" }),
            vec![],
        ),
        (
            json!({ "start_date": "2027-02-02", "end_date": "2027-02-01" }),
            vec!["end_date"],
        ),
        (json!({ "start_date": "0999-02-02" }), vec!["start_date"]),
        (json!({ "start_date": "02-02-2027" }), vec!["start_date"]),
        (
            json!({ "short_remarks": "x".repeat(1_001), "location": "x".repeat(201) }),
            vec!["short_remarks", "location"],
        ),
    ] {
        assert_eq!(product_problems(product.clone()), keys, "{product}");
    }
}
