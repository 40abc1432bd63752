use std::collections::HashMap;

use serde_json::{Value, json};

use super::users::{KnownPeople, Role};
use super::*;
use crate::ids::{CloginId, GroupId};

/// A file with one of everything, in which nothing is wrong.
fn sound() -> Value {
    json!({
        "organization": { "id": 1, "name": "Riverside Music" },
        "admins": [
            { "id": 501, "email": "api@riverside.example", "token": "a-long-enough-token" },
            { "id": 502, "email": "web@riverside.example", "kind": "publishable", "groups": [1001],
              "origins": ["https://camp.riverside.example", "http://localhost:3000", "http://[::1]:8080"] }
        ],
        "groups": [{
            "id": 1001, "name": "Camp", "structure": "family",
            "settings": { "from": "Camp <camp@riverside.example>" },
            "forms": [{ "id": 1, "name": "Camper", "fields": [
                { "id": "f_1", "name": "instrument", "type": "multiple_choice", "options": ["Piano", "Drums"] },
                { "id": "f_2", "name": "birth_date", "type": "date" },
                { "id": "f_3", "name": "years", "type": "integer" },
                { "id": "f_4" }
            ] }],
            "categories": [{ "id": 1, "name": "Weeks" }],
            "products": [{ "id": 11, "name": "Week one", "category": 1 }],
            "statuses": [{ "id": 21, "name": "Waiting list" }],
            "email_templates": [{ "id": 31, "name": "Welcome" }],
            "triggers": [{ "id": 41, "name": "Mail",
                "conditions": [{ "on": "field", "field": "years", "at_least": "2", "at_most": "10" }],
                "action": { "type": "send_email", "template": 31 } }]
        }, { "id": 1002, "name": "Conference" }],
        "users": [
            { "clogin_id": 9001, "registrations": [{ "group_id": 1001, "status": 21 }, { "group_id": 1002 }] },
            { "clogin_id": 9002, "registrations": [{ "group_id": 1001, "connected_to": 9001 }] }
        ]
    })
}

/// All problems of a file that meets an empty database.
fn problems(file: &Value) -> Vec<Problem> {
    problems_beside(file, &KnownPeople::default())
}

fn problems_beside(file: &Value, people: &KnownPeople) -> Vec<Problem> {
    match parse("x.json", file.to_string().as_bytes()) {
        Err(problems) => problems,
        Ok(file) => {
            let mut problems = ids::check([("x.json", &file)].into_iter());
            problems.extend(check("x.json", &file, &file.groups, people));
            problems
        }
    }
}

/// The sound file with one value replaced, or put in.
fn with(pointer: &str, value: Value) -> Value {
    let mut file = sound();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match file.pointer_mut(parent).unwrap() {
        Value::Object(object) => {
            object.insert(key.to_owned(), value);
        }
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        other => panic!("{other}"),
    }
    file
}

#[test]
fn the_sound_file_and_the_demos_are_sound() {
    assert_eq!(problems(&sound()), []);
    for text in [
        include_str!("../../../fixtures/demo.json"),
        include_str!("../../../fixtures/demo-other.json"),
    ] {
        assert_eq!(problems(&serde_json::from_str(text).unwrap()), []);
    }
}

/// (where a bad value is put, the value, the path of the one problem that follows).
fn check_table(cases: &[(&str, Value, &str)]) {
    for (pointer, value, path) in cases {
        let found = problems(&with(pointer, value.clone()));
        let paths: Vec<_> = found.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, [*path], "{pointer} = {value}: {found:?}");
        assert!(found.iter().all(|problem| problem.file == "x.json"));
    }
}

