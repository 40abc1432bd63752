//! Lists and searches.

use clogin::db::connection::Target;
use clogin::db::user_values;
use serde_json::{Value, json};

use super::{bad_parameter, created, fails, get, ok, send};
use crate::support::TestApp;

const USERS: &str = "/core/v1/users";
const SEARCH: &str = "/core/v1/users/search";

fn search(app: &TestApp, body: &Value) -> Value {
    ok(&send(app, "POST", SEARCH, &body.to_string()))
}

fn ids(body: &Value) -> Vec<String> {
    let data = body["data"].as_array().unwrap();
    data.iter()
        .map(|user| user["id"].as_str().unwrap().to_owned())
        .collect()
}

fn make(app: &TestApp, claims: Value) -> String {
    let user = created(app, json!({ "claims": claims }));
    user["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_walk_meets_everybody_once_the_oldest_first() {
    let app = TestApp::start();
    let mut everybody = ids(&ok(&get(&app, USERS)));
    assert!(!everybody.is_empty());
    for number in 0..7 {
        everybody.push(make(&app, json!({ "number": number })));
        app.advance_seconds(number % 2);
    }
    for limit in [1, 3, 1_000] {
        let mut cursor = String::new();
        let mut seen = Vec::new();
        loop {
            let body = ok(&get(&app, &format!("{USERS}?limit={limit}{cursor}")));
            let Some(next) = body["nextCursor"].as_str() else {
                assert_eq!(body, json!({ "data": [] }));
                break;
            };
            assert!(body["data"].as_array().unwrap().len() <= limit);
            seen.extend(ids(&body));
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, everybody);
    }
}

#[test]
fn a_page_is_as_documented() {
    let app = TestApp::start();
    app.advance_seconds(1);
    let from = "Y3JlYXRlZEF0PTIwMjctMDEtMDVUMDk6MDA6MDAuNTAwWiZpZD1h";
    let id = make(&app, json!({ "address": { "city": "Auckland" } }));
    let answer = get(&app, &format!("{USERS}?cursor={from}"));
    let text = format!("createdAt=2027-01-05T09:00:01.000Z&id={id}");
    let next = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text);
    let expected = json!({
        "nextCursor": next, "data": [{ "id": id, "claims": { "address": { "city": "Auckland" } } }],
    });
    assert_eq!(answer.text, expected.to_string());
    let body = json!({ "claims": { "address": { "city": "Auckland" } }, "limit": 2 });
    assert_eq!(
        send(&app, "POST", SEARCH, &body.to_string()).text,
        expected.to_string()
    );
}

#[test]
fn a_search_finds_what_contains_all_that_is_asked_for() {
    let app = TestApp::start();
    let one = make(
        &app,
        json!({ "name": "Ella", "age": 7, "pets": [{ "kind": "cat", "name": "Tom" }, { "kind": "dog" }] }),
    );
    let two = make(
        &app,
        json!({ "name": "Ella", "age": "7", "pets": [{ "kind": "dog", "name": "Tom" }], "none": null }),
    );
    let three = make(
        &app,
        json!({ "name": "ella", "a/b": { "c~d": [] }, "pets": [] }),
    );
    for (claims, expected) in [
        (json!({ "name": "Ella" }), vec![&one, &two]),
        (json!({ "age": 7.0 }), vec![&one]),
        (json!({ "age": "7" }), vec![&two]),
        (json!({ "name": "Ella", "age": "7" }), vec![&two]),
        (json!({ "none": null }), vec![&two]),
        (json!({ "pets": [] }), vec![&one, &two, &three]),
        (json!({ "pets": [{}] }), vec![&one, &two]),
        // The values stand in both, within one pet in one.
        (
            json!({ "pets": [{ "kind": "dog", "name": "Tom" }] }),
            vec![&two],
        ),
        (
            json!({ "pets": [{ "kind": "dog" }, { "kind": "cat" }] }),
            vec![&one],
        ),
        (json!({ "a/b": {} }), vec![&three]),
        (json!({ "a/b": { "c~d": [] } }), vec![&three]),
        (json!({ "name": "Nina" }), vec![]),
        (json!({ "name": "Ella", "other": 1 }), vec![]),
    ] {
        assert_eq!(
            ids(&search(&app, &json!({ "claims": claims }))),
            expected.into_iter().cloned().collect::<Vec<_>>(),
            "{claims}"
        );
    }
    let all = ids(&ok(&get(&app, USERS)));
    assert_eq!(ids(&search(&app, &json!({}))), all);
    assert_eq!(ids(&search(&app, &json!({ "claims": {} }))), all);
}

