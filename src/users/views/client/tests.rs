use serde_json::json;

use super::*;

fn read(body: Value) -> Result<Given, Vec<(String, String)>> {
    let locales = ["en".to_owned(), "de".to_owned()];
    Given::read_client(body.as_object().unwrap(), &locales).map_err(|error| {
        let errors = error.errors().iter().cloned();
        errors.map(|error| (error.path, error.msg)).collect()
    })
}

#[test]
fn what_is_not_named_is_not_given() {
    assert_eq!(read(json!({})), Ok(Given::default()));
    let unknown = json!({ "id": 7, "username": "x", "claims": { "a": 1 } });
    assert_eq!(read(unknown), Ok(Given::default()));
}

#[test]
fn what_is_given_is_kept_as_it_is() {
    let properties = json!({ "external_id": "abc", "n": [1.0, { "deep": null }] });
    let given = read(json!({
        "email": " Ella@Example.com ", "locale": "de", "custom_properties": properties,
    }))
    .unwrap();
    assert_eq!(given.email, Some(Some("Ella@Example.com".to_owned())));
    assert_eq!(given.locale.as_deref(), Some("de"));
    let kept = given.custom_properties.unwrap().map(Value::Object);
    assert_eq!(kept, Some(properties));
    let nothing = read(json!({ "email": null, "custom_properties": null })).unwrap();
    assert_eq!(nothing.email, Some(None));
    assert_eq!(nothing.custom_properties, Some(None));
}

#[test]
fn each_field_says_what_is_wrong() {
    let nested = |levels: usize| {
        let inner = (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }));
        json!({ "custom_properties": inner })
    };
    let many = |count: usize| json!({ "custom_properties": { "a": vec![1; count] } });
    let large = |count: usize| json!({ "custom_properties": { "a": "x".repeat(count) } });
    for body in [nested(8), many(8_000), large(16 * 1024 - 8)] {
        assert!(read(body).is_ok());
    }
    let long = format!("{}@example.com", "x".repeat(250));
    for (body, key, msg) in [
        (
            json!({ "email": "nina@" }),
            "email",
            "Enter a valid email address.",
        ),
        (
            json!({ "email": 7 }),
            "email",
            "Enter a valid email address.",
        ),
        (
            json!({ "email": "nina@[127.0.0.1]" }),
            "email",
            "Enter a valid email address.",
        ),
        (json!({ "email": [] }), "email", "Not a valid string."),
        (
            json!({ "email": " " }),
            "email",
            "This field may not be blank.",
        ),
        (
            json!({ "email": long }),
            "email",
            "Ensure this field has no more than 254 characters.",
        ),
        (
            json!({ "email": "a\u{0}@example.com" }),
            "email",
            CONTROL_CHARACTERS,
        ),
        (
            json!({ "locale": "fr" }),
            "locale",
            "\"fr\" is not a valid choice.",
        ),
        (
            json!({ "locale": ["en"] }),
            "locale",
            "\"[\"en\"]\" is not a valid choice.",
        ),
        (
            json!({ "locale": null }),
            "locale",
            "This field may not be null.",
        ),
        (
            json!({ "custom_properties": [] }),
            "custom_properties",
            "Expected a dictionary of items but got type \"list\".",
        ),
        (
            json!({ "custom_properties": { "a\u{7}": 1 } }),
            "custom_properties",
            CONTROL_CHARACTERS,
        ),
        (
            json!({ "custom_properties": { "external_id": 7 } }),
            "custom_properties",
            "external_id must be a string or null.",
        ),
        (
            nested(9),
            "custom_properties",
            "Ensure this field has no more than 8 levels.",
        ),
        (
            many(8_200),
            "custom_properties",
            "Ensure this field has no more than 16384 bytes.",
        ),
        (
            large(16 * 1024 - 7),
            "custom_properties",
            "Ensure this field has no more than 16384 bytes.",
        ),
    ] {
        let expected = vec![(key.to_owned(), msg.to_owned())];
        assert_eq!(read(body.clone()), Err(expected), "{body}");
    }
    let all = read(json!({ "email": "", "locale": "", "custom_properties": "" }));
    assert_eq!(all.unwrap_err().len(), 3);
}
