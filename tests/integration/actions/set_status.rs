//! `set_status` beyond its fixtures: what a status does to the lists and totals of a project, step by step.

use serde_json::{Value, json};

use super::people::{CAMP, add_product, call, check, child, done, parent, pay, set_status};
use crate::support::TestApp;

/// The totals of a list.
fn totals(app: &TestApp, option: &str) -> (i64, String, String, String) {
    let doc = json!({ option: true });
    let list = json!({ "action": "get_user_list", "group_id": CAMP, "doc": doc });
    let totals = done(app, list)["totals"].clone();
    let text = |key: &str| totals[key].as_str().unwrap().to_owned();
    let users = totals["users"].as_i64().unwrap();
    (users, text("order"), text("paid"), text("balance"))
}

#[track_caller]
fn expect(app: &TestApp, option: &str, totals_expected: (i64, &str, &str, &str)) {
    let found = totals(app, option);
    let found = (found.0, &*found.1, &*found.2, &*found.3);
    assert_eq!(found, totals_expected, "{option}");
    check(app);
}

#[test]
fn an_excluded_order_leaves_the_totals_and_its_payments_stay() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let kid = child(&app, &me);
    // With the demo's Ella, and her son's week of 250.00.
    expect(&app, "with_excluded", (4, "250.00", "0.00", "250.00"));
    done(&app, add_product(&me, json!({ "p_id": 14 })));
    done(&app, add_product(&kid, json!({ "p_id": 13, "q": 2 })));
    expect(&app, "with_excluded", (4, "320.00", "0.00", "320.00"));
    done(&app, pay(&me, "25.00"));
    expect(&app, "with_excluded", (4, "320.00", "25.00", "295.00"));
    done(&app, set_status(&me, 22));
    expect(&app, "return_families", (3, "280.00", "25.00", "255.00"));
    expect(&app, "with_excluded", (4, "280.00", "25.00", "255.00"));
    expect(&app, "only_excluded", (1, "0.00", "25.00", "-25.00"));
    expect(&app, "only_parents", (1, "0.00", "25.00", "-25.00"));
    expect(&app, "only_children", (2, "280.00", "0.00", "280.00"));
    // What is added meanwhile counts when the user is back.
    done(&app, add_product(&me, json!({ "p_id": 13 })));
    expect(&app, "with_excluded", (4, "280.00", "25.00", "255.00"));
    done(&app, set_status(&me, 21));
    expect(&app, "with_excluded", (4, "335.00", "25.00", "310.00"));
    done(&app, call("delete", &kid, json!({})));
    expect(&app, "with_excluded", (3, "305.00", "25.00", "280.00"));
    done(&app, set_status(&me, 22));
    done(&app, call("delete", &me, json!({})));
    expect(&app, "with_excluded", (2, "250.00", "25.00", "225.00"));
    done(&app, call("create", &me, json!({})));
    expect(&app, "with_excluded", (3, "250.00", "25.00", "225.00"));
}

#[test]
fn an_excluded_user_still_sees_its_own_order() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    done(&app, add_product(&me, json!({ "p_id": 14 })));
    let answer: Value = done(&app, set_status(&me, 22));
    assert_eq!(answer["meta_info"]["total_order"], "40.00");
    assert_eq!(answer["users"], json!([me.parse::<i64>().unwrap()]));
}
