//! Filters: each finds exactly who it names, and several find who is found by all.

use serde_json::{Value, json};

use super::{PEOPLE, created, got, ids, send, url};
use crate::support::TestApp;

/// Three people, a second apart.
fn people(app: &TestApp) -> Vec<String> {
    let bodies = [
        json!({
            "email": "One@example.com", "locale": "de",
            "custom_properties": { "external_id": "a b+c&d=ü", "n": 7, "deep": { "er": [true, "x"] } },
        }),
        json!({
            "email": "two@example.com",
            "custom_properties": { "external_id": "two", "n": "7", "deep.er.1": "x" },
        }),
        json!({ "email": "one@EXAMPLE.com", "custom_properties": { "external_id": null, "n": 7.5 } }),
    ];
    bodies
        .map(|body| {
            app.advance_seconds(1);
            created(&app.client, body)
        })
        .into()
}

#[track_caller]
fn expect(app: &TestApp, query: &str, expected: &[&String]) {
    let page = got(app, &format!("{PEOPLE}?{query}"));
    let expected: Vec<String> = expected.iter().map(|id| (*id).clone()).collect();
    assert_eq!(ids(&page), expected, "{query}");
    assert_eq!(page["count"], json!(expected.len()), "{query}");
    let page = got(app, &format!("{PEOPLE}?{query}&cursor=&with_count=true"));
    assert_eq!(ids(&page), expected, "{query}");
    assert_eq!(page["count"], json!(expected.len()), "{query}");
}

#[test]
fn each_filter_finds_whom_it_names() {
    let app = TestApp::start();
    let people = people(&app);
    let [one, two, three] = &people[..] else {
        panic!("three people")
    };
    expect(&app, "external_id=a%20b%2Bc%26d%3D%C3%BC", &[one]);
    expect(&app, "external_id=a+b%2Bc%26d%3D%C3%BC", &[one]);
    expect(&app, "external_id=A+b%2Bc%26d%3D%C3%BC", &[]);
    expect(&app, "external_id=null", &[]);
    expect(&app, "external_id=", &[]);
    expect(&app, "custom_properties__external_id=two", &[two]);
    expect(&app, "custom_properties__n=7", &[one, two]);
    expect(&app, "custom_properties__n=7.5", &[three]);
    expect(&app, "custom_properties__deep.er.0=true", &[one]);
    expect(&app, "custom_properties__deep.er.1=x", &[one, two]);
    expect(&app, "custom_properties__deep=x", &[]);
    expect(&app, "email=ONE@example.com", &[one, three]);
    expect(&app, "email=", &[]);
    expect(&app, "locale=de", &[one]);
    expect(
        &app,
        "locale=en&created_after=2027-01-05T09:00:01Z",
        &[two, three],
    );
    expect(&app, "created_after=2027-01-05T09:00:02Z", &[two, three]);
    expect(
        &app,
        "created_after=2027-01-05T10:00:02%2B01:00",
        &[two, three],
    );
    expect(
        &app,
        "created_after=2027-01-05T10:00:02+01:00",
        &[two, three],
    );
    expect(
        &app,
        "created_after=2027-01-05T09:00:01Z&created_before=2027-01-05T09:00:02Z",
        &[one, two],
    );
    expect(&app, "created_before=2027-01-05", &[]);
    expect(&app, "created_after=2027-01-06", &[]);
    // Several.
    expect(&app, "custom_properties__n=7&external_id=two", &[two]);
    expect(
        &app,
        "custom_properties__n=7&locale=de&email=one@example.com",
        &[one],
    );
    expect(
        &app,
        "custom_properties__n=7&created_after=2027-01-05T09:00:02Z",
        &[two],
    );
    expect(&app, "email=one@example.com&locale=de", &[one]);
    expect(
        &app,
        "email=one@example.com&created_before=2027-01-05T09:00:02Z",
        &[one],
    );
    // Of two the last counts; what is unknown is passed over.
    expect(
        &app,
        "external_id=x&external_id=two&search=nobody&username=x",
        &[two],
    );
}

#[test]
fn what_is_changed_or_gone_is_found_as_it_is() {
    let app = TestApp::start();
    let id = created(
        &app.client,
        json!({ "custom_properties": { "external_id": "x", "a": "b" } }),
    );
    let patch = |body: Value| {
        let answer = send(&app.client, "PATCH", &url(&id), body);
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    patch(
        json!({ "custom_properties": { "external_id": "y" }, "locale": "de", "email": "x@example.com" }),
    );
    expect(&app, "external_id=x", &[]);
    expect(&app, "custom_properties__a=b", &[]);
    for found in ["external_id=y", "locale=de", "email=x@example.com"] {
        expect(&app, found, &[&id]);
    }
    patch(json!({ "custom_properties": null, "email": null }));
    expect(&app, "external_id=y", &[]);
    expect(&app, "email=x@example.com", &[]);
    patch(json!({ "custom_properties": { "external_id": "z" } }));
    let restore = format!("{}restore/", url(&id));
    for (method, path, status, found) in [
        ("DELETE", url(&id), 204, vec![]),
        ("POST", restore, 200, vec![&id]),
    ] {
        let answer = send(&app.client, method, &path, json!({}));
        assert_eq!(answer.status, status);
        expect(&app, "external_id=z", &found);
        expect(&app, "locale=de", &found);
    }
    crate::rest_users::verify(&app);
}

#[test]
fn no_more_properties_than_ten() {
    let app = TestApp::start();
    let query = |count: usize| {
        let filters: Vec<_> = (0..count)
            .map(|number| format!("custom_properties__p{number}=x"))
            .collect();
        filters.join("&")
    };
    let properties: serde_json::Map<String, Value> = (0..10)
        .map(|number| (format!("p{number}"), json!("x")))
        .collect();
    let id = created(&app.client, json!({ "custom_properties": properties }));
    expect(&app, &query(10), &[&id]);
    let answer = super::get(&app, &format!("{PEOPLE}?{}", query(11)));
    assert_eq!(answer.status, 400);
    let msg = "No more than 10 custom properties can be searched by.";
    assert_eq!(answer.json(), json!({ "non_field_errors": [msg] }));
}
