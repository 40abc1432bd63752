//! The stock of products with a quota follows what is applied, with people buying meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};

use clogin::db::carts;
use clogin::db::schema::product_stock;
use diesel::prelude::*;
use serde_json::{Value, json};

use super::{ONE, Setup, apply_beside, block_on, demo, disagreements};
use crate::support::TestApp;

fn with_quota(quota: Value) -> Value {
    let mut file = demo();
    file["groups"][0]["products"][0]["quota"] = quota;
    file
}

#[test]
fn stock_follows_the_quota() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    assert_eq!(setup.stock(11), Some((100, 1)));
    // Below what is sold: no more are sold.
    setup.apply(&with_quota(json!(0))).unwrap();
    assert_eq!(setup.stock(11), Some((0, 1)));
    setup.apply(&with_quota(Value::Null)).unwrap();
    assert_eq!(setup.stock(11), None);
    setup.apply(&with_quota(json!(7))).unwrap();
    assert_eq!(setup.stock(11), Some((7, 1)));
    let mut file = demo();
    file["groups"][0]["products"]
        .as_array_mut()
        .unwrap()
        .remove(0);
    setup.prune(&file).unwrap();
    assert_eq!(setup.stock(11), None);
    // Back again: what is in carts is counted.
    setup.apply(&demo()).unwrap();
    assert_eq!(setup.stock(11), Some((100, 1)));
}

#[test]
fn a_product_without_its_stock_gets_it() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    setup.write(|conn| {
        let week_one = product_stock::table.filter(product_stock::product_id.eq(11));
        diesel::delete(week_one).execute(&mut **conn)?;
        Ok(())
    });
    let line = r#"~ stock of product 11 "Week one" (project 1001)"#;
    assert_eq!(setup.apply(&demo()).unwrap().plan, [line]);
    assert_eq!(setup.stock(11), Some((100, 1)));
    setup.write(|conn| Ok(carts::set_quota(conn, ONE, 77, Some(1))?));
    let line = "~ stock of product 77";
    assert_eq!(setup.apply(&demo()).unwrap().plan, [line]);
    assert!(!setup.apply(&demo()).unwrap().is_changed);
}

#[test]
fn the_demo_product_is_sold_until_it_is_sold_out() {
    let app = TestApp::start();
    let child = new_child(&app);
    let answer = add(&app, child);
    assert_eq!(answer.status, 200, "{}", answer.text);
    apply_beside(&app, &with_quota(json!(2)));
    let other = new_child(&app);
    assert_eq!(add(&app, other).code(), "quota_exceeded");
    // The seat of somebody who leaves is free, and the cart that is kept does not hold it.
    let body = json!({ "action": "delete", "group_id": 1001, "clogin_id": child });
    assert_eq!(app.post(body).status, 200);
    apply_beside(&app, &with_quota(Value::Null));
    apply_beside(&app, &with_quota(json!(2)));
    assert_eq!(add(&app, other).status, 200);
    assert_eq!(add(&app, new_child(&app)).code(), "quota_exceeded");
}

/// A session finds the only holder of its category, though the server has not seen it yet.
#[test]
fn a_session_holder_that_is_news_is_found() {
    let app = TestApp::start();
    let mut file = demo();
    let holder = json!({ "id": 99, "name": "Tours", "base_product_type": 3, "category": 2 });
    let products = file["groups"][0]["products"].as_array_mut().unwrap();
    products.push(holder);
    apply_beside(&app, &file);
    let doc = json!({ "base_product_type": 4, "product_name": "Tour", "cat_id": 2,
        "product_activity_start_date": "2027-03-27", "product_activity_end_date": "2027-03-27" });
    let body = json!({ "action": "create", "group_id": 1001, "doc": doc });
    let answer = app.client.post_to("/reg/api2/products/", body);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// A product that the server has not seen yet comes with what its category says.
#[test]
fn a_product_that_is_news_brings_its_category() {
    let app = TestApp::start();
    let child = new_child(&app);
    let mut file = demo();
    let camp = &mut file["groups"][0];
    let category = json!({ "id": 99, "name": "Trips", "quota_ordered": 1 });
    camp["categories"].as_array_mut().unwrap().push(category);
    let product = json!({ "id": 99, "name": "Island", "category": 99 });
    camp["products"].as_array_mut().unwrap().push(product);
    apply_beside(&app, &file);
    let body = json!({ "action": "add_product", "group_id": 1001, "clogin_id": child,
        "product_list": { "p_id": 99, "q": 2 } });
    assert_eq!(app.post(body).code(), "quota_exceeded");
}

/// The race: a product gets its quota, and loses it, while others put it into their carts and take it out.
#[test]
fn sold_is_right_when_a_quota_comes_while_others_buy() {
    let app = TestApp::start();
    let children: Vec<_> = (0..8).map(|_| new_child(&app)).collect();
    let is_done = AtomicBool::new(false);
    let found = std::thread::scope(|scope| {
        for child in children {
            let (app, is_done) = (&app, &is_done);
            scope.spawn(move || {
                while !is_done.load(Ordering::SeqCst) {
                    let answer = add(app, child);
                    assert_eq!(answer.status, 200, "{}", answer.text);
                    let cart = &answer.json()["products"][0]["cart_id"];
                    let body = json!({
                        "action": "remove_product", "group_id": 1001, "clogin_id": child,
                        "product_list": [{ "cart_id": cart }],
                    });
                    let answer = app.post(body);
                    assert_eq!(answer.status, 200, "{}", answer.text);
                }
                let answer = add(app, child);
                assert_eq!(answer.status, 200, "{}", answer.text);
            });
        }
        // The next round would count anew: each is looked at by itself.
        let mut found = Vec::new();
        for round in 0..16 {
            let quota = if round % 2 == 0 {
                Value::Null
            } else {
                json!(100)
            };
            apply_beside(&app, &with_quota(quota));
            found.extend(block_on(disagreements(&app.app)));
        }
        is_done.store(true, Ordering::SeqCst);
        found
    });
    assert_eq!(found, [""; 0]);
    let stock = block_on(app.app.db.read(|conn| Ok(carts::stock_of(conn, ONE)?))).unwrap();
    assert_eq!((stock[0].quota, stock[0].sold), (100, 9));
    assert_eq!(block_on(disagreements(&app.app)), [""; 0]);
}

fn new_child(app: &TestApp) -> i64 {
    let body = json!({ "action": "create_child", "group_id": 1001, "connected_to": 9001,
        "doc": { "first_name": "Max" } });
    let answer = app.post(body).json();
    answer["user_info"]["clogin_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .unwrap_or_else(|| panic!("{answer}"))
}

fn add(app: &TestApp, child: i64) -> crate::support::client::Answer {
    app.post(
        json!({ "action": "add_product", "group_id": 1001, "clogin_id": child,
        "product_list": [{ "p_id": 11 }] }),
    )
}
