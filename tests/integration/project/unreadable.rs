//! Rows that do not parse: what they hold up, and what not.

use clogin::ids::AdminId;
use clogin::project::admins::{self, Revoked};
use serde_json::json;

use crate::support::client::{Answer, SERVER, USERS};
use crate::support::{TestApp, get_info};

const OTHER: [(&str, &str); 3] = [
    ("Api-id", "601"),
    ("Api-user", "api@hillside.example"),
    ("Api-token", "c0a80101-3f5b-4a86-8f0c-4be1d3b7a602"),
];
const NOBODY: &str = "424242";

fn call(app: &TestApp, headers: &[(&str, &str)], group: i64) -> Answer {
    let body = get_info(group, NOBODY, json!({})).to_string();
    app.client.send("POST", USERS, headers, body.as_bytes())
}

fn refresh(app: &TestApp) {
    app.block_on(app.app.projects.refresh(&app.app.db)).unwrap();
}

/// A change of the first organization that no program of this version has made.
fn write_past(app: &TestApp, sql: &str) {
    app.direct().execute(&format!(
        "UPDATE counters SET value = value + 1 WHERE name = 'config_version'; {sql}; \
         UPDATE organizations SET version = (SELECT value FROM counters WHERE name = 'config_version') WHERE id = 1"
    ));
    refresh(app);
}

fn break_a_form(app: &TestApp) {
    write_past(
        app,
        "UPDATE group_items SET definition = '{\"id\": 1, \"name\": 7}' \
         WHERE organization_id = 1 AND kind = 'form' AND id = 1",
    );
}

fn revoke(app: &TestApp, id: i64) {
    let revoked = app.block_on(admins::revoke(&app.app, AdminId(id))).unwrap();
    assert_eq!(revoked, Revoked::Now);
    refresh(app);
}

#[test]
fn an_organization_that_cannot_be_read_stays_as_it_was_and_the_others_change() {
    let app = TestApp::start();
    break_a_form(&app);
    assert_eq!(call(&app, &SERVER, 1001).code(), "user_not_found");
    assert_eq!(call(&app, &OTHER, 2001).code(), "user_not_found");
    let setups = app.app.projects.current();
    let mut organizations = setups.organizations();
    let one = organizations.find(|setup| setup.organization.id.0 == 1);
    let project = one
        .unwrap()
        .projects
        .values()
        .find(|project| project.id().0 == 1001);
    assert!(project.unwrap().field("home_town").is_some());
    revoke(&app, 601);
    assert_eq!(call(&app, &OTHER, 2001).code(), "unauthenticated");
}

#[test]
fn an_admin_that_is_revoked_does_not_live_on_with_an_old_setup() {
    let app = TestApp::start();
    break_a_form(&app);
    revoke(&app, 501);
    assert_eq!(call(&app, &SERVER, 1001).code(), "unauthenticated");
    // What can be read of the organization was read at no time: nobody of it is let in.
    let again = TestApp::start();
    again
        .direct()
        .execute("UPDATE organizations SET definition = '{}' WHERE id = 1");
    let cache = clogin::project::snapshot::ProjectCache::default();
    let fresh = again.block_on(cache.refresh(&again.app.db)).unwrap();
    assert!(fresh.admin(AdminId(501)).is_none());
    assert!(fresh.admin(AdminId(601)).is_some());
}

#[test]
fn an_admin_whose_rights_cannot_be_read_has_none() {
    let app = TestApp::start();
    write_past(
        &app,
        "UPDATE admins SET definition = '{\"id\": 501, \"actions\": 7}' WHERE id = 501",
    );
    assert_eq!(call(&app, &SERVER, 1001).code(), "unauthenticated");
    assert_eq!(call(&app, &OTHER, 2001).code(), "user_not_found");
}
