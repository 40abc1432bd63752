//! The client-users API: what spans calls. Single calls are in `fixtures/client_users/`.

mod answers;
mod filters;
mod large;
mod locales;
mod numbers;
mod pages;
mod plans;
mod told;
mod walks;

use serde_json::Value;

use crate::support::TestApp;
use crate::support::client::{Answer, Client};

pub const PEOPLE: &str = "/api/v1/users/";

/// As the demo organization's server.
pub const BEARER: (&str, &str) = (
    "Authorization",
    "Bearer 5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11",
);

pub fn send(client: &Client, method: &str, path: &str, body: Value) -> Answer {
    client.send(method, path, &[BEARER], body.to_string().as_bytes())
}

pub fn get(app: &TestApp, path: &str) -> Answer {
    app.client.send("GET", path, &[BEARER], b"")
}

/// What has to succeed.
#[track_caller]
pub fn got(app: &TestApp, path: &str) -> Value {
    let answer = get(app, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// A new person, by its id.
#[track_caller]
pub fn created(client: &Client, body: Value) -> String {
    let answer = send(client, "POST", PEOPLE, body);
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

pub fn url(id: &str) -> String {
    format!("{PEOPLE}{id}/")
}

/// The ids on a page, in their order.
pub fn ids(page: &Value) -> Vec<String> {
    let results = page["results"].as_array().unwrap().iter();
    results
        .map(|user| user["id"].as_str().unwrap().to_owned())
        .collect()
}

/// What a link of an answer leads to, without the server's address.
pub fn path_of(link: &Value) -> Option<String> {
    let link = link.as_str()?;
    let (_, rest) = link.split_once("://").unwrap();
    Some(rest[rest.find('/').unwrap()..].to_owned())
}
