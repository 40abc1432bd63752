//! `get_info` beyond its fixtures.

use serde_json::json;

use crate::support::{TestApp, get_info};

#[test]
fn a_document_that_does_not_parse_is_our_mistake_and_is_not_shown() {
    let app = TestApp::start();
    app.direct()
        .execute("UPDATE registrations SET forms = '{secret' WHERE clogin_id = 9001");
    let answer = app.post(get_info(1001, "9001", json!({})));
    assert_eq!(answer.status, 500);
    crate::support::failure(
        &answer,
        "internal",
        "Something went wrong on our side.",
        json!([]),
    );
}

#[test]
fn a_registration_or_a_person_that_was_deleted_is_not_there() {
    for table in [
        "registrations SET deleted_at = created_at WHERE clogin_id",
        "users SET deleted_at = created_at WHERE id",
    ] {
        let app = TestApp::start();
        assert_eq!(app.post(get_info(1001, "9001", json!({}))).status, 200);
        app.direct().execute(&format!("UPDATE {table} = 9001"));
        let answer = app.post(get_info(1001, "9001", json!({})));
        assert_eq!(answer.status, 404);
        crate::support::failure(
            &answer,
            "user_not_found",
            "No such user in this project.",
            json!([]),
        );
    }
}

#[test]
fn money_is_written_with_two_decimals_and_adds_up() {
    let app = TestApp::start();
    for (order, paid, shown) in [
        (25_000, 10_000, ["250.00", "100.00", "150.00"]),
        (5, 100, ["0.05", "1.00", "-0.95"]),
        (0, 7, ["0.00", "0.07", "-0.07"]),
    ] {
        app.direct().execute(&format!(
            "UPDATE registrations SET order_total = {order}, paid_total = {paid} WHERE clogin_id = 9001"
        ));
        let meta_info = app.post(get_info(1001, "9001", json!({}))).json()["meta_info"].clone();
        let found =
            ["total_order", "total_paid", "total_balance"].map(|key| meta_info[key].clone());
        assert_eq!(found, shown.map(|text| json!(text)));
    }
}
