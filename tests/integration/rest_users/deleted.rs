//! Soft deletion: what it hides, what it frees, what it keeps, and how it is undone.

use clogin::error::ErrorCode;
use serde_json::{Value, json};

use super::{call, create, read, remove, restore, uuid, verify};
use crate::actions::people::{
    CAMP, add_product, at_once, authenticate, call as body, check, child, create_child, done,
    parent, pay, refund, statuses, token, verify_token,
};
use crate::support::{TestApp, create as create_body, get_info};

/// A parent with a username, and what it answers.
fn nina(app: &TestApp) -> (String, String) {
    let doc = json!({ "username": "nina@riverside.example", "password": "rumba at midnight" });
    let clogin = parent(app, doc);
    let uuid = uuid(app, &clogin);
    (clogin, uuid)
}

fn code(result: Result<impl Sized, clogin::error::Error>) -> ErrorCode {
    match result {
        Ok(_) => panic!("it was done"),
        Err(error) => error.code(),
    }
}

fn everybody(app: &TestApp) -> Value {
    let list =
        json!({ "action": "get_user_list", "group_id": CAMP, "doc": { "with_excluded": 1 } });
    done(app, list)
}

#[test]
fn it_hides_the_person_everywhere_and_restore_brings_everything_back() {
    let app = TestApp::start();
    let (clogin, uuid) = nina(&app);
    let kid = child(&app, &clogin);
    let kid_uuid = super::uuid(&app, &kid);
    done(&app, add_product(&kid, json!({ "p_id": 11 })));
    let token = token(&app, &clogin);
    let (before, list) = (
        app.post(get_info(CAMP, &kid, json!({}))).json(),
        everybody(&app),
    );

    assert_eq!(code(remove(&app, &uuid)), ErrorCode::HasChildren);
    remove(&app, &kid_uuid).unwrap();
    check(&app);
    verify(&app);
    remove(&app, &uuid).unwrap();
    check(&app);
    verify(&app);
    assert_eq!(code(read(&app, &uuid)), ErrorCode::UserNotFound);
    assert_eq!(code(remove(&app, &uuid)), ErrorCode::UserNotFound);
    let again = body("create", &clogin, json!({ "doc": {} }));
    for (call, status) in [
        (get_info(CAMP, &clogin, json!({})), 404),
        (body("login", &clogin, json!({})), 404),
        (again, 404),
        (
            authenticate("nina@riverside.example", "rumba at midnight"),
            401,
        ),
        (verify_token(&token), 401),
        (
            create_body(CAMP, json!({ "username": "nina@riverside.example" })),
            409,
        ),
    ] {
        let answer = app.post(call.clone());
        assert_eq!(answer.status, status, "{call}: {}", answer.text);
    }

    assert_eq!(restore(&app, &uuid).unwrap().uuid, uuid);
    restore(&app, &kid_uuid).unwrap();
    restore(&app, &kid_uuid).unwrap();
    check(&app);
    verify(&app);
    assert_eq!(app.post(get_info(CAMP, &kid, json!({}))).json(), before);
    assert_eq!(everybody(&app), list);
    done(
        &app,
        authenticate("nina@riverside.example", "rumba at midnight"),
    );
}

#[test]
fn a_registration_that_had_ended_before_stays_ended() {
    let app = TestApp::start();
    let (clogin, uuid) = nina(&app);
    let mut elsewhere = create_body(1002, json!({}));
    elsewhere["clogin_id"] = json!(clogin);
    done(&app, elsewhere);
    // In the same millisecond.
    done(&app, body("delete", &clogin, json!({})));
    remove(&app, &uuid).unwrap();
    restore(&app, &uuid).unwrap();
    assert_eq!(app.post(get_info(CAMP, &clogin, json!({}))).status, 404);
    assert_eq!(app.post(get_info(1002, &clogin, json!({}))).status, 200);
    verify(&app);
}

#[test]
fn seats_are_freed_and_may_be_gone_when_it_comes_back() {
    let app = TestApp::start();
    let (clogin, uuid) = nina(&app);
    done(&app, add_product(&clogin, json!({ "p_id": 13, "q": 1 })));
    app.direct().execute(
        "INSERT INTO product_stock (organization_id, product_id, quota, sold) VALUES (1, 13, 1, 1)",
    );
    let other = parent(&app, json!({}));
    let one = || add_product(&other, json!({ "p_id": 13 }));
    assert_eq!(app.post(one()).code(), "quota_exceeded");
    remove(&app, &uuid).unwrap();
    done(&app, one());
    let dump = app.direct().dump();
    assert_eq!(code(restore(&app, &uuid)), ErrorCode::QuotaExceeded);
    assert_eq!(app.direct().dump(), dump);
    check(&app);
    remove(&app, &super::uuid(&app, &other)).unwrap();
    restore(&app, &uuid).unwrap();
    check(&app);
}

