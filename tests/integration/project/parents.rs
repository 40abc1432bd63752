//! The parent of a child of a file, which can be gone, or a child itself, by the time the child is made.

use std::sync::{Arc, Mutex};

use clogin::project::apply::{ApplyError, ApplyOptions, apply};
use clogin::project::check as file_check;
use serde_json::{Value, json};

use super::meanwhile::{self, Meanwhile};
use super::{block_on, demo, disagreements, sentences};
use crate::support::TestApp;
use crate::support::client::Client;

/// An application of which the first look at a registration lets something happen, once somebody has asked for it.
fn start() -> (TestApp, Arc<Mutex<Option<Meanwhile>>>) {
    meanwhile::start(|sql| sql.starts_with("SELECT") && sql.contains("registrations"))
}

fn post(client: &Client, body: Value) -> String {
    let answer = client.users(body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let clogin = &answer.json()["user_info"]["clogin_id"];
    clogin.as_str().unwrap().to_owned()
}

fn parent(client: &Client) -> String {
    post(client, json!({ "action": "create", "group_id": 1001 }))
}

fn delete(client: &Client, clogin: &str) {
    post(
        client,
        json!({ "action": "delete", "group_id": 1001, "clogin_id": clogin }),
    );
}

/// What `apply` says of a file with a child of this parent, to which something happens after the file was checked.
fn refused(
    app: &TestApp,
    waiting: &Mutex<Option<Meanwhile>>,
    parent: &str,
    meanwhile: impl FnOnce(&Client) + Send + 'static,
) -> Vec<String> {
    let mut file = demo();
    let parent: i64 = parent.parse().unwrap();
    let registration = json!({ "group_id": 1001, "connected_to": parent });
    file["users"] = json!([{ "clogin_id": 9500, "registrations": [registration] }]);
    let file = file_check::parse("x.json", file.to_string().as_bytes()).unwrap();
    let files = vec![("x.json".to_owned(), file)];
    let client = app.client.clone();
    *waiting.lock().unwrap() = Some(Box::new(move || meanwhile(&client)));
    let applied = block_on(apply(&app.app, files, ApplyOptions::default()));
    assert!(waiting.lock().unwrap().is_none());
    match applied {
        Err(ApplyError::Problems(problems)) => sentences(problems),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_parent_that_is_deleted_meanwhile_gets_no_child() {
    let (app, waiting) = start();
    let gone = parent(&app.client);
    let id = gone.clone();
    let problems = refused(&app, &waiting, &gone, move |client| delete(client, &id));
    let sentence = format!(
        "x.json: users[0].registrations[0].connected_to must be registered in project 1001; {gone} is not any more"
    );
    assert_eq!(problems, [sentence]);
    assert_eq!(block_on(disagreements(&app.app)), [""; 0]);
}

#[test]
fn a_parent_that_is_made_a_child_meanwhile_gets_no_child() {
    let (app, waiting) = start();
    let moved = parent(&app.client);
    let id = moved.clone();
    let problems = refused(&app, &waiting, &moved, move |client| {
        delete(client, &id);
        post(
            client,
            json!({ "action": "create_child", "group_id": 1001, "connected_to": 9001, "clogin_id": id }),
        );
    });
    let sentence = format!(
        "x.json: users[0].registrations[0].connected_to must be a parent; {moved} is a child by now"
    );
    assert_eq!(problems, [sentence]);
    assert_eq!(block_on(disagreements(&app.app)), [""; 0]);
}
