//! Metadata of credentials.

use serde_json::{Value, json};

use super::{bad_parameter, created, fails, get, ok, send};
use crate::support::TestApp;

fn user(app: &TestApp) -> String {
    created(app, json!({}))["id"].as_str().unwrap().to_owned()
}

fn record(app: &TestApp, user: &str, metadata: &Value) -> Value {
    let path = format!("/v1/users/{user}/credentials");
    let answer = send(app, "POST", &path, &metadata.to_string());
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

#[test]
fn metadata_are_kept_as_given() {
    let app = TestApp::start();
    let me = user(&app);
    let metadata = json!({
        "type": ["OpenBadgeCredential"], "profile": "compact", "offerId": "o1", "sessionId": null,
        "credentialConfigurationId": "c1", "issuedDate": "2027-01-05T09:00:00Z", "validFrom": "2027-01-05",
        "validUntil": null, "status": "active", "further": { "a": [1.0] },
    });
    let recorded = record(&app, &me, &metadata);
    let id = recorded["id"].as_str().unwrap();
    let mut expected = json!({ "id": id });
    expected
        .as_object_mut()
        .unwrap()
        .extend(metadata.as_object().unwrap().clone());
    assert_eq!(recorded.to_string(), expected.to_string());
    let listed = ok(&get(&app, &format!("/v1/users/{me}/credentials")));
    assert_eq!(listed["data"].to_string(), json!([expected]).to_string());
}

/// The order of one moment is that of the ids, whatever is in them.
#[test]
fn a_walk_goes_past_any_id() {
    let app = TestApp::start();
    let me = user(&app);
    let longest = "€".repeat(255);
    let ids = ["a b", "a&id=b", "q%FF", "z%21", "z%22", "ä", &longest];
    for id in ids {
        record(&app, &me, &json!({ "id": id }));
    }
    let path = format!("/core/v1/users/{me}/credentials?limit=1");
    let mut cursor = String::new();
    let mut seen = Vec::new();
    while seen.len() <= ids.len() {
        let body = ok(&get(&app, &format!("{path}{cursor}")));
        let Some(next) = body["nextCursor"].as_str() else {
            break;
        };
        seen.push(body["data"][0]["id"].as_str().unwrap().to_owned());
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ids);
}

#[test]
fn a_walk_meets_each_once_the_oldest_first() {
    let app = TestApp::start();
    let (me, other) = (user(&app), user(&app));
    let ids = ["c", "a", "b"];
    for id in ids {
        record(&app, &me, &json!({ "id": id }));
        record(&app, &other, &json!({ "id": format!("{id}-other") }));
        app.advance_seconds(1);
    }
    let path = format!("/core/v1/users/{me}/credentials");
    let mut cursor = String::new();
    let mut seen = Vec::new();
    loop {
        let body = ok(&get(&app, &format!("{path}?limit=2{cursor}")));
        let Some(next) = body["nextCursor"].as_str() else {
            assert_eq!(body, json!({ "data": [] }));
            break;
        };
        let data = body["data"].as_array().unwrap().clone();
        seen.extend(
            data.into_iter()
                .map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ids);
    let answer = get(&app, &format!("{path}?limit=x"));
    bad_parameter(&answer, "limit", "x", "Must be from 1 to 1000");
}

#[test]
fn whoever_is_not_there_has_none() {
    let app = TestApp::start();
    let other = app
        .direct()
        .texts("SELECT uuid AS text FROM users WHERE organization_id = 2")
        .remove(0);
    for id in ["0190f3c2-7a34-7cc1-9d0e-5a7f0f8f3b11", &other] {
        let answer = get(&app, &format!("/v1/users/{id}/credentials"));
        assert_eq!(ok(&answer), json!({ "data": [] }));
    }
}

#[test]
fn what_cannot_be_recorded() {
    let app = TestApp::start();
    let me = user(&app);
    record(&app, &me, &json!({ "id": "one" }));
    let path = format!("/v1/users/{me}/credentials");
    let answer = send(&app, "POST", &path, r#"{"id":"one"}"#);
    fails(
        &answer,
        400,
        "Conflict",
        "A credential with this id is recorded already.",
        json!([]),
    );
    let answer = send(&app, "POST", &path, r#"{"id":7}"#);
    let msg = "Must be a text of 1 to 255 characters";
    let detail = json!({ "value": 7, "msg": msg, "param": "id", "location": "body" });
    fails(
        &answer,
        400,
        "BadRequest",
        "Validation Error",
        json!([detail]),
    );
    let large = json!({ "a": "x".repeat(64 * 1024) }).to_string();
    assert_eq!(send(&app, "POST", &path, &large).status, 400);
    assert_eq!(app.direct().rows("credentials"), 1);
}
