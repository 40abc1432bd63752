//! Whole families: what their members do at the same time, and what is left when one goes.

use serde_json::{Value, json};

use super::people::{
    CAMP, add_product, at_once, authenticate, call, check, child, create_child, done, parent,
    set_status, statuses, token, update, verify_token,
};
use crate::support::{TestApp, create, get_info};

#[test]
fn thirty_calls_on_one_family_keep_everything_right() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let kids: Vec<_> = (0..5).map(|_| child(&app, &me)).collect();
    for _ in 0..3 {
        let calls: Vec<Value> = (0..5)
            .flat_map(|number| {
                let kid = &kids[number];
                [
                    create_child(&me, json!({ "first_name": format!("New {number}") })),
                    update(kid, json!({ "years_played": number })),
                    add_product(kid, json!([{ "p_id": 13, "q": 2 }, { "p_id": 15 }])),
                    set_status(kid, if number % 2 == 0 { 22 } else { 0 }),
                    call("delete", &kids[4 - number], json!({})),
                    add_product(&me, json!({ "p_id": 15 })),
                ]
            })
            .collect();
        let answers = at_once(&app, &calls);
        let expected = ["", "user_not_found", "quota_exceeded"];
        for answer in answers {
            assert!(
                expected.contains(&answer.code().as_str()),
                "{}",
                answer.text
            );
        }
        check(&app);
        for kid in &kids {
            let revive = json!({ "clogin_id": kid, "connected_to": me });
            done(&app, call("create_child", kid, revive));
        }
        check(&app);
    }
}

#[test]
fn a_parent_does_not_leave_while_a_child_comes() {
    let app = TestApp::start();
    for _ in 0..10 {
        let me = parent(&app, json!({}));
        let calls = [create_child(&me, json!({})), call("delete", &me, json!({}))];
        let answers = at_once(&app, &calls)
            .into_iter()
            .map(|answer| answer.code());
        let codes: Vec<_> = answers.collect();
        assert!(
            codes == ["", "has_children"] || codes == ["user_not_found", ""],
            "{codes:?}"
        );
        check(&app);
    }
}

#[test]
fn one_person_becomes_a_child_once() {
    let app = TestApp::start();
    let person = done(&app, create(1002, json!({})));
    let person = person["user_info"]["clogin_id"].as_str().unwrap();
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let connected_to = json!({ "connected_to": parent(&app, json!({})) });
            call("create_child", person, connected_to)
        })
        .collect();
    assert_eq!(statuses(&at_once(&app, &calls)), [(200, 1), (409, 5)]);
    check(&app);
}

/// Every call about somebody, and what refuses it when the user is gone.
fn calls(me: &str, token: &str) -> Vec<(Value, &'static str)> {
    let username = "me@riverside.example";
    let gone = "user_not_found";
    vec![
        (get_info(CAMP, me, json!({})), gone),
        (update(me, json!({ "home_town": "Tryon" })), gone),
        (add_product(me, json!({ "p_id": 13 })), gone),
        (
            call(
                "remove_product",
                me,
                json!({ "product_list": { "cart_id": 1 } }),
            ),
            gone,
        ),
        (set_status(me, 21), gone),
        (
            call("add_email", me, json!({ "doc": { "email_list": [] } })),
            gone,
        ),
        (call("login", me, json!({})), gone),
        (call("delete", me, json!({})), gone),
        (create_child(me, json!({})), gone),
        (authenticate(username, "rumba at midnight"), gone),
        (verify_token(token), "token_invalid"),
    ]
}

#[test]
fn who_is_deleted_is_nowhere_and_comes_back_with_its_answers() {
    let app = TestApp::start();
    let username = "me@riverside.example";
    let me = parent(
        &app,
        json!({ "username": username, "password": "rumba at midnight", "home_town": "Memphis" }),
    );
    let token = token(&app, &me);
    done(
        &app,
        add_product(&me, json!([{ "p_id": 13 }, { "p_id": 15 }])),
    );
    done(&app, call("delete", &me, json!({})));
    check(&app);
    let dump = app.direct().dump();
    for (body, code) in calls(&me, &token) {
        let answer = app.post(body.clone());
        assert_eq!(answer.code(), code, "{body}");
        assert_eq!(answer.json()["user_info"], Value::Null, "{body}");
    }
    assert_eq!(app.direct().dump(), dump);
    done(
        &app,
        call("create", &me, json!({ "doc": { "telephone": "555" } })),
    );
    let doc = json!({ "home_town": 1, "telephone": 1, "_usercart": 1, "username": 1 });
    let revived = done(&app, get_info(CAMP, &me, doc));
    assert_eq!(
        revived["doc"],
        json!({ "home_town": "Memphis", "telephone": "555", "_usercart": [], "username": username })
    );
    assert_eq!(revived["meta_info"]["total_order"], "0.00");
    assert_eq!(app.post(verify_token(&token)).code(), "token_invalid");
    check(&app);
}

#[test]
fn one_of_many_revives_somebody() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    done(&app, call("delete", &me, json!({})));
    let answers = at_once(&app, &vec![call("create", &me, json!({})); 8]);
    assert_eq!(statuses(&answers), [(200, 1), (409, 7)]);
    check(&app);
}
