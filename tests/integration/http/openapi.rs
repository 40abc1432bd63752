//! The description of every surface, and the page that shows it.

use std::collections::{BTreeMap, BTreeSet};

use clogin::http::{openapi_document, urls};
use serde_json::Value;

use crate::support::TestApp;
use crate::support::client::SERVER;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Path → methods.
type Table = BTreeMap<String, BTreeSet<String>>;

/// What the program serves.
fn table() -> Table {
    let methods = |methods: Vec<_>| methods.iter().map(ToString::to_string).collect();
    let urls = urls();
    let count = urls.len();
    let table: Table = urls
        .into_iter()
        .map(|url| (url.path, methods(url.methods)))
        .collect();
    assert_eq!(table.len(), count, "a path is there twice");
    table
}

#[test]
fn every_url_and_method_is_described_and_no_other() {
    let document = openapi_document();
    let described: Table = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            (
                path.clone(),
                methods.map(|name| name.to_uppercase()).collect(),
            )
        })
        .collect();
    assert_eq!(described, table());
}

/// The table is what is served: no method is taken that is not in it, and none is refused that is.
#[test]
fn the_table_of_urls_is_what_is_served() {
    let app = TestApp::start();
    let bearer = format!("Bearer {}", SERVER[2].1);
    let headers = [("Authorization", bearer.as_str())];
    for (path, methods) in table() {
        let url = path
            .replace("{id}", "0190f3c2-7a34-7cc1-9d0e-5a7f0f8f3b11")
            .replace("{file}", "swagger-ui.css");
        for method in METHODS {
            let answer = app.client.send(method, &url, &headers, b"");
            if methods.contains(method) {
                assert_ne!(answer.status, 405, "{method} {path}");
                assert!(
                    !answer.text.contains("nothing at this URL"),
                    "{method} {path}"
                );
                continue;
            }
            assert_eq!(answer.status, 405, "{method} {path}");
            let allowed = answer.header("allow").unwrap().split(", ");
            let allowed: BTreeSet<String> = allowed
                .filter(|method| !["HEAD", "OPTIONS"].contains(method))
                .map(str::to_owned)
                .collect();
            assert_eq!(allowed, methods, "{method} {path}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    let document = openapi_document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut references = BTreeSet::new();
    let mut names = Vec::new();
    collect(&document, &mut references, &mut names);
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in schemas.keys() {
        let reference = format!("#/components/schemas/{name}");
        assert!(references.contains(&reference), "{name} is not used");
    }
    let count = names.len();
    assert_eq!(count, names.into_iter().collect::<BTreeSet<_>>().len());
}

fn collect(value: &Value, references: &mut BTreeSet<String>, names: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match (key.as_str(), value.as_str()) {
                    ("$ref", Some(reference)) => {
                        references.insert(reference.to_owned());
                    }
                    ("operationId", Some(name)) if object.contains_key("responses") => {
                        names.push(name.to_owned());
                    }
                    _ => collect(value, references, names),
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect(item, references, names)),
        _ => {}
    }
}

#[test]
fn it_is_served_to_everybody() {
    let app = TestApp::start();
    for path in ["/openapi.json", "/openapi.json/"] {
        let answer = app.client.send("GET", path, &[], b"");
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            Some("application/json; charset=utf-8")
        );
        assert_eq!(answer.json(), openapi_document());
        let answer = app.client.send("HEAD", path, &[], b"");
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    }
}

/// Everything that the page loads comes from this program.
#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let app = TestApp::start();
    let get = |path: &str| app.client.send("GET", path, &[], b"");
    let page = get("/docs/");
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    let attributes = page.text.split(['"', '\'']).collect::<Vec<_>>();
    let loaded = attributes
        .windows(2)
        .filter(|pair| pair[0].ends_with("src=") || pair[0].ends_with("href="));
    let mut count = 0;
    for pair in loaded {
        let name = pair[1].strip_prefix("./").unwrap_or(pair[1]);
        assert!(!name.contains('/'), "{name}");
        // Some of them are images.
        let file = app.client.send("HEAD", &format!("/docs/{name}"), &[], b"");
        assert_eq!(file.status, 200, "{name}");
        count += 1;
    }
    assert!(count > 4, "{}", page.text);
    let start = get("/docs/swagger-initializer.js");
    assert!(start.text.contains("../openapi.json"), "{}", start.text);
    assert!(!start.text.contains("http"), "{}", start.text);
    let answer = get("/docs/none.js");
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
}
