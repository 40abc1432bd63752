//! A walk through all pages while others write: who was there at the start comes exactly once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{BEARER, PEOPLE, created, got, ids, path_of, send, url};
use crate::support::TestApp;

/// Walks while others make people, change those that are there, and delete their own.
fn walk(first: &str) {
    let app = TestApp::start();
    for number in 0..60 {
        created(
            &app.client,
            json!({ "custom_properties": { "external_id": number.to_string() } }),
        );
    }
    let there = ids(&got(&app, &format!("{PEOPLE}?page_size=1000")));
    assert_eq!(there.len(), 64);
    // What is made from here on is later, as it is in the world.
    app.advance_seconds(1);
    let done = AtomicBool::new(false);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    let id = created(&app.client, json!({}));
                    created(&app.client, json!({}));
                    app.client.send("DELETE", &url(&id), &[BEARER], b"");
                    for known in &there[..3] {
                        let body = json!({ "email": "x@example.com" });
                        send(&app.client, "PATCH", &url(known), body);
                    }
                }
            });
        }
        let mut path = Some(format!("{PEOPLE}?{first}"));
        while let Some(next) = path.take() {
            let page = got(&app, &next);
            for id in ids(&page) {
                *found.entry(id).or_default() += 1;
            }
            // The rest are new, and others make more of them all the time.
            if !there.iter().all(|id| found.contains_key(id)) {
                path = path_of(&page["next"]);
            }
        }
        done.store(true, Ordering::SeqCst);
    });
    for id in &there {
        assert_eq!(found.get(id), Some(&1), "{id}");
    }
    crate::rest_users::verify(&app);
}

#[test]
fn by_number() {
    walk("page_size=7");
}

#[test]
fn by_cursor() {
    walk("cursor=&page_size=7");
}
