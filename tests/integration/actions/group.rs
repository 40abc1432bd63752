//! The group must be the caller's: one check for every action, before anything else happens.

use clogin::actions::Action;
use clogin::ids::OrganizationId;
use clogin::project::admins;
use serde_json::{Value, json};

use crate::support::client::SERVER;
use crate::support::{TestApp, failure};

/// A call that would fail in many other ways, in a group.
fn call(action: Action, group: i64) -> Value {
    json!({
        "action": action.name(), "group_id": group, "clogin_id": 9101, "connected_to": 9001,
        "doc": { "nonsense": true, "username": "ella@riverside.example", "main_email": "nina@" },
    })
}

/// The compiler does not see to it that a new action is in `Action::ALL`.
#[test]
fn the_list_of_actions_is_whole() {
    let source = include_str!("../../../src/actions/action.rs");
    let (_, rest) = source.split_once("pub enum Action {").unwrap();
    let (variants, _) = rest.split_once('}').unwrap();
    assert_eq!(variants.matches(',').count(), Action::ALL.len());
    let different: std::collections::HashSet<_> = Action::ALL.into_iter().collect();
    assert_eq!(different.len(), Action::ALL.len());
}

#[test]
fn every_action_refuses_a_group_that_is_not_the_callers() {
    let app = TestApp::start();
    let admin = json!({ "id": 0, "email": "camp@riverside.example", "groups": [1001] });
    let admin = serde_json::from_value(admin).unwrap();
    let (_, token) = app
        .block_on(admins::create(&app.app, OrganizationId(1), admin))
        .unwrap();
    let bearer = format!("Bearer {token}");
    let dump = app.direct().dump();
    for action in Action::ALL {
        // Another organization's, one that nobody has, and one that the admin does not list.
        for group in [2001, 424_242, 1002] {
            let body = call(action, group).to_string();
            let path = format!("{}/", action.endpoint().path());
            let headers = [
                ("Authorization", bearer.as_str()),
                ("Idempotency-Key", "group"),
            ];
            let answer = app.client.send("POST", &path, &headers, body.as_bytes());
            assert_eq!(answer.status, 403, "{action:?} {group}");
            failure(
                &answer,
                "group_forbidden",
                "This key may not use this group.",
                json!([]),
            );
        }
    }
    assert_eq!(app.direct().dump(), dump);
    // The same calls are refused for what they hold where the group is right.
    for action in Action::ALL {
        let body = call(action, 1001).to_string();
        let answer = app.client.send(
            "POST",
            action.endpoint().path(),
            &[("Authorization", &bearer)],
            body.as_bytes(),
        );
        assert_ne!(answer.code(), "group_forbidden", "{action:?}");
        assert_ne!(answer.status, 200, "{action:?}");
    }
}

#[test]
fn an_admin_that_lists_its_actions_may_call_no_other() {
    let app = TestApp::start();
    for action in Action::ALL {
        let others: Vec<_> = Action::ALL
            .iter()
            .filter(|other| **other != action)
            .map(|other| other.permission())
            .collect();
        let email = format!("no-{}@riverside.example", action.name().replace('_', "-"));
        let admin = json!({ "id": 0, "email": email, "actions": others });
        let admin = serde_json::from_value(admin).unwrap();
        let (_, token) = app
            .block_on(admins::create(&app.app, OrganizationId(1), admin))
            .unwrap();
        let bearer = format!("Bearer {token}");
        for refused in Action::ALL {
            let body = call(refused, 1001).to_string();
            let answer = app.client.send(
                "POST",
                refused.endpoint().path(),
                &[("Authorization", &bearer)],
                body.as_bytes(),
            );
            let is_refused = answer.code() == "action_forbidden";
            assert_eq!(is_refused, refused == action, "{refused:?}");
        }
    }
}

#[test]
fn on_the_rest_surfaces_a_key_of_some_projects_reaches_everybody() {
    let app = TestApp::start();
    let admin = json!({ "id": 0, "email": "camp@riverside.example", "groups": [], "actions": [] });
    let admin = serde_json::from_value(admin).unwrap();
    let (_, token) = app
        .block_on(admins::create(&app.app, OrganizationId(1), admin))
        .unwrap();
    let bearer = format!("Bearer {token}");
    for path in ["/api/v1/users/", "/core/v1/users"] {
        let get = |bearer: &str| {
            app.client
                .send("GET", path, &[("Authorization", bearer)], b"")
        };
        let answer = get(&bearer);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert_eq!(answer.text, get(&format!("Bearer {}", SERVER[2].1)).text);
    }
}
