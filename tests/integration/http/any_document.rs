//! Whatever JSON is sent, the answer is the contract's.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::bad_input::is_a_failure;
use crate::support::{TestApp, create};

/// Any document, with the keys and values that calls are made of among others.
fn document() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("action".to_owned()),
        Just("doc".to_owned()),
        Just("group_id".to_owned()),
        Just("clogin_id".to_owned()),
        Just("connected_to".to_owned()),
        Just("f_1_1".to_owned()),
        Just("username".to_owned()),
        Just("main_email".to_owned()),
        Just("_utm".to_owned()),
        Just("_allfields".to_owned()),
        "\\PC{0,8}",
    ];
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!(1001)),
        Just(json!(9001)),
        Just(json!("create")),
        Just(json!("get_info")),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

#[test]
fn no_document_is_our_mistake() {
    let app = TestApp::start();
    let config = ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(doc in document(), top in document(), read in any::<bool>())| {
        let mut body = if read { crate::support::get_info(1001, "9001", doc) } else { create(1001, doc) };
        for (key, value) in top.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        let answer = app.post(body);
        prop_assert!(answer.status < 500, "{:?}", answer);
        if answer.status == 200 {
            prop_assert_eq!(&answer.json()["success"], &json!(true));
        } else {
            is_a_failure(&answer);
        }
    });
}