#[test]
fn a_search_sees_changes_at_once() {
    let app = TestApp::start();
    let id = make(&app, json!({ "city": "Auckland" }));
    let wanted = |city: &str| ids(&search(&app, &json!({ "claims": { "city": city } })));
    assert_eq!(wanted("Auckland"), [id.as_str()]);
    let change = json!({ "claims": { "city": "Wellington" } });
    ok(&send(
        &app,
        "PUT",
        &format!("{USERS}/{id}"),
        &change.to_string(),
    ));
    assert_eq!(wanted("Auckland"), [""; 0]);
    assert_eq!(wanted("Wellington"), [id.as_str()]);
    assert_eq!(
        send(&app, "DELETE", &format!("{USERS}/{id}"), "").status,
        204
    );
    assert_eq!(wanted("Wellington"), [""; 0]);
}

#[test]
fn links_are_searched() {
    let app = TestApp::start();
    let make = |link: Value| {
        created(
            &app,
            json!({ "claims": { "a": 1 }, "authenticationProvider": link }),
        )["id"]
            .clone()
    };
    let one = make(json!({ "providerId": "p", "url": "https://one.example", "subjectId": "1" }));
    let two = make(json!({ "providerId": "p", "subjectId": "2" }));
    let three = make(json!({ "url": "https://one.example", "subjectId": "1" }));
    for (link, expected) in [
        (json!({}), vec![&one, &two, &three]),
        (json!({ "providerId": "p" }), vec![&one, &two]),
        (json!({ "url": "https://one.example" }), vec![&one, &three]),
        (json!({ "subjectId": "1" }), vec![&one, &three]),
        (json!({ "subjectId": "1", "providerId": "p" }), vec![&one]),
        (
            json!({ "subjectId": "2", "url": "https://one.example" }),
            vec![],
        ),
        (json!({ "providerId": "P" }), vec![]),
    ] {
        let body = json!({ "authenticationProvider": link, "claims": { "a": 1 } });
        let found: Vec<_> = ids(&search(&app, &body))
            .into_iter()
            .map(Value::from)
            .collect();
        assert_eq!(
            found,
            expected.into_iter().cloned().collect::<Vec<_>>(),
            "{link}"
        );
    }
}

/// The index finds many who are not wanted: pages are full all the same.
#[test]
fn pages_are_full_although_candidates_are_not_what_is_wanted() {
    let app = TestApp::start();
    let mut wanted = Vec::new();
    for number in 0..130 {
        let other = json!({ "pets": [{ "kind": "cat" }, { "name": "Tom" }] });
        let right = json!({ "pets": [{ "kind": "cat", "name": "Tom" }] });
        if number % 40 == 39 {
            wanted.push(make(&app, right));
        } else {
            make(&app, other);
        }
    }
    let body = json!({ "claims": { "pets": [{ "kind": "cat", "name": "Tom" }] }, "limit": 2 });
    let first = search(&app, &body);
    assert_eq!(ids(&first), wanted[..2]);
    let mut next = body.clone();
    next["cursor"] = first["nextCursor"].clone();
    let second = search(&app, &next);
    assert_eq!(ids(&second), wanted[2..]);
    next["cursor"] = second["nextCursor"].clone();
    assert_eq!(search(&app, &next), json!({ "data": [] }));
}

/// One value is everybody's, the other one person's: what is read is that person, however many people there are.
#[test]
fn a_rare_value_is_not_looked_for_among_all() {
    let app = TestApp::start();
    for number in 0..150 {
        make(
            &app,
            json!({ "country": "NZ", "city": "Auckland", "number": number }),
        );
    }
    let rare = make(
        &app,
        json!({ "country": "NZ", "city": "Auckland", "email": "pat@example.com" }),
    );
    let body =
        json!({ "claims": { "country": "NZ", "city": "Auckland", "email": "pat@example.com" } });
    let statements = app.statements_of(|| {
        assert_eq!(ids(&search(&app, &body)), [rare]);
    });
    let candidates = statements.last().unwrap();
    let key = clogin::users::values::claim_key("/email", &json!("pat@example.com"));
    let (before, _) = candidates.split_once("EXISTS").unwrap();
    assert!(before.contains("FROM user_values"), "{candidates}");
    let (_, binds) = candidates.split_once("binds").unwrap();
    // The organization, then the key by which rows are found.
    assert!(binds.split(',').nth(1).unwrap().contains(&key), "{binds}");
}

