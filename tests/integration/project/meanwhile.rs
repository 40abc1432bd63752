//! What a call names, gone between its look at the snapshot and its transaction: nothing is left that names nothing.

use std::sync::{Arc, Mutex};

use clogin::app::App;
use clogin::project::apply::{Applied, ApplyOptions, Unnamed, apply};
use clogin::project::check as file_check;
use serde_json::{Value, json};

use super::{apply_beside, block_on, demo, disagreements, nothing};
use crate::support::TestApp;
use crate::support::client::{Answer, SERVER};

pub(super) type Meanwhile = Box<dyn FnOnce() + Send>;

/// An application in which something happens at the first statement that `is_moment` knows, once somebody has asked
/// for it.
pub(super) fn start(is_moment: fn(&str) -> bool) -> (TestApp, Arc<Mutex<Option<Meanwhile>>>) {
    let meanwhile: Arc<Mutex<Option<Meanwhile>>> = Arc::default();
    let waiting = Arc::clone(&meanwhile);
    let app = TestApp::start_with(|config| {
        config.observer = Some(Arc::new(move |sql| {
            if is_moment(sql) {
                let next = waiting.lock().unwrap().take();
                if let Some(next) = next {
                    // On a thread of its own: this one may be an actix worker.
                    std::thread::spawn(next).join().unwrap();
                }
            }
        }));
    });
    (app, meanwhile)
}

fn prune(app: &App, file: &Value) -> Applied {
    let file = file_check::parse("x.json", file.to_string().as_bytes()).unwrap();
    let options = ApplyOptions {
        unnamed: Unnamed::Removed,
        ..ApplyOptions::default()
    };
    block_on(apply(app, vec![("x.json".to_owned(), file)], options)).unwrap()
}

fn refresh(app: &TestApp) {
    app.block_on(app.app.projects.refresh(&app.app.db)).unwrap();
}

/// The demo with one more of everything that a call can name, and a project that nobody is registered in.
fn more() -> Value {
    let mut file = demo();
    let camp = &mut file["groups"][0];
    for (list, item) in [
        (
            "forms",
            json!({ "id": 99, "name": "Shoes", "fields": [{ "id": "shoes" }] }),
        ),
        ("categories", json!({ "id": 99, "name": "Trips" })),
        (
            "products",
            json!({ "id": 99, "name": "Island", "base_product_type": 3 }),
        ),
        ("statuses", json!({ "id": 99, "name": "New" })),
    ] {
        camp[list].as_array_mut().unwrap().push(item);
    }
    let groups = file["groups"].as_array_mut().unwrap();
    groups.push(json!({ "id": 1099, "name": "Empty" }));
    file
}

/// The answer to a call between whose authorization and whose transaction everything is pruned that the demo lacks.
fn made_meanwhile(path: &str, group: i64, action: &str, doc: Value) -> Answer {
    // An idempotency key is looked for before the action begins.
    let (app, waiting) =
        start(|sql| sql.starts_with("SELECT") && sql.contains("idempotency_records"));
    apply_beside(&app, &more());
    refresh(&app);
    let pruning = Arc::clone(&app.app);
    *waiting.lock().unwrap() = Some(Box::new(move || drop(prune(&pruning, &demo()))));
    let body = json!({ "action": action, "group_id": group, "doc": doc }).to_string();
    let mut headers = SERVER.to_vec();
    headers.push(("Idempotency-Key", "once"));
    let answer = app.client.send("POST", path, &headers, body.as_bytes());
    assert!(waiting.lock().unwrap().is_none());
    // Nothing was made: the database is as the file says.
    assert_eq!(prune(&app.app, &demo()), nothing());
    assert_eq!(block_on(disagreements(&app.app)), [""; 0]);
    answer
}

#[test]
fn what_a_new_trigger_names_is_there_still() {
    let trigger = |product: i64, condition: Value| {
        json!({ "action": { "product_id": product, "action_type": "add_product" },
            "conditions": { "condition_list": [condition] } })
    };
    let town = json!({ "field_id": "home_town", "field_value": "Newport" });
    for (doc, code, path) in [
        (
            trigger(99, town),
            "product_not_found",
            "doc.action.product_id",
        ),
        (
            trigger(11, json!({ "product_id": 99, "action": "product_added" })),
            "product_not_found",
            "doc.conditions.condition_list[0].product_id",
        ),
        (
            trigger(11, json!({ "status_id": 99, "action": "set_status" })),
            "status_not_found",
            "doc.conditions.condition_list[0].status_id",
        ),
        (
            trigger(11, json!({ "field_id": "shoes", "field_value": "42" })),
            "field_not_found",
            "doc.conditions.condition_list[0].field_id",
        ),
    ] {
        let answer = made_meanwhile("/reg/api2/triggers/", 1001, "create", doc);
        assert_eq!(answer.code(), code, "{}", answer.text);
        assert_eq!(answer.json()["errors"][0]["path"], json!(path));
    }
}

#[test]
fn what_a_new_product_names_is_there_still() {
    for (doc, code, path) in [
        (
            json!({ "base_product_type": 1, "cat_id": 99 }),
            "category_not_found",
            "doc.cat_id",
        ),
        (
            json!({ "base_product_type": 2, "percent": 10, "discounted": [99] }),
            "product_not_found",
            "doc.discounted[0]",
        ),
        (
            json!({ "base_product_type": 4, "holder": 99,
                "product_activity_start_date": "2027-03-27", "product_activity_end_date": "2027-03-27" }),
            "product_not_found",
            "doc.holder",
        ),
    ] {
        let mut doc = doc;
        doc["product_name"] = json!("Ferry");
        let answer = made_meanwhile("/reg/api2/products/", 1001, "create", doc);
        assert_eq!(answer.code(), code, "{}", answer.text);
        assert_eq!(answer.json()["errors"][0]["path"], json!(path));
    }
}

#[test]
fn the_project_is_there_still() {
    for (path, action, doc) in [
        (
            "/reg/api2/statuses/",
            "create",
            json!({ "status_name": "New" }),
        ),
        (
            "/reg/api2/products/",
            "create_category",
            json!({ "category_name": "New" }),
        ),
        (
            "/reg/api2/products/",
            "create",
            json!({ "product_name": "New", "base_product_type": 1 }),
        ),
    ] {
        let answer = made_meanwhile(path, 1099, action, doc);
        assert_eq!(answer.code(), "group_forbidden", "{}", answer.text);
    }
}
