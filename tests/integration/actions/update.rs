//! `update` beyond its fixtures: many clients, one registration.

use serde_json::{Value, json};

use super::people::{
    CAMP, add_product, at_once, call, check, child, done, parent, set_status, statuses, update,
};
use crate::support::{TestApp, get_info};

#[test]
fn sixteen_clients_change_one_registration_and_nothing_is_lost() {
    let app = TestApp::start();
    let kid = child(&app, &parent(&app, json!({})));
    let doc = json!({
        "f_2_1": ["Piano"], "f_2_2": "2016-04-01", "f_2_3": "4", "f_2_4": "1.32", "f_2_5": "yes",
        "f_2_6": "S", "pick_up": "Aunt May", "office_note": "Pays late.", "first_name": "Nat",
        "last_name": "Cole", "org_name": "Trio", "main_email": "nat@riverside.example",
        "username": "nat@riverside.example",
    });
    let fields = doc.as_object().unwrap().iter();
    let mut calls: Vec<_> = fields
        .map(|(field, value)| update(&kid, json!({ field: value })))
        .collect();
    calls.push(set_status(&kid, 21));
    calls.push(add_product(&kid, json!({ "p_id": 13 })));
    calls.push(add_product(&kid, json!({ "p_id": 11 })));
    assert_eq!(statuses(&at_once(&app, &calls)), [(200, 16)]);
    let wanted = doc.as_object().unwrap().keys();
    let wanted: Value = wanted.map(|key| (key.clone(), json!(true))).collect();
    let answer = done(&app, get_info(CAMP, &kid, wanted));
    assert_eq!(answer["doc"], doc);
    assert_eq!(answer["meta_info"]["total_order"], "265.00");
    assert_eq!(answer["meta_info"]["status_id"], "21");
    check(&app);
}

#[test]
fn one_username_is_given_once_and_the_loser_keeps_all_it_had() {
    let app = TestApp::start();
    let people: Vec<_> = (0..8).map(|_| parent(&app, json!({}))).collect();
    let doc = json!({ "username": "one@riverside.example", "first_name": "One", "home_town": "X" });
    let calls: Vec<_> = people.iter().map(|me| update(me, doc.clone())).collect();
    assert_eq!(statuses(&at_once(&app, &calls)), [(200, 1), (409, 7)]);
    let named = people.iter().filter(|me| {
        let doc = json!({ "first_name": 1, "home_town": 1 });
        let doc = done(&app, get_info(CAMP, me, doc))["doc"].clone();
        assert!(
            doc == json!({ "first_name": "One", "home_town": "X" })
                || doc == json!({ "first_name": null, "home_town": null })
        );
        doc["first_name"] == "One"
    });
    assert_eq!(named.count(), 1);
}

#[test]
fn what_is_refused_changes_nothing_at_all() {
    let app = TestApp::start();
    let me = parent(&app, json!({ "password": "rumba at midnight" }));
    let dump = app.direct().dump();
    let good = json!({ "password": "mambo at noon", "first_name": "Ada", "home_town": "Tryon" });
    for (key, value) in [
        ("telephone", json!("call me")),
        ("shoe_size", json!(9)),
        ("instrument", json!(["Piano"])),
        ("username", json!("ella@riverside.example")),
        ("main_email", json!("ada@")),
        ("_utm", json!({})),
        ("last_name", json!("x".repeat(201))),
    ] {
        let mut doc = good.clone();
        doc[key] = value;
        let answer = app.post(update(&me, doc));
        assert_ne!(answer.status, 200, "{key}");
        assert_eq!(app.direct().dump(), dump, "{key}");
    }
}

#[test]
fn an_idempotency_key_is_one_effect_for_many() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let calls = vec![update(&me, json!({ "home_town": "Memphis" })); 10];
    let key = [("Idempotency-Key", "move")];
    let answers = super::people::with_headers_at_once(&app, &key, &calls);
    assert_eq!(statuses(&answers), [(200, 10)]);
    assert!(answers.iter().all(|answer| answer.text == answers[0].text));
    let replayed = answers
        .iter()
        .filter(|answer| answer.header("idempotent-replayed").is_some());
    assert_eq!(replayed.count(), 9);
    let other = call("update", &me, json!({ "doc": { "home_town": "Tryon" } }));
    let answer = app.client.users_with(&key, other);
    assert_eq!(answer.code(), "idempotency_mismatch");
}