#[test]
fn a_child_does_not_come_back_without_its_parent() {
    let app = TestApp::start();
    let (clogin, uuid) = nina(&app);
    let kid = super::uuid(&app, &child(&app, &clogin));
    remove(&app, &kid).unwrap();
    remove(&app, &uuid).unwrap();
    assert_eq!(code(restore(&app, &kid)), ErrorCode::NotAChildOf);
    restore(&app, &uuid).unwrap();
    restore(&app, &kid).unwrap();
    check(&app);
    verify(&app);
}

#[test]
fn nobody_elses_people_and_none_for_browsers() {
    let app = TestApp::start();
    let user = create(&app, clogin::users::views::Given::default());
    for result in [
        call(&app, 601, async |call| {
            clogin::actions::users::remove::remove(call, &user.uuid).await
        }),
        call(&app, 601, async |call| {
            clogin::actions::users::restore::restore(call, &user.uuid)
                .await
                .map(|_| ())
        }),
    ] {
        assert_eq!(code(result), ErrorCode::UserNotFound);
    }
    let refused = call(&app, 502, async |call| {
        clogin::actions::users::read::read(call, &user.uuid).await
    });
    assert_eq!(code(refused), ErrorCode::ActionForbidden);
    read(&app, &user.uuid).unwrap();
}

/// Whatever comes in between, a person is there wholly or not at all.
#[test]
fn a_person_that_is_deleted_while_others_work_with_it() {
    let app = TestApp::start();
    let (clogin, uuid) = nina(&app);
    let bodies: Vec<Value> = (0..4)
        .flat_map(|_| {
            [
                add_product(&clogin, json!({ "p_id": 15 })),
                body(
                    "update",
                    &clogin,
                    json!({ "doc": { "first_name": "N", "home_town": "T" } }),
                ),
                body("login", &clogin, json!({})),
                json!({ "action": "create", "group_id": 1002, "clogin_id": clogin, "doc": {} }),
            ]
        })
        .collect();
    let answers = std::thread::scope(|scope| {
        let others = scope.spawn(|| at_once(&app, &bodies));
        for _ in 0..4 {
            remove(&app, &uuid).unwrap();
            restore(&app, &uuid).unwrap();
        }
        remove(&app, &uuid).unwrap();
        others.join().unwrap()
    });
    let statuses = statuses(&answers);
    assert!(
        statuses
            .iter()
            .all(|(status, _)| [200, 404, 409].contains(status)),
        "{statuses:?}"
    );
    check(&app);
    verify(&app);
    let live = format!(
        "SELECT count(*) FROM registrations WHERE clogin_id = {clogin} AND deleted_at IS NULL"
    );
    assert_eq!(app.direct().number(&live), 0);
}

#[test]
fn a_parent_goes_before_its_first_child_comes_or_not_at_all() {
    let app = TestApp::start();
    for _ in 0..4 {
        let clogin = parent(&app, json!({}));
        let uuid = uuid(&app, &clogin);
        let children = vec![create_child(&clogin, json!({})); 4];
        let (removed, answers) = std::thread::scope(|scope| {
            let others = scope.spawn(|| at_once(&app, &children));
            let removed = remove(&app, &uuid);
            (removed, others.join().unwrap())
        });
        let made = answers.iter().filter(|answer| answer.status == 200).count();
        match removed {
            Ok(()) => assert_eq!(made, 0),
            Err(error) => assert_eq!(error.code(), ErrorCode::HasChildren),
        }
        check(&app);
    }
    verify(&app);
}

#[test]
fn what_was_paid_still_counts_and_comes_back() {
    let app = TestApp::start();
    let (clogin, uuid) = nina(&app);
    done(&app, add_product(&clogin, json!({ "p_id": 13 })));
    done(&app, pay(&clogin, "10.00"));
    let before = everybody(&app)["totals"].clone();
    remove(&app, &uuid).unwrap();
    let totals = &everybody(&app)["totals"];
    assert_eq!(totals["paid"], before["paid"]);
    assert_eq!(totals["order"], "250.00");
    check(&app);
    verify(&app);
    restore(&app, &uuid).unwrap();
    assert_eq!(everybody(&app)["totals"], before);
    done(&app, refund(&clogin, "10.00"));
    check(&app);
    verify(&app);
}