#[test]
fn what_serde_refuses_has_a_path() {
    check_table(&[
        ("/organization", json!({ "id": 1 }), "organization"),
        ("/organization/nmae", json!("x"), "organization.nmae"),
        (
            "/groups/0/forms/0/id",
            json!("one"),
            "groups[0].forms[0].id",
        ),
        (
            "/groups/0/forms/0/level",
            json!("adult"),
            "groups[0].forms[0].level",
        ),
        (
            "/groups/0/products/0/price",
            json!("1.234"),
            "groups[0].products[0].price",
        ),
        ("/admins/0/groups", json!("some"), "admins[0].groups"),
        ("/groups/0/name", json!("a\u{7}"), "groups[0].name"),
        ("/whatever", json!(1), "whatever"),
    ]);
    assert_eq!(problems(&json!({}))[0].path, "");
    let twice = parse("x.json", br#"{"organization":1,"organization":2}"#).unwrap_err();
    assert!(twice[0].msg.contains("same key"), "{twice:?}");
}

#[test]
fn organizations_and_admins() {
    check_table(&[
        ("/organization/id", json!(0), "organization.id"),
        ("/organization/id", json!(i64::MAX), "organization.id"),
        ("/organization/name", json!("  "), "organization.name"),
        (
            "/organization/name",
            json!("x".repeat(201)),
            "organization.name",
        ),
        ("/organization/locales", json!([]), "organization.locales"),
        (
            "/organization/locales",
            json!(["en", "x"]),
            "organization.locales[1]",
        ),
        (
            "/organization/locales",
            json!(["de", "DE"]),
            "organization.locales[1]",
        ),
        (
            "/organization/event_level",
            json!(4),
            "organization.event_level",
        ),
        (
            "/organization/event_retention_days",
            json!(0),
            "organization.event_retention_days",
        ),
        ("/admins/0/id", json!(-1), "admins[0].id"),
        ("/admins/1/id", json!(501), "admins[1].id"),
        ("/admins/0/email", json!("api@"), "admins[0].email"),
        ("/admins/0/token", json!("short"), "admins[0].token"),
        (
            "/admins/0/token",
            json!("with some spaces"),
            "admins[0].token",
        ),
        ("/admins/0/token", json!("ä".repeat(12)), "admins[0].token"),
        ("/admins/0/token", json!("x".repeat(256)), "admins[0].token"),
        (
            "/admins/1/token",
            json!("a-long-enough-token"),
            "admins[1].token",
        ),
        ("/admins/0/groups", json!([1001, 7]), "admins[0].groups[1]"),
        (
            "/admins/0/actions",
            json!(["create", "statuses/create", "creat"]),
            "admins[0].actions[2]",
        ),
        (
            "/admins/1/actions",
            json!(["create", "update"]),
            "admins[1].actions[1]",
        ),
        (
            "/admins/0/origins",
            json!(["https://x.example"]),
            "admins[0].origins",
        ),
        ("/admins/1/origins", json!([]), "admins[1].origins"),
        (
            "/admins/1/origins",
            json!(["https://x.example", "https://x.example"]),
            "admins[1].origins[1]",
        ),
    ]);
    for origin in [
        "camp.example",
        "ftp://camp.example",
        "https://camp.example/",
        "https://camp.example/path",
        "https://Camp.example",
        "https://camp.example:443",
        "http://camp.example:0",
        "https://camp.example:x",
        "https://",
        "https://user@camp.example",
        "https://camp..example",
        "*",
        "null",
    ] {
        check_table(&[("/admins/1/origins", json!([origin]), "admins[1].origins[0]")]);
    }
}

#[test]
fn projects() {
    let field = "groups[0].forms[0].fields";
    check_table(&[
        (
            "/groups/0/statuses",
            json!([{ "id": 21, "name": "A" }, { "id": 21, "name": "B" }]),
            "groups[0].statuses[1].id",
        ),
        ("/groups/0/name", json!(""), "groups[0].name"),
        (
            "/groups/0/settings/password_min_length",
            json!(5),
            "groups[0].settings.password_min_length",
        ),
        (
            "/groups/0/settings/login_token_minutes",
            json!(1441),
            "groups[0].settings.login_token_minutes",
        ),
        (
            "/groups/0/settings/currency",
            json!("usd"),
            "groups[0].settings.currency",
        ),
        (
            "/groups/0/settings/time_zone",
            json!("Berlin"),
            "groups[0].settings.time_zone",
        ),
        (
            "/groups/0/settings/from",
            json!("Camp"),
            "groups[0].settings.from",
        ),
        (
            "/groups/0/settings/from",
            json!(null),
            "groups[0].settings.from",
        ),
        (
            "/groups/0/forms/0/name",
            json!(""),
            "groups[0].forms[0].name",
        ),
        (
            "/groups/0/forms/0/fields/3/id",
            json!("a b"),
            &format!("{field}[3].id"),
        ),
        (
            "/groups/0/forms/0/fields/3/id",
            json!("_utm"),
            &format!("{field}[3].id"),
        ),
        (
            "/groups/0/forms/0/fields/3/id",
            json!("f_1"),
            &format!("{field}[3].id"),
        ),
        (
            "/groups/0/forms/0/fields/3/id",
            json!("instrument"),
            &format!("{field}[3].id"),
        ),
        (
            "/groups/0/forms/0/fields/3/id",
            json!("password"),
            &format!("{field}[3].id"),
        ),
        (
            "/groups/0/forms/0/fields/3/name",
            json!("first_name"),
            &format!("{field}[3].name"),
        ),
        (
            "/groups/0/forms/0/fields/3/name",
            json!("_x"),
            &format!("{field}[3].name"),
        ),
        (
            "/groups/0/forms/0/fields/3/name",
            json!("f_2"),
            &format!("{field}[3].name"),
        ),
        (
            "/groups/0/forms/0/fields/3/options",
            json!(["x"]),
            &format!("{field}[3].options"),
        ),
        (
            "/groups/0/forms/0/fields/0/options",
            json!([]),
            &format!("{field}[0].options"),
        ),
        (
            "/groups/0/forms/0/fields/0/options",
            json!(["a", " "]),
            &format!("{field}[0].options[1]"),
        ),
        (
            "/groups/0/forms/0/fields/0/options",
            json!(["a", "a"]),
            &format!("{field}[0].options[1]"),
        ),
        (
            "/groups/0/categories/0/quota_ordered",
            json!(0),
            "groups[0].categories[0].quota_ordered",
        ),
        (
            "/groups/0/categories/0/top_remark",
            json!("x".repeat(1_001)),
            "groups[0].categories[0].top_remark",
        ),
        (
            "/groups/0/products/0/price",
            json!("-1.00"),
            "groups[0].products[0].price",
        ),
        (
            "/groups/0/products/0/base_product_type",
            json!(5),
            "groups[0].products[0].base_product_type",
        ),
        (
            "/groups/0/products/0/category",
            json!(2),
            "groups[0].products[0].category",
        ),
        (
            "/groups/0/statuses/0/color",
            json!("red"),
            "groups[0].statuses[0].color",
        ),
        (
            "/groups/0/statuses/0/color",
            json!("#80800g"),
            "groups[0].statuses[0].color",
        ),
        (
            "/groups/0/email_templates/0/name",
            json!(""),
            "groups[0].email_templates[0].name",
        ),
    ]);
    // A field may have its id as its name.
    assert_eq!(
        problems(&with("/groups/0/forms/0/fields/3/name", json!("f_4"))),
        []
    );
}

#[test]
fn triggers() {
    let condition = "groups[0].triggers[0].conditions[0]";
    for (value, path) in [
        (
            json!({ "on": "field", "field": "nose", "value": "x" }),
            ".field",
        ),
        (json!({ "on": "field", "field": "years" }), ""),
        (
            json!({ "on": "field", "field": "years", "value": "1", "at_most": "2" }),
            "",
        ),
        (
            json!({ "on": "field", "field": "years", "one_of": [] }),
            ".one_of",
        ),
        (
            json!({ "on": "field", "field": "years", "value": "many" }),
            ".value",
        ),
        (
            json!({ "on": "field", "field": "f_1", "value": "Flute" }),
            ".value",
        ),
        (
            json!({ "on": "field", "field": "f_1", "one_of": ["Piano", "Flute"] }),
            ".one_of[1]",
        ),
        (
            json!({ "on": "field", "field": "f_1", "at_least": "Piano" }),
            "",
        ),
        (
            json!({ "on": "field", "field": "years", "at_least": "10", "at_most": "9" }),
            "",
        ),
        (
            json!({ "on": "field", "field": "birth_date", "at_least": "2016" }),
            ".at_least",
        ),
        (json!({ "on": "product_added", "product": 12 }), ".product"),
        (json!({ "on": "status", "status": 22 }), ".status"),
        (json!({ "on": "children" }), ""),
        (json!({ "on": "children", "at_least": 2, "at_most": 1 }), ""),
        (json!({ "on": "form_completed", "form": 2 }), ".form"),
        (
            json!({ "on": "age", "field": "years", "at_least": 6, "on_date": "2027-07-01" }),
            ".field",
        ),
        (
            json!({ "on": "age", "field": "birth_date", "on_date": "2027-07-01" }),
            "",
        ),
    ] {
        let pointer = "/groups/0/triggers/0/conditions/0";
        check_table(&[(pointer, value, &format!("{condition}{path}"))]);
    }
    let action = "groups[0].triggers[0].action";
    for (value, path) in [
        (
            json!({ "type": "add_product", "products": [] }),
            ".products",
        ),
        (
            json!({ "type": "add_product_no_show", "products": [11, 12] }),
            ".products[1]",
        ),
        (json!({ "type": "add_form", "form": 2 }), ".form"),
        (json!({ "type": "set_status", "status": 22 }), ".status"),
        (json!({ "type": "send_email", "template": 32 }), ".template"),
    ] {
        let pointer = "/groups/0/triggers/0/action";
        check_table(&[(pointer, value, &format!("{action}{path}"))]);
    }
    let pointer = "/groups/0/triggers/0/conditions";
    check_table(&[(pointer, json!([]), "groups[0].triggers[0].conditions")]);
}

#[test]
fn people() {
    let child = "users[1].registrations[0]";
    check_table(&[
        (
            "/users/1",
            json!({ "clogin_id": 9001 }),
            "users[1].clogin_id",
        ),
        (
            "/users/0/registrations/1/group_id",
            json!(7),
            "users[0].registrations[1].group_id",
        ),
        (
            "/users/0/registrations/1/group_id",
            json!(1001),
            "users[0].registrations[1].group_id",
        ),
        (
            "/users/0/registrations/0/status",
            json!(22),
            "users[0].registrations[0].status",
        ),
        (
            "/users/1/registrations/0/connected_to",
            json!(9003),
            &format!("{child}.connected_to"),
        ),
        (
            "/users/1/registrations/0/connected_to",
            json!(9002),
            &format!("{child}.connected_to"),
        ),
        (
            "/users/1/registrations/0/group_id",
            json!(1002),
            &format!("{child}.connected_to"),
        ),
    ]);
    let mut file = sound();
    file["users"].as_array_mut().unwrap().remove(0);
    assert_eq!(
        problems(&file)[0].path,
        "users[0].registrations[0].connected_to"
    );
    for (role, count) in [(Role::Parent, 0), (Role::Child, 1)] {
        let key = (GroupId(1001), CloginId(9001));
        let people = KnownPeople {
            registered: HashMap::from([(key, role)]),
            ..KnownPeople::default()
        };
        assert_eq!(problems_beside(&file, &people).len(), count);
    }
}

#[test]
fn everything_is_reported_at_once() {
    let mut file = with("/organization/name", json!(""));
    file["admins"][0]["email"] = json!("x");
    file["groups"][0]["statuses"][0]["color"] = json!("red");
    file["users"][0]["registrations"][0]["status"] = json!(7);
    assert_eq!(problems(&file).len(), 4);
}

#[test]
fn files_that_are_applied_together_share_no_id() {
    let one: ProjectFile = serde_json::from_value(sound()).unwrap();
    let problems = ids::check([("a.json", &one), ("b.json", &one)].into_iter());
    assert_eq!(problems.len(), ids::given(&one).len());
    let first = &problems[0];
    assert_eq!(
        (first.file.as_str(), first.path.as_str()),
        ("b.json", "organization.id")
    );
    assert!(first.msg.contains("a.json"), "{first}");
}

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
