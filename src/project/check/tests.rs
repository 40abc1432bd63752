mod products;
mod projects;
mod triggers_and_people;

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

/// A trigger with one condition.
fn with_condition(condition: Value) -> (&'static str, Value) {
    ("/groups/0/triggers/0/conditions", json!([condition]))
}

#[test]
fn what_serde_refuses_within_has_its_whole_path() {
    let years = |key: &str, value: Value| {
        let mut condition = json!({ "on": "field", "field": "years" });
        condition[key] = value;
        with_condition(condition)
    };
    let age = |key: &str, value: Value| {
        let mut condition =
            json!({ "on_date": "2027-01-01", "on": "age", "field": "birth_date", "at_least": 3 });
        condition[key] = value;
        with_condition(condition)
    };
    let condition = |key: &str| format!("groups[0].triggers[0].conditions[0]{key}");
    for ((pointer, value), path) in [
        (years("at_least", json!(2)), condition(".at_least")),
        (years("at_most", json!([])), condition(".at_most")),
        (years("one_of", json!("2")), condition(".one_of")),
        (
            years("one_of", json!(["2", 3, "4"])),
            condition(".one_of[1]"),
        ),
        (years("vlaue", json!("2")), condition(".vlaue")),
        (years("field", json!(2)), condition(".field")),
        (years("on", json!("feild")), condition(".on")),
        (years("on", json!(7)), condition(".on")),
        (age("on_date", json!("2027-1-01")), condition(".on_date")),
        (age("on_date", json!("tomorrow")), condition(".on_date")),
        (age("on_date", json!(20270101)), condition(".on_date")),
        (age("at_least", json!("3")), condition(".at_least")),
        (age("at_most", json!(-1)), condition(".at_most")),
        (with_condition(json!({ "on": "age" })), condition("")),
        (with_condition(json!({ "field": "years" })), condition("")),
        (with_condition(json!("age")), condition("")),
    ] {
        check_table(&[(pointer, value, &path)]);
    }
    let both = json!({ "on": "children", "at_least": "1", "at_most": "1" });
    let (pointer, value) = with_condition(both);
    check_table(&[(pointer, value, &condition(".at_least"))]);
    check_table(&[
        (
            "/groups/0/triggers/0/action/repeat",
            json!("yes"),
            "groups[0].triggers[0].action.repeat",
        ),
        (
            "/groups/0/triggers/0/action/type",
            json!("send_mail"),
            "groups[0].triggers[0].action.type",
        ),
        (
            "/groups/0/triggers/0/action",
            json!({ "products": [11, "12"], "type": "add_product" }),
            "groups[0].triggers[0].action.products[1]",
        ),
        (
            "/organization/event_level",
            json!(300),
            "organization.event_level",
        ),
        (
            "/organization/event_level",
            json!("1"),
            "organization.event_level",
        ),
        (
            "/organization/locales",
            json!(["en", 1]),
            "organization.locales[1]",
        ),
        (
            "/admins/0/groups",
            json!([1001, "x"]),
            "admins[0].groups[1]",
        ),
        ("/admins/0/groups", json!({}), "admins[0].groups"),
        (
            "/admins/0/actions",
            json!(["create", 1]),
            "admins[0].actions[1]",
        ),
        ("/admins/0/kind", json!("public"), "admins[0].kind"),
        (
            "/groups/0/products/0/quota",
            json!(-1),
            "groups[0].products[0].quota",
        ),
        (
            "/groups/0/products/0/base_product_type",
            json!(9),
            "groups[0].products[0].base_product_type",
        ),
        (
            "/groups/0/products/0/recurring",
            json!({ "every": "2" }),
            "groups[0].products[0].recurring.every",
        ),
        (
            "/groups/0/settings/dns_check",
            json!(1),
            "groups[0].settings.dns_check",
        ),
    ]);
}

#[test]
fn dates_are_written_out() {
    for key in [
        "start_date",
        "end_date",
        "activity_start_date",
        "activity_end_date",
    ] {
        let (pointer, path) = (
            format!("/groups/0/products/0/{key}"),
            format!("groups[0].products[0].{key}"),
        );
        for date in [
            "2027-1-2",
            "2027-01-2",
            "+2027-01-02",
            " 2027-01-02",
            "2027-02-30",
            "0999-01-01",
            "10000-01-01",
            "2027/01/02",
            "",
        ] {
            let found = problems(&with(&pointer, json!(date)));
            assert_eq!(found.len(), 1, "{date}: {found:?}");
            assert_eq!(
                (found[0].path.as_str(), found[0].msg.as_str()),
                (path.as_str(), "is not valid: must be a date as YYYY-MM-DD"),
                "{date}"
            );
        }
        assert_eq!(problems(&with(&pointer, Value::Null)), []);
        check_table(&[(&pointer, json!(20270102), &path)]);
    }
}

#[test]
fn an_array_is_no_object() {
    let file = json!([[1, "Riverside Music", ["en"], 1, 90]]);
    assert_eq!(
        problems(&file)[0].to_string(),
        "x.json: must be an object, not an array"
    );
    let condition = json!([["field", "years", "2"]]);
    check_table(&[
        (
            "/organization",
            json!([1, "Riverside Music", ["en"], 1, 90]),
            "organization",
        ),
        ("/groups/0/settings", json!([]), "groups[0].settings"),
        ("/groups/1", json!([1002, "Conference"]), "groups[1]"),
        (
            "/groups/0/forms/0/fields/3",
            json!(["f_4"]),
            "groups[0].forms[0].fields[3]",
        ),
        (
            "/groups/0/triggers/0/conditions",
            condition,
            "groups[0].triggers[0].conditions[0]",
        ),
        (
            "/groups/0/triggers/0/action",
            json!(["send_email", 31, false]),
            "groups[0].triggers[0].action",
        ),
        (
            "/groups/0/products/0/recurring",
            json!([]),
            "groups[0].products[0].recurring",
        ),
        (
            "/users/0/registrations/1",
            json!([1002]),
            "users[0].registrations[1]",
        ),
    ]);
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
