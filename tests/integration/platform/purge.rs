//! Deletion for good: nothing of the person is left, in any table; on SQLite in the whole file and its journal neither.

use clogin::db::connection::Target;
use serde_json::{Value, json};

use super::{created, fails, get, ok, send};
use crate::support::client::Answer;
use crate::support::database::is_postgres;
use crate::support::{TestApp, create};

/// Stands in every value that the person is given.
const MARK: &str = "Zaphod";

fn post(app: &TestApp, key: &str, body: &Value) -> Value {
    let answer = app
        .client
        .users_with(&[("Idempotency-Key", key)], body.clone());
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn call(action: &str, clogin: &str, more: Value) -> Value {
    let mut body = json!({ "action": action, "group_id": 1001, "clogin_id": clogin });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

fn uuid(app: &TestApp, clogin: &str) -> String {
    let sql = format!("SELECT uuid AS text FROM users WHERE id = {clogin}");
    app.direct().texts(&sql).remove(0)
}

/// Somebody with something in every table.
fn somebody(app: &TestApp) -> (String, String) {
    let doc = json!({
        "username": "Zaphod@riverside.example", "password": "Zaphod at midnight", "first_name": "Zaphod", "last_name": "Zaphodson",
        "org_name": "Zaphod Ltd", "main_email": "Zaphod@riverside.example", "home_town": "Zaphodville",
        "_utm": { "source": "Zaphod" },
    });
    let made = post(app, "one", &create(1001, doc));
    let me = made["user_info"]["clogin_id"].as_str().unwrap().to_owned();
    let elsewhere = json!({ "group_id": 1002, "doc": { "last_name": "Zaphodsson" } });
    post(app, "two", &call("create", &me, elsewhere));
    post(
        app,
        "three",
        &call(
            "update",
            &me,
            json!({ "doc": { "home_town": "Zaphod Hills" } }),
        ),
    );
    let bus = json!({ "product_list": { "name": "Zaphod's bus", "price": "1.00", "product_remark": "Zaphod" } });
    post(app, "four", &call("add_product", &me, bus));
    let email = json!({ "from": "a@riverside.example", "to": "Zaphod@riverside.example", "subject": "Zaphod", "body": "Zaphod" });
    post(
        app,
        "five",
        &call("add_email", &me, json!({ "doc": { "email_list": email } })),
    );
    let paid =
        json!({ "amount": "1.00", "kind": "payment", "status": "approved", "reference": "Zaphod" });
    post(
        app,
        "paid",
        &call("add_payment", &me, json!({ "doc": paid })),
    );
    post(app, "six", &call("login", &me, json!({})));
    let uuid = uuid(app, &me);
    let path = format!("/v1/users/{uuid}");
    let body = json!({
        "claims": { "name": "Zaphod", "address": { "city": "Zaphodville" } },
        "authenticationProvider": { "providerId": "Zaphod", "url": "https://Zaphod.example", "subjectId": "Zaphod" },
    });
    ok(&send(app, "PUT", &path, &body.to_string()));
    let search = json!({ "claims": { "name": "Zaphod" } });
    ok(&send(app, "POST", "/v1/users/search", &search.to_string()));
    ok(&get(app, &path));
    let credential = json!({ "id": "credential-of-somebody" });
    assert_eq!(
        send(
            app,
            "POST",
            &format!("{path}/credentials"),
            &credential.to_string()
        )
        .status,
        201
    );
    app.block_on(clogin::events::flush(&app.app)).unwrap();
    (me, uuid)
}

/// Everything that the database keeps: on SQLite the bytes of its files, on PostgreSQL the rows.
fn kept(app: &TestApp) -> Vec<u8> {
    match app.target() {
        Target::Sqlite(path) => ["", "-wal"]
            .iter()
            .flat_map(|end| std::fs::read(format!("{}{end}", path.display())).unwrap_or_default())
            .collect(),
        Target::Postgres(_) => app.direct().dump().into_bytes(),
    }
}

fn holds(kept: &[u8], text: &str) -> bool {
    let (kept, text) = (kept.to_ascii_lowercase(), text.to_ascii_lowercase());
    kept.windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// (Table, rows) that name a person by a column of this name.
fn rows_of(app: &TestApp, clogin: &str) -> Vec<(String, i64)> {
    let mut direct = app.direct();
    let tables = match app.target() {
        Target::Sqlite(_) => {
            "SELECT m.name || '.' || c.name AS text FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND c.name IN ('clogin_id', 'user_id', 'parent_id') ORDER BY 1"
        }
        Target::Postgres(_) => {
            "SELECT table_name || '.' || column_name AS text FROM information_schema.columns \
             WHERE table_schema = 'public' AND column_name IN ('clogin_id', 'user_id', 'parent_id') ORDER BY 1"
        }
    };
    let columns = direct.texts(tables);
    assert!(columns.len() > 8, "{columns:?}");
    let count = |column: String| {
        let (table, name) = column.split_once('.').unwrap();
        let rows = direct.number(&format!(
            "SELECT count(*) FROM {table} WHERE {name} = {clogin}"
        ));
        (column, rows)
    };
    columns.into_iter().map(count).collect()
}

#[test]
fn nothing_is_left() {
    let app = TestApp::start();
    let events = app.direct().rows("events");
    let (me, uuid) = somebody(&app);
    assert!(holds(&kept(&app), MARK) && holds(&kept(&app), &uuid));
    // Whatever names a person does so here, but those columns that only children and parents have.
    let empty: Vec<_> = rows_of(&app, &me)
        .into_iter()
        .filter(|(_, rows)| *rows == 0)
        .map(|(column, _)| column)
        .collect();
    assert_eq!(empty, ["registrations.parent_id"]);
    let before = app.direct().rows("events");
    let answer = send(&app, "DELETE", &format!("/v1/users/{uuid}"), "");
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let rows: Vec<_> = rows_of(&app, &me)
        .into_iter()
        .filter(|(_, rows)| *rows > 0)
        .collect();
    assert_eq!(rows, []);
    let kept = kept(&app);
    for text in [MARK, &uuid] {
        assert!(!holds(&kept, text), "{text} is still there");
    }
    // That something happened stays, and so does what was issued.
    assert_eq!(app.direct().rows("events"), before + 2);
    assert!(before > events);
    assert!(holds(&kept, "credential-of-somebody"));
    crate::rest_users::verify(&app);
}

#[test]
fn what_was_taken_is_free_and_ids_are_new() {
    let app = TestApp::start();
    let (me, uuid) = somebody(&app);
    let path = format!("/core/v1/users/{uuid}");
    assert_eq!(send(&app, "DELETE", &path, "").status, 204);
    for method in ["GET", "DELETE"] {
        fails(
            &send(&app, method, &path, ""),
            404,
            "NotFound",
            "Not found.",
            json!([]),
        );
    }
    let answer = app.post(call("get_info", &me, json!({})));
    assert_eq!(answer.status, 404);
    let (again, _) = somebody(&TestApp::start());
    assert_eq!(again, me);
    // Here the same username and the same link are taken by somebody with another id.
    let doc = json!({ "username": "Zaphod@riverside.example" });
    let other = post(&app, "one", &create(1001, doc));
    assert_ne!(other["user_info"]["clogin_id"], json!(me));
    created(
        &app,
        json!({ "authenticationProvider": { "providerId": "Zaphod", "subjectId": "Zaphod" } }),
    );
}

#[test]
fn somebody_who_was_deleted_softly_is_reached() {
    let app = TestApp::start();
    let (me, uuid) = somebody(&app);
    crate::rest_users::remove(&app, &uuid).unwrap();
    assert_eq!(get(&app, &format!("/v1/users/{uuid}")).status, 404);
    assert_eq!(
        send(&app, "DELETE", &format!("/v1/users/{uuid}"), "").status,
        204
    );
    assert!(!holds(&kept(&app), MARK));
    let rows: i64 = rows_of(&app, &me).into_iter().map(|(_, rows)| rows).sum();
    assert_eq!(rows, 0);
    crate::rest_users::verify(&app);
}

#[test]
fn a_parent_with_children_stays() {
    let app = TestApp::start();
    let uuid = uuid(&app, "9001");
    let before = app.direct().dump();
    let answer = send(&app, "DELETE", &format!("/v1/users/{uuid}"), "");
    let message = "The user has children: delete or move them first.";
    fails(&answer, 400, "BadRequest", message, json!([]));
    assert_eq!(app.direct().dump(), before);
}

#[test]
fn a_parent_stays_whose_child_can_be_restored() {
    let app = TestApp::start();
    let (child, child_uuid) = seated(&app);
    let sql = format!(
        "SELECT CAST(parent_id AS TEXT) AS text FROM registrations WHERE clogin_id = {child}"
    );
    let parent = uuid(&app, &app.direct().texts(&sql)[0]);
    crate::rest_users::remove(&app, &child_uuid).unwrap();
    for _ in 0..2 {
        let answer = send(&app, "DELETE", &format!("/v1/users/{parent}"), "");
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(answer.text.contains("can be restored"), "{}", answer.text);
        crate::rest_users::restore(&app, &child_uuid).unwrap();
        crate::rest_users::remove(&app, &child_uuid).unwrap();
    }
    for uuid in [&child_uuid, &parent] {
        let answer = send(&app, "DELETE", &format!("/v1/users/{uuid}"), "");
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
    crate::rest_users::verify(&app);
}

/// Its registration has ended, and the person is there: nothing brings it back.
#[test]
fn a_child_that_left_the_project_holds_nobody() {
    let app = TestApp::start();
    let (child, _) = seated(&app);
    let sql = format!(
        "SELECT CAST(parent_id AS TEXT) AS text FROM registrations WHERE clogin_id = {child}"
    );
    let parent = uuid(&app, &app.direct().texts(&sql)[0]);
    post(&app, "leave", &call("delete", &child, json!({})));
    let answer = send(&app, "DELETE", &format!("/v1/users/{parent}"), "");
    assert_eq!(answer.status, 204, "{}", answer.text);
    crate::rest_users::verify(&app);
}

#[test]
fn a_seat_is_free_again() {
    let app = TestApp::start();
    let parent = post(&app, "parent", &create(1001, json!({})));
    let parent = &parent["user_info"]["clogin_id"];
    let child = json!({ "action": "create_child", "group_id": 1001, "connected_to": parent });
    let child = post(&app, "child", &child)["user_info"]["clogin_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let sold = || app.direct().number("SELECT sum(sold) FROM product_stock");
    let before = sold();
    post(
        &app,
        "seat",
        &call(
            "add_product",
            &child,
            json!({ "product_list": { "p_id": 11 } }),
        ),
    );
    assert_eq!(sold(), before + 1);
    let uuid = uuid(&app, &child);
    assert_eq!(
        send(&app, "DELETE", &format!("/v1/users/{uuid}"), "").status,
        204
    );
    assert_eq!(sold(), before);
    crate::rest_users::verify(&app);
}

/// What was said of somebody waits in memory when the person goes.
#[test]
fn what_is_told_late_says_nothing_of_somebody_who_is_gone() {
    let app = TestApp::start();
    let user = created(&app, json!({ "claims": { "name": MARK } }));
    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    ok(&get(&app, &path));
    let search = json!({ "claims": { "name": MARK } });
    ok(&send(&app, "POST", "/v1/users/search", &search.to_string()));
    assert_eq!(send(&app, "DELETE", &path, "").status, 204);
    app.block_on(clogin::events::flush(&app.app)).unwrap();
    let kept = app.direct().dump();
    assert!(!kept.contains(MARK));
    assert!(!kept.contains(user["id"].as_str().unwrap()));
    assert_eq!(
        app.direct()
            .number("SELECT count(*) FROM events WHERE kind LIKE 'USER_SEARCH%'"),
        2
    );
}

/// Each takes the person's place in another order; whoever comes too late finds nobody.
#[test]
fn nothing_is_left_by_those_who_write_meanwhile() {
    let app = TestApp::start();
    for round in 0..4 {
        let me = post(&app, &format!("me {round}"), &create(1001, json!({})));
        let me = me["user_info"]["clogin_id"].as_str().unwrap().to_owned();
        let uuid = uuid(&app, &me);
        let path = format!("/v1/users/{uuid}");
        let email = json!({ "from": "a@riverside.example", "to": "b@riverside.example" });
        let calls = [
            call(
                "update",
                &me,
                json!({ "doc": { "first_name": MARK, "home_town": MARK } }),
            ),
            call("add_email", &me, json!({ "doc": { "email_list": email } })),
            call("login", &me, json!({})),
            call(
                "create",
                &me,
                json!({ "group_id": 1002, "doc": { "last_name": MARK } }),
            ),
        ];
        let claims = json!({ "claims": { "name": MARK } }).to_string();
        let (app, path, claims) = (&app, &path, &claims);
        std::thread::scope(|scope| {
            for (number, body) in calls.into_iter().enumerate() {
                scope.spawn(move || {
                    for attempt in 0..8 {
                        let key = format!("{round} {number} {attempt}");
                        let answer = app
                            .client
                            .users_with(&[("Idempotency-Key", &key)], body.clone());
                        let expected = [200, 404, 409].contains(&answer.status);
                        assert!(expected, "{}", answer.text);
                    }
                });
            }
            scope.spawn(move || {
                for _ in 0..8 {
                    for (method, path) in [
                        ("PUT", path.clone()),
                        ("POST", format!("{path}/credentials")),
                    ] {
                        let answer = send(app, method, &path, claims);
                        let expected = [200, 201, 404].contains(&answer.status);
                        assert!(expected, "{}", answer.text);
                    }
                }
            });
            scope.spawn(move || {
                for _ in 0..8 {
                    assert!([200, 404].contains(&get(app, path).status));
                    app.block_on(clogin::events::flush(&app.app)).unwrap();
                }
            });
            scope.spawn(move || {
                assert_eq!(send(app, "DELETE", path, "").status, 204);
            });
        });
        let rows: Vec<_> = rows_of(app, &me)
            .into_iter()
            .filter(|(_, rows)| *rows > 0)
            .collect();
        assert_eq!(rows, []);
    }
    crate::rest_users::verify(&app);
}

/// Somebody with a seat, which is one of a limited number.
fn seated(app: &TestApp) -> (String, String) {
    let parent = post(app, "parent", &create(1001, json!({})));
    let parent = &parent["user_info"]["clogin_id"];
    let child = json!({ "action": "create_child", "group_id": 1001, "connected_to": parent });
    let child = post(app, "child", &child)["user_info"]["clogin_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let seat = json!({ "product_list": { "p_id": 11 } });
    post(app, "seat", &call("add_product", &child, seat));
    let uuid = uuid(app, &child);
    (child, uuid)
}

/// Runs `first` until it waits at `table`, then deletes for good whom it has begun to change, then lets both go on.
fn purge_during(app: &TestApp, uuid: &str, table: &str, first: impl FnOnce() + Send) -> Answer {
    let mut direct = app.direct();
    direct.hold_off_writers_of(table);
    std::thread::scope(|scope| {
        scope.spawn(first);
        app.direct().until_waiting(1);
        let purge = scope.spawn(|| send(app, "DELETE", &format!("/v1/users/{uuid}"), ""));
        app.direct().until_waiting(2);
        direct.release();
        purge.join().unwrap()
    })
}

#[test]
fn who_is_restored_meanwhile_gives_its_seat_back() {
    let app = TestApp::start();
    let sold = || app.direct().number("SELECT sum(sold) FROM product_stock");
    let before = sold();
    let (me, uuid) = seated(&app);
    crate::rest_users::remove(&app, &uuid).unwrap();
    let answer = purge_during(&app, &uuid, "registrations", || {
        // On SQLite either may come first.
        let restored = crate::rest_users::restore(&app, &uuid);
        assert!(restored.is_ok() || !is_postgres());
    });
    assert_eq!(answer.status, 204, "{}", answer.text);
    let rows: i64 = rows_of(&app, &me).into_iter().map(|(_, rows)| rows).sum();
    assert_eq!((rows, sold()), (0, before));
    crate::rest_users::verify(&app);
}

#[test]
fn who_is_deleted_softly_meanwhile_is_found() {
    let app = TestApp::start();
    let (me, uuid) = seated(&app);
    let answer = purge_during(&app, &uuid, "login_tokens", || {
        let removed = crate::rest_users::remove(&app, &uuid);
        assert!(removed.is_ok() || !is_postgres());
    });
    assert_eq!(answer.status, 204, "{}", answer.text);
    let rows: i64 = rows_of(&app, &me).into_iter().map(|(_, rows)| rows).sum();
    assert_eq!(rows, 0);
    crate::rest_users::verify(&app);
}

/// Whoever reads an older state needs the journal.
#[test]
fn the_journal_is_emptied_when_nobody_needs_it() {
    let app = TestApp::start();
    let Target::Sqlite(path) = app.target() else {
        return;
    };
    let journal = || {
        std::fs::metadata(format!("{}-wal", path.display()))
            .unwrap()
            .len()
    };
    let user = created(&app, json!({ "claims": { "name": MARK } }));
    let mut reader = app.direct();
    reader.execute("BEGIN; SELECT count(*) FROM users");
    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    assert_eq!(send(&app, "DELETE", &path, "").status, 204);
    assert!(journal() > 0);
    reader.execute("COMMIT");
    crate::support::until(|| journal() == 0);
    assert!(!holds(&kept(&app), MARK));
}
