//! Which calls make events, and that they stand or fall with what the calls do.

use serde_json::{Value, json};

use super::{events, flush, json as parse, keep, kinds};
use crate::support::client::{SERVER, USERS};
use crate::support::direct::spoiled;
use crate::support::process::Server;
use crate::support::{TestApp, create, get_info};

fn call(action: &str, clogin: &str, more: Value) -> Value {
    let mut body = json!({ "action": action, "group_id": 1001, "clogin_id": clogin });
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}

fn id(app: &TestApp, body: Value) -> String {
    let answer = app.post(body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    answer["user_info"]["clogin_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn done(app: &TestApp, body: Value) {
    id(app, body);
}

#[test]
fn a_write_has_its_start_and_its_success() {
    let app = TestApp::start();
    let answer = app.client.users_with(
        &[("X-Request-Id", "request.1")],
        create(
            1001,
            json!({ "first_name": "Nina", "password": "rumba at midnight" }),
        ),
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-request-id"), Some("request.1"));
    let found = events(&app);
    let [start, success] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(start[..2], ["USER_CREATE_START", "request.1"]);
    assert_eq!(success[..2], ["USER_CREATE_SUCCESS", "request.1"]);
    assert_eq!(
        parse(&start[2]),
        json!({ "action": "create", "groupId": 1001 })
    );
    // The demo organization keeps everything; a password is never kept.
    assert_eq!(
        parse(&start[3]),
        json!({ "fields": ["first_name", "password"], "doc": { "first_name": "Nina" } })
    );
    assert_eq!(app.app.events.len(), 0);
}

#[test]
fn a_request_without_an_id_has_that_of_its_answer() {
    let app = TestApp::start();
    let answer = app.post(create(1001, json!({})));
    let request_id = answer.header("x-request-id").unwrap().to_owned();
    let found: Vec<_> = events(&app).into_iter().map(|[_, id, ..]| id).collect();
    assert_eq!(found, [request_id.clone(), request_id]);
}

#[test]
fn each_change_has_events_and_no_other_call() {
    let app = TestApp::start();
    let made = |body: Value| {
        let before = kinds(&app).len();
        done(&app, body);
        kinds(&app)[before..].to_vec()
    };
    let none: [&str; 0] = [];
    let created = ["USER_CREATE_START", "USER_CREATE_SUCCESS"];
    let updated = ["USER_UPDATE_START", "USER_UPDATE_SUCCESS"];
    assert_eq!(made(create(1001, json!({}))), created);
    let parent = id(&app, create(1001, json!({})));
    let child = json!({ "action": "create_child", "group_id": 1001, "connected_to": parent });
    assert_eq!(made(child), created);
    let me = id(&app, create(1001, json!({})));
    assert_eq!(
        made(call(
            "update",
            &me,
            json!({ "doc": { "first_name": "Ada" } })
        )),
        updated
    );
    assert_eq!(
        made(call("set_status", &me, json!({ "status_id": 21 }))),
        updated
    );
    let products = json!({ "product_list": { "name": "Bus", "price": "1.00" } });
    assert_eq!(made(call("add_product", &me, products)), updated);
    let email = json!({ "from": "a@riverside.example", "to": "b@riverside.example" });
    let emails = json!({ "doc": { "email_list": email } });
    assert_eq!(made(call("add_email", &me, emails)), updated);
    // A token changes nobody; who is registered by it is told of.
    assert_eq!(made(call("login", &me, json!({}))), none);
    let mut elsewhere = call("login", &me, json!({}));
    elsewhere["group_id"] = json!(1002);
    assert_eq!(made(elsewhere.clone()), created);
    assert_eq!(made(elsewhere), none);
    assert_eq!(made(get_info(1001, &me, json!({}))), none);
    assert_eq!(
        made(call("delete", &me, json!({}))),
        ["USER_DELETE_START", "USER_DELETE_SUCCESS"]
    );
    // Not about people.
    let before = kinds(&app).len();
    let status = json!({ "action": "create", "group_id": 1001, "doc": { "status_name": "Late", "color": "#000000" } });
    let answer = app.client.send(
        "POST",
        "/reg/api2/statuses/",
        &SERVER,
        status.to_string().as_bytes(),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    app.post(json!({ "action": "get_user_list", "group_id": 1001 }));
    app.post(json!({ "action": "verify_token", "group_id": 1001, "doc": { "user_token": "x" } }));
    flush(&app);
    assert_eq!(kinds(&app).len(), before);
}

#[test]
fn a_failed_call_is_told_of_later_and_its_writes_leave_no_success() {
    let app = TestApp::start();
    app.direct().spoil();
    let mut spoil = create(1001, spoiled());
    done(&app, spoil.clone());
    let before = kinds(&app).len();
    // Its user and its events were there for a moment, and were rolled back.
    spoil["doc"]["first_name"] = json!("Nina");
    let answer = app.post(spoil);
    assert_eq!(answer.status, 500);
    assert_eq!(kinds(&app).len(), before);
    assert_eq!(app.app.events.len(), 2);
    flush(&app);
    let found = &events(&app)[before..];
    let request_id = answer.header("x-request-id").unwrap();
    assert_eq!(found[0][..2], ["USER_CREATE_START", request_id]);
    assert_eq!(found[1][..2], ["USER_CREATE_FAIL", request_id]);
    let error = json!({ "message": "Something went wrong on our side.", "type": "internal" });
    assert_eq!(parse(&found[1][2]), json!({ "error": error }));
    // What was sent may be about somebody who is not there.
    assert!(
        !app.direct()
            .texts("SELECT coalesce(data, '') AS text FROM events")[before..]
            .join("")
            .contains("Nina")
    );
}

#[test]
fn every_refusal_of_a_change_is_told_of() {
    let app = TestApp::start();
    for (status, body) in [
        (422, create(1001, json!({ "main_email": "nina@" }))),
        (403, create(2001, json!({}))),
        (404, call("update", "9101", json!({ "doc": {} }))),
        (422, call("delete", "9001", json!({ "connected_to": 9002 }))),
    ] {
        assert_eq!(app.post(body).status, status);
    }
    for (status, body) in [
        (404, get_info(1001, "9101", json!({}))),
        (404, call("login", "424242", json!({}))),
        (400, json!({ "action": "unknown" })),
    ] {
        assert_eq!(app.post(body).status, status);
    }
    app.client.send("POST", USERS, &[], b"{}");
    flush(&app);
    let told = ["CREATE", "CREATE", "UPDATE", "DELETE"];
    let expected: Vec<_> = told
        .iter()
        .flat_map(|word| ["START", "FAIL"].map(|stage| format!("USER_{word}_{stage}")))
        .collect();
    let mut found = kinds(&app);
    found.sort();
    let mut expected = expected;
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn neither_a_dry_run_nor_a_replay_is_told_of() {
    let app = TestApp::start();
    let mut dry = create(1001, json!({}));
    dry["dry_run"] = json!(true);
    assert_eq!(app.post(dry.clone()).status, 200);
    dry["doc"] = json!({ "main_email": "nina@" });
    assert_eq!(app.post(dry).status, 422);
    flush(&app);
    assert_eq!(kinds(&app).len(), 0);
    for _ in 0..3 {
        let key = [("Idempotency-Key", "one")];
        let answer = app.client.users_with(&key, create(1001, json!({})));
        assert_eq!(answer.status, 200);
    }
    flush(&app);
    assert_eq!(kinds(&app), ["USER_CREATE_START", "USER_CREATE_SUCCESS"]);
}

#[test]
fn what_cannot_be_written_now_is_written_later() {
    let app = TestApp::start();
    app.direct()
        .execute("ALTER TABLE events RENAME TO elsewhere");
    let refused = app.post(create(1001, json!({ "main_email": "nina@" })));
    assert_eq!(refused.status, 422);
    assert!(app.block_on(clogin::events::flush(&app.app)).is_err());
    assert_eq!((app.app.events.len(), app.app.events.dropped()), (2, 0));
    app.direct()
        .execute("ALTER TABLE elsewhere RENAME TO events");
    flush(&app);
    assert_eq!(kinds(&app), ["USER_CREATE_START", "USER_CREATE_FAIL"]);
}

#[test]
fn the_level_says_how_much_is_kept() {
    let app = TestApp::start();
    let data = |level| {
        keep(&app, level, 90);
        let before = events(&app).len();
        done(&app, create(1001, json!({ "first_name": "Nina" })));
        let found = events(&app).split_off(before);
        found.iter().map(|row| parse(&row[3])).collect::<Vec<_>>()
    };
    let [start, success] = &data(2)[..] else {
        panic!()
    };
    assert_eq!(*start, json!({ "fields": ["first_name"] }));
    assert_eq!(*success, json!({}));
    assert_eq!(data(1), [json!(null), json!(null)]);
    assert_eq!(data(3)[0]["doc"], json!({ "first_name": "Nina" }));
    // Whom an event is about stands only beside what it says of the person.
    assert_eq!(
        app.direct()
            .number("SELECT count(*) FROM events WHERE clogin_id IS NOT NULL"),
        4
    );
    assert_eq!(
        app.direct()
            .number("SELECT count(*) FROM events WHERE data IS NOT NULL"),
        4
    );
}

#[test]
fn a_node_writes_what_waits_within_a_second_and_at_its_end() {
    let database = crate::support::database::TestDatabase::new();
    let mut server = Server::start(&database.target, &[]);
    let mut direct = crate::support::direct::Direct::open(&database.target);
    let refused = create(1001, json!({ "main_email": "nina@" }));
    assert_eq!(server.client.users(refused.clone()).status, 422);
    crate::support::until(|| direct.rows("events") == 2);
    assert_eq!(server.client.users(refused).status, 422);
    server.terminate();
    assert!(server.wait().success());
    assert_eq!(direct.rows("events"), 4);
}
