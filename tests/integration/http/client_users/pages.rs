//! Pages, and the links between them.

use serde_json::{Value, json};

use super::{BEARER, PEOPLE, created, got, ids, path_of};
use crate::support::TestApp;

fn people(app: &TestApp, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| {
            let properties = json!({ "external_id": number.to_string(), "team": "a b" });
            created(&app.client, json!({ "custom_properties": properties }))
        })
        .collect()
}

#[test]
fn pages_by_number() {
    let app = TestApp::start();
    let mine = people(&app, 5);
    let page = got(&app, &format!("{PEOPLE}?page_size=4"));
    assert_eq!(page["count"], json!(9));
    assert_eq!(page["previous"], Value::Null);
    let next = path_of(&page["next"]).unwrap();
    assert_eq!(next, "/api/v1/users/?page=2&page_size=4");
    let page = got(&app, &next);
    assert_eq!(ids(&page), mine[..4]);
    let previous = path_of(&page["previous"]).unwrap();
    assert_eq!(previous, "/api/v1/users/?page_size=4");
    let page = got(&app, &path_of(&page["next"]).unwrap());
    assert_eq!(ids(&page), mine[4..]);
    assert_eq!(page["next"], Value::Null);
    let previous = path_of(&page["previous"]).unwrap();
    assert_eq!(previous, "/api/v1/users/?page=2&page_size=4");
    // A page that is just full is the last.
    let page = got(&app, &format!("{PEOPLE}?page=3&page_size=3"));
    assert_eq!((ids(&page).len(), &page["next"]), (3, &Value::Null));
    let past = super::get(&app, &format!("{PEOPLE}?page=4&page_size=3"));
    assert_eq!(
        (past.status, past.json()),
        (404, json!({ "detail": "Invalid page." }))
    );
    // Everybody is on one page by default.
    assert_eq!(ids(&got(&app, PEOPLE)).len(), 9);
}

#[test]
fn links_are_absolute_and_keep_the_other_parameters() {
    let app = TestApp::start();
    people(&app, 3);
    let path = "/api/v1/users?page_size=1&custom_properties__team=a+b&unknown=%C3%BC&page=2";
    let page = got(&app, path);
    let query = "custom_properties__team=a+b&page=3&page_size=1&unknown=%C3%BC";
    let expected = format!("{}/api/v1/users?{query}", app.client.base_url);
    assert_eq!(page["next"], json!(expected));
    let query = "custom_properties__team=a+b&page_size=1&unknown=%C3%BC";
    let expected = format!("{}/api/v1/users?{query}", app.client.base_url);
    assert_eq!(page["previous"], json!(expected));
    // Behind a proxy.
    let headers = [
        BEARER,
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "clogin.example"),
    ];
    let answer = app.client.send("GET", path, &headers, b"");
    let next = answer.json()["next"].as_str().unwrap().to_owned();
    assert!(
        next.starts_with("https://clogin.example/api/v1/users?"),
        "{next}"
    );
}

#[test]
fn pages_by_cursor_go_both_ways() {
    let app = TestApp::start();
    let all = ids(&got(&app, PEOPLE)).into_iter().chain(people(&app, 6));
    let all: Vec<String> = all.collect();
    let mut pages = Vec::new();
    let mut path = Some(format!("{PEOPLE}?cursor=&page_size=3"));
    let mut back = Value::Null;
    while let Some(next) = path {
        let page = got(&app, &next);
        assert!(page.get("count").is_none());
        path = path_of(&page["next"]);
        back = page["previous"].clone();
        pages.push(ids(&page));
    }
    assert_eq!(pages.concat(), all);
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3, 1]);
    let mut backwards = vec![pages[3].clone()];
    while let Some(previous) = path_of(&back) {
        let page = got(&app, &previous);
        backwards.insert(0, ids(&page));
        assert!(page["next"].is_string());
        back = page["previous"].clone();
    }
    assert_eq!(backwards, pages);
}

#[test]
fn a_cursor_keeps_its_filters_and_counts_when_asked() {
    let app = TestApp::start();
    let mine = people(&app, 3);
    let page = got(
        &app,
        &format!("{PEOPLE}?cursor=&page_size=2&with_count=1&custom_properties__team=a%20b"),
    );
    assert_eq!(
        (ids(&page), &page["count"]),
        (mine[..2].to_vec(), &json!(3))
    );
    let page = got(&app, &path_of(&page["next"]).unwrap());
    assert_eq!(
        (ids(&page), &page["count"]),
        (mine[2..].to_vec(), &json!(3))
    );
    assert_eq!(page["next"], Value::Null);
}

#[test]
fn nobody_at_all_is_one_empty_page() {
    let app = TestApp::start();
    let nobody = json!({ "count": 0, "next": null, "previous": null, "results": [] });
    assert_eq!(
        got(&app, &format!("{PEOPLE}?email=nobody@example.com")),
        nobody
    );
    let past = super::get(&app, &format!("{PEOPLE}?email=nobody@example.com&page=2"));
    assert_eq!(past.status, 404);
}
