//! A person keeps its language when the project file changes.

use serde_json::json;

use super::{PEOPLE, created, get, got, ids, send, url};
use crate::support::TestApp;

/// Leaves the demo organization with these languages.
fn set_locales(app: &TestApp, locales: &[&str]) {
    let definition = json!({ "id": 1, "name": "Riverside Music", "locales": locales });
    app.direct().execute(&format!(
        "UPDATE organizations SET definition = '{definition}', \
         version = (SELECT max(version) + 1 FROM organizations) WHERE id = 1"
    ));
    app.block_on(app.app.projects.refresh(&app.app.db)).unwrap();
}

#[test]
fn a_language_that_the_file_no_longer_names_is_kept_and_found() {
    let app = TestApp::start();
    let id = created(&app.client, json!({ "locale": "de" }));
    let english = created(&app.client, json!({ "locale": "en" }));
    set_locales(&app, &["en", "fr"]);
    // Its own document can be sent back.
    let mut person = got(&app, &url(&id));
    assert_eq!(person["locale"], "de");
    person["email"] = json!("kept@example.com");
    let answer = send(&app.client, "PATCH", &url(&id), person.clone());
    assert_eq!((answer.status, answer.json()), (200, person));
    let page = got(&app, &format!("{PEOPLE}?locale=de"));
    assert_eq!(ids(&page), [id.as_str()]);
    // Nobody else can be given it.
    let choice = json!({ "locale": ["\"de\" is not a valid choice."] });
    for (method, path) in [("POST", PEOPLE), ("PATCH", &url(&english))] {
        let answer = send(&app.client, method, path, json!({ "locale": "de" }));
        assert_eq!((answer.status, answer.json()), (400, choice.clone()));
    }
    let answer = send(&app.client, "PATCH", &url(&id), json!({ "locale": "fr" }));
    assert_eq!(answer.json()["locale"], "fr");
    // Now nobody has it any more.
    for path in [
        format!("{PEOPLE}?locale=de"),
        format!("{PEOPLE}?locale=de&cursor="),
    ] {
        let answer = get(&app, &path);
        assert_eq!((answer.status, answer.json()), (400, choice.clone()));
    }
    let answer = get(&app, &format!("{PEOPLE}?locale=%00"));
    assert_eq!(answer.status, 400, "{}", answer.text);
    // Another organization's people do not count.
    app.direct()
        .execute("UPDATE users SET locale = 'it' WHERE organization_id = 2");
    assert_eq!(get(&app, &format!("{PEOPLE}?locale=it")).status, 400);
}
