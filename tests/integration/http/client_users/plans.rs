//! How many statements a call needs, and that no list looks through a table.

use serde_json::{Value, json};

use super::{BEARER, PEOPLE, created, get, send, url};
use crate::support::TestApp;
use crate::support::database::is_postgres;

/// One connection: the row of totals that it adds to is there.
fn app() -> TestApp {
    TestApp::start_with(|config| config.pool_size = 1)
}

fn statements(app: &TestApp, method: &str, path: &str, body: Value) -> Vec<String> {
    app.statements_of(|| {
        let answer = send(&app.client, method, path, body);
        assert!(answer.status < 300, "{}", answer.text);
    })
}

#[track_caller]
fn expect(found: &[String], beginnings: &[&str]) {
    let is_as_expected = found.len() == beginnings.len()
        && found
            .iter()
            .zip(beginnings)
            .map(|(sql, beginning)| (sql.replace(['`', '"'], ""), beginning))
            .all(|(sql, beginning)| sql.replace(" OR IGNORE", "").starts_with(beginning));
    assert!(is_as_expected, "expected {beginnings:?}, not {found:#?}");
}

#[test]
fn each_call_has_its_statements() {
    let app = app();
    let id = created(&app.client, json!({}));
    let properties = json!({ "custom_properties": { "a": 1, "b": ["x", "y"] } });
    let (user, values) = ("INSERT INTO users", "INSERT INTO user_values");
    let (totals, event) = ("INSERT INTO group_totals", "INSERT INTO events");
    let found = statements(&app, "POST", PEOPLE, json!({}));
    expect(&found, &[user, totals, event]);
    let found = statements(&app, "POST", PEOPLE, properties.clone());
    expect(&found, &[user, values, totals, event]);
    let (read, update) = ("SELECT users.id", "UPDATE users");
    expect(&statements(&app, "GET", &url(&id), json!({})), &[read]);
    let found = statements(&app, "PATCH", &url(&id), json!({ "locale": "de" }));
    expect(&found, &[read, update, event]);
    let found = statements(&app, "PATCH", &url(&id), properties);
    let replace = "DELETE FROM user_values";
    expect(&found, &[read, update, replace, values, event]);
    let found = statements(&app, "GET", PEOPLE, json!({}));
    expect(&found, &["SELECT group_totals.users", "SELECT u.id"]);
    let found = statements(&app, "GET", &format!("{PEOPLE}?cursor="), json!({}));
    expect(&found, &["SELECT u.id"]);
    let found = statements(&app, "GET", &format!("{PEOPLE}?locale=en"), json!({}));
    expect(&found, &["SELECT count(*)", "SELECT u.id"]);
    // Somebody who is registered nowhere.
    assert!(statements(&app, "DELETE", &url(&id), json!({})).len() <= 9);
    let restore = format!("{}restore/", url(&id));
    assert!(statements(&app, "POST", &restore, json!({})).len() <= 6);
}

/// (Filters, the index that finds, whatever else is said.)
const LISTS: [(&str, &str); 12] = [
    ("", "users_created"),
    ("created_after=2027-01-01", "users_created"),
    ("created_before=2027-01-01", "users_created"),
    ("email=x@example.com", "users_email"),
    ("email=x@example.com&locale=de", "users_email"),
    (
        "email=x@example.com&created_after=2027-01-01",
        "users_email",
    ),
    ("locale=de", "users_locale"),
    ("locale=de&created_after=2027-01-01", "users_locale"),
    ("external_id=x", "user_values_key"),
    ("external_id=x&custom_properties__a.b=1", "user_values_key"),
    (
        "external_id=x&email=x@example.com&locale=de",
        "user_values_key",
    ),
    (
        "custom_properties__a=1&created_before=2027-01-01",
        "user_values_key",
    ),
];

/// PostgreSQL decides by what is there: many, each with an address and a value of its own.
const CROWD: &str = "INSERT INTO users (organization_id, uuid, first_name, last_name, org_name, locale, email_key, \
     main_email, created_at, updated_at) \
     SELECT 1, 'uuid ' || n, '', '', '', CASE WHEN n % 2 = 0 THEN 'de' ELSE 'en' END, 'n' || n, 'n' || n, \
     timestamp '2027-01-01' + n * interval '1 second', timestamp '2027-01-01' FROM generate_series(1, 5000) n; \
     INSERT INTO user_values (organization_id, user_id, document, key_sha256, created_at, uuid) \
     SELECT organization_id, id, 'claims', 'key ' || id, created_at, uuid FROM users; ANALYZE";

#[test]
fn no_list_looks_through_a_table() {
    let app = app();
    if is_postgres() {
        app.direct().execute(CROWD);
    }
    created(
        &app.client,
        json!({ "custom_properties": { "external_id": "x" } }),
    );
    let position = "Y3JlYXRlZEF0PTIwMjctMDEtMDVUMDk6MDA6MDBaJmlkPWE";
    let pagings = [
        "page=1".to_owned(),
        "cursor=&with_count=true".to_owned(),
        format!("cursor={position}"),
        format!("cursor=-{position}"),
    ];
    let mut direct = app.direct();
    for (filters, index) in LISTS {
        for paging in &pagings {
            let path = format!("{PEOPLE}?{filters}&{paging}");
            let found = app.statements_of(|| {
                assert_eq!(get(&app, &path).status, 200, "{path}");
            });
            for statement in found {
                let plan = direct.plan(&statement).join("\n");
                let slow = [
                    "SCAN u",
                    "SCAN v",
                    "SCAN w",
                    "Seq Scan",
                    "TEMP B-TREE",
                    "Sort",
                ];
                let is_slow = slow.iter().any(|word| plan.contains(word));
                assert!(!plan.is_empty() && !is_slow, "{path}: {statement}\n{plan}");
                // Where half of all people are found, PostgreSQL may well take them in their order.
                let is_free =
                    statement.contains("group_totals") || is_postgres() && index == "users_locale";
                if !is_free {
                    assert!(plan.contains(index), "{path}: {statement}\n{plan}");
                }
            }
        }
    }
}

/// The page of a cursor costs the same at any depth, and so does one that is found by a value.
#[test]
fn who_has_the_same_millisecond_is_told_apart_by_the_index() {
    let app = app();
    created(&app.client, json!({}));
    let position = "Y3JlYXRlZEF0PTIwMjctMDEtMDVUMDk6MDA6MDBaJmlkPWE";
    let path = format!("{PEOPLE}?cursor={position}");
    let found = app.statements_of(|| {
        app.client.send("GET", &path, &[BEARER], b"");
    });
    let plan = app.direct().plan(&found[0]).join("\n");
    // SQLite, then PostgreSQL: both columns are in the condition of the index.
    let by_both = plan.contains("(created_at,uuid)>(?,?)")
        || plan.contains("Index Cond: ((organization_id = $1) AND (ROW(created_at, uuid)");
    assert!(by_both, "{plan}");
}