/// What many people have is counted in the database, and only up to a limit.
#[test]
fn counting_ends_where_it_is_enough() {
    let app = TestApp::start();
    for number in 0..3 {
        make(&app, json!({ "country": "NZ", "number": number }));
    }
    let key = clogin::users::values::claim_key("/country", &json!("NZ"));
    let counted = |most: i64| {
        let key = key.clone();
        let count = app.app.db.read(move |conn| {
            let organization = clogin::ids::OrganizationId(1);
            Ok(user_values::count(conn, organization, &key, most)?)
        });
        app.block_on(count).unwrap()
    };
    assert_eq!([counted(2), counted(3), counted(100)], [2, 3, 3]);
    let statements = app.statements_of(|| {
        counted(2);
    });
    let [statement] = &statements[..] else {
        panic!("{statements:?}")
    };
    assert!(statement.starts_with("SELECT count(*)"), "{statement}");
    let plan = app.direct().plan(statement).join("\n");
    let by_index = match app.target() {
        Target::Sqlite(_) => plan.contains("SEARCH user_values USING COVERING INDEX"),
        Target::Postgres(_) => plan.contains("Index") && !plan.contains("Seq Scan"),
    };
    assert!(by_index, "{plan}");
}

#[test]
fn what_is_wrong_is_named() {
    let app = TestApp::start();
    let answer = get(&app, &format!("{USERS}?limit=0"));
    bad_parameter(&answer, "limit", "0", "Must be from 1 to 1000");
    let answer = send(&app, "POST", SEARCH, r#"{"query:limit":1,"a.b":[2]}"#);
    let body = answer.json();
    for (name, value) in [("a.b", json!([2])), ("query:limit", json!(1))] {
        let details = body["details"].as_array().unwrap();
        let named = details.iter().find(|detail| detail["param"] == name);
        let detail = named.unwrap_or_else(|| panic!("{name}: {body}"));
        assert_eq!(
            (&detail["value"], &detail["location"]),
            (&value, &json!("body"))
        );
    }
    // Once for what is wrong, however often it is read.
    let cursor = "Y3JlYXRlZEF0PTIwMjAtMDgtMjVUMDY6NDY6MDkuNTEwWiZpZD1h";
    let user = created(&app, json!({ "claims": {} }));
    let credentials = format!("{USERS}/{}/credentials", user["id"].as_str().unwrap());
    for path in [USERS, &credentials, "/core/v1/events"] {
        let answer = get(&app, &format!("{path}?cursor={cursor}&cursor={cursor}"));
        bad_parameter(&answer, "cursor", cursor, "Must be given once");
    }
    let answer = get(&app, &format!("{USERS}?cursor=x"));
    bad_parameter(
        &answer,
        "cursor",
        "x",
        "Must be a cursor: the nextCursor of an answer",
    );
    for (body, param, value, msg) in [
        (
            json!({ "limit": 0 }),
            "limit",
            json!(0),
            "Must be from 1 to 1000",
        ),
        (
            json!({ "limit": 1_001 }),
            "limit",
            json!(1_001),
            "Must be from 1 to 1000",
        ),
        (
            json!({ "limit": "7" }),
            "limit",
            json!("7"),
            "Must be from 1 to 1000",
        ),
        (
            json!({ "cursor": 7 }),
            "cursor",
            json!(7),
            "Must be a cursor: the nextCursor of an answer",
        ),
        (
            json!({ "claims": "x" }),
            "claims",
            json!("x"),
            "Must be an object",
        ),
        (
            json!({ "claim": {} }),
            "claim",
            json!({}),
            "Is unknown; known are claims, authenticationProvider, limit, cursor",
        ),
        (
            json!({ "authenticationProvider": { "subject": "x" } }),
            "authenticationProvider.subject",
            json!("x"),
            "Is unknown; known are providerId, url, subjectId",
        ),
        (
            json!({ "authenticationProvider": { "url": null } }),
            "authenticationProvider.url",
            json!(null),
            "Must be a string",
        ),
    ] {
        let answer = send(&app, "POST", SEARCH, &body.to_string());
        let detail = json!({ "value": value, "msg": msg, "param": param, "location": "body" });
        fails(
            &answer,
            400,
            "BadRequest",
            "Validation Error",
            json!([detail]),
        );
    }
}
