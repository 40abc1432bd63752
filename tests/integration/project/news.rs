//! What another process has just applied can be used at once: the server looks again before it refuses.

use serde_json::{Value, json};

use super::{apply_beside, demo};
use crate::http::client_users::{PEOPLE, got};
use crate::support::{TestApp, create, get_info};

/// The demo with something more in a list of its camp.
fn with(list: &str, item: Value) -> Value {
    let mut file = demo();
    let items = file["groups"][0][list].as_array_mut().unwrap();
    items.push(item);
    file
}

fn about(action: &str, more: Value) -> Value {
    let mut body = json!({ "action": action, "group_id": 1001, "clogin_id": 9001 });
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}

#[track_caller]
fn done(app: &TestApp, body: Value) {
    let answer = app.post(body);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// Each change is new to the server when the call comes that needs it.
#[test]
fn what_was_just_applied_can_be_named() {
    let shoes = |id: &str| json!({ "id": 99, "name": "Shoes", "fields": [{ "id": id }] });
    let list = json!({ "action": "get_user_list", "group_id": 1001, "doc": { "shoes_4": true } });
    let cases = [
        ("shoes_1", create(1001, json!({ "shoes_1": "42" }))),
        (
            "shoes_2",
            about("update", json!({ "doc": { "shoes_2": "42" } })),
        ),
        (
            "shoes_3",
            get_info(1001, "9001", json!({ "shoes_3": true })),
        ),
        ("shoes_4", list),
    ];
    let app = TestApp::start();
    for (field, body) in cases {
        apply_beside(&app, &with("forms", shoes(field)));
        done(&app, body);
    }
    apply_beside(&app, &with("statuses", json!({ "id": 99, "name": "New" })));
    done(&app, about("set_status", json!({ "status_id": 99 })));
    let shirt = json!({ "id": 99, "name": "Shirt" });
    apply_beside(&app, &with("products", shirt));
    let list = json!({ "product_list": { "p_id": 99 } });
    done(&app, about("add_product", list));
}

#[test]
fn an_option_a_setting_and_a_structure_that_were_just_applied_hold() {
    let app = TestApp::start();
    let mut file = demo();
    let instrument = &mut file["groups"][0]["forms"][1]["fields"][0];
    instrument["options"] = json!(["Piano", "Guitar", "Drums", "Harp"]);
    apply_beside(&app, &file);
    let doc = json!({ "instrument": ["Harp"] });
    done(
        &app,
        json!({ "action": "create_child", "group_id": 1001, "connected_to": 9001, "doc": doc }),
    );
    file["groups"][0]["settings"]["password_min_length"] = json!(6);
    apply_beside(&app, &file);
    done(
        &app,
        about("update", json!({ "doc": { "password": "abcdef" } })),
    );
    let answer = app.post(create(1002, json!({})));
    let parent = answer.json()["user_info"]["clogin_id"].clone();
    file["groups"][1]["structure"] = json!("family");
    apply_beside(&app, &file);
    done(
        &app,
        json!({ "action": "create_child", "group_id": 1002, "connected_to": parent }),
    );
}

#[test]
fn a_trigger_a_product_and_an_email_can_name_what_was_just_applied() {
    let app = TestApp::start();
    let shirt = json!({ "id": 99, "name": "Shirt" });
    apply_beside(&app, &with("products", shirt));
    let condition = json!({ "product_id": 99, "action": "product_added" });
    let trigger = json!({ "action": "create", "group_id": 1001, "doc": {
        "action": { "product_id": 11, "action_type": "add_product" },
        "conditions": { "condition_list": [condition] } } });
    let answer = app.client.post_to("/reg/api2/triggers/", trigger);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let trips = json!({ "id": 99, "name": "Trips" });
    apply_beside(&app, &with("categories", trips));
    let product = json!({ "action": "create", "group_id": 1001,
        "doc": { "product_name": "Island", "base_product_type": 1, "cat_id": 99 } });
    let answer = app.client.post_to("/reg/api2/products/", product);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut file = demo();
    let admin = json!({ "id": 599, "email": "new@riverside.example" });
    file["admins"].as_array_mut().unwrap().push(admin);
    apply_beside(&app, &file);
    let email = json!({ "from": "a@riverside.example", "to": "b@riverside.example",
        "subject": "Hello", "admin_id": 599 });
    done(
        &app,
        about("add_email", json!({ "doc": { "email_list": email } })),
    );
}

#[test]
fn a_language_that_was_just_applied_is_one_of_the_organization() {
    let app = TestApp::start();
    let mut file = demo();
    file["organization"]["locales"] = json!(["en", "de", "fr"]);
    apply_beside(&app, &file);
    got(&app, &format!("{PEOPLE}?locale=fr"));
}
