//! `add_product` and `remove_product` beyond their fixtures: seats, and many who want them.

use clogin::db::{Outcome, carts};
use clogin::ids::OrganizationId;
use serde_json::{Value, json};

use super::people::{
    CAMP, add_product, at_once, call, check, child, done, parent, statuses, with_headers_at_once,
};
use crate::support::{TestApp, get_info};

const BOAT_TRIP: i64 = 15;

fn set_quota(app: &TestApp, quota: i64) {
    let set = app.app.db.write(move |conn| {
        carts::set_quota(conn, OrganizationId(1), BOAT_TRIP, Some(quota))?;
        Ok(Outcome::Keep(()))
    });
    app.block_on(set).unwrap();
}

fn sold(app: &TestApp, product: i64) -> i64 {
    let sold = format!("SELECT sold FROM product_stock WHERE product_id = {product}");
    app.direct().number(&sold)
}

#[test]
fn two_hundred_buyers_share_fifty_seats() {
    let app = TestApp::start();
    set_quota(&app, 50);
    let calls: Vec<_> = (0..200)
        .map(|_| add_product(&parent(&app, json!({})), json!({ "p_id": BOAT_TRIP })))
        .collect();
    let answers = at_once(&app, &calls);
    assert_eq!(statuses(&answers), [(200, 50), (409, 150)]);
    let refused = answers.iter().filter(|answer| answer.status == 409);
    assert!(
        refused
            .into_iter()
            .all(|answer| answer.code() == "quota_exceeded")
    );
    assert_eq!(sold(&app, BOAT_TRIP), 50);
    check(&app);
}

#[test]
fn several_products_at_once_do_not_wait_for_each_other() {
    let app = TestApp::start();
    let calls: Vec<_> = (0..16)
        .map(|number| {
            let kid = child(&app, &parent(&app, json!({})));
            let mut list = vec![json!({ "p_id": 11 }), json!({ "p_id": BOAT_TRIP })];
            list.rotate_left(number % 2);
            add_product(&kid, json!(list))
        })
        .collect();
    assert_eq!(statuses(&at_once(&app, &calls)), [(200, 16)]);
    check(&app);
}

#[test]
fn there_is_one_line_of_what_there_is_only_one() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let calls = vec![add_product(&me, json!({ "p_id": 14 })); 10];
    let answers = at_once(&app, &calls);
    assert_eq!(statuses(&answers), [(200, 1), (409, 9)]);
    let cart = done(&app, get_info(CAMP, &me, json!({ "_usercart": 1 })));
    assert_eq!(cart["doc"]["_usercart"].as_array().unwrap().len(), 1);
    check(&app);
}

#[test]
fn an_idempotency_key_is_one_line_for_many() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let calls = vec![add_product(&me, json!({ "p_id": BOAT_TRIP, "q": 2 })); 10];
    let answers = with_headers_at_once(&app, &[("Idempotency-Key", "boat")], &calls);
    assert_eq!(statuses(&answers), [(200, 10)]);
    assert!(answers.iter().all(|answer| answer.text == answers[0].text));
    assert_eq!(sold(&app, BOAT_TRIP), 2);
    check(&app);
}

fn remove(clogin: &str, line: &Value) -> Value {
    let list = json!({ "cart_id": line["cart_id"] });
    call("remove_product", clogin, json!({ "product_list": list }))
}

#[test]
fn seats_come_back_with_the_line_and_with_the_user() {
    let app = TestApp::start();
    let (one, other) = (parent(&app, json!({})), parent(&app, json!({})));
    let buy = |me: &str| {
        let list = json!({ "p_id": BOAT_TRIP, "q": 20 });
        app.post(add_product(me, list))
    };
    let line = buy(&one).json()["products"][0].clone();
    assert_eq!(buy(&other).code(), "quota_exceeded");
    done(&app, remove(&one, &line));
    assert_eq!(buy(&other).status, 200);
    assert_eq!(buy(&one).code(), "quota_exceeded");
    done(&app, call("delete", &other, json!({})));
    assert_eq!(buy(&one).status, 200);
    assert_eq!(sold(&app, BOAT_TRIP), 20);
    check(&app);
}

#[test]
fn a_line_is_removed_once() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let added = done(&app, add_product(&me, json!({ "p_id": BOAT_TRIP })));
    let calls = vec![remove(&me, &added["products"][0]); 10];
    assert_eq!(statuses(&at_once(&app, &calls)), [(200, 1), (404, 9)]);
    assert_eq!(sold(&app, BOAT_TRIP), 0);
    check(&app);
}

#[test]
fn what_is_refused_takes_no_seat() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let dump = app.direct().dump();
    let boat = json!({ "p_id": BOAT_TRIP });
    let dear = json!({ "name": "Island", "price": "9999999999.99" });
    for list in [
        json!([boat, { "p_id": 12 }]),
        json!([boat, { "p_id": BOAT_TRIP, "q": 20 }]),
        json!([boat, dear]),
        json!([boat, { "p_id": 424_242 }]),
    ] {
        assert_ne!(
            app.post(add_product(&me, list.clone())).status,
            200,
            "{list}"
        );
        assert_eq!(app.direct().dump(), dump, "{list}");
    }
}
