//! Access tokens.

use serde_json::json;

use super::{bearer, fails, ok};
use crate::support::client::{Answer, SERVER, USERS};
use crate::support::{TestApp, get_info};
use clogin::retention::forget_old;

const SECRET: &str = SERVER[2].1;
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn post(app: &TestApp, headers: &[(&str, &str)], body: &str) -> Answer {
    app.client
        .send("POST", "/oauth/token", headers, body.as_bytes())
}

fn token(app: &TestApp) -> String {
    let body = json!({
        "client_id": "501", "client_secret": SECRET, "audience": "https://clogin.example",
        "grant_type": "client_credentials",
    });
    let answer = post(app, &[], &body.to_string());
    let body = ok(&answer);
    let token = body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(
        answer.text,
        json!({ "access_token": token, "expires_in": 14_400, "token_type": "Bearer" }).to_string()
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    token
}

/// The status of a call of each surface with the token.
fn enters(app: &TestApp, token: &str) -> [u16; 2] {
    let (name, value) = bearer(token);
    let headers = [(name, value.as_str())];
    let body = get_info(1001, "9001", json!({})).to_string();
    let call = app.client.send("POST", USERS, &headers, body.as_bytes());
    let list = app.client.send("GET", "/v1/events", &headers, b"");
    [call.status, list.status]
}

#[test]
fn a_token_is_a_bearer_token_on_every_surface_for_four_hours() {
    let app = TestApp::start();
    let first = token(&app);
    let second = token(&app);
    assert_ne!(first, second);
    assert!(!app.direct().dump().contains(&first));
    assert_eq!(enters(&app, &first), [200, 200]);
    app.advance_seconds(14_399);
    assert_eq!(enters(&app, &second), [200, 200]);
    app.advance_seconds(1);
    assert_eq!(enters(&app, &first), [401, 401]);
}

#[test]
fn expired_tokens_are_forgotten() {
    let app = TestApp::start();
    token(&app);
    app.advance_seconds(7_200);
    token(&app);
    let rows = || app.direct().rows("access_tokens");
    app.block_on(forget_old(&app.app));
    assert_eq!(rows(), 2);
    app.advance_seconds(7_201);
    app.block_on(forget_old(&app.app));
    assert_eq!(rows(), 1);
}

#[test]
fn a_form_does_as_well() {
    let app = TestApp::start();
    let form =
        format!("grant_type=client_credentials&client_id=501&client_secret={SECRET}&audience=x");
    let body = ok(&post(&app, &[FORM], &form));
    assert_eq!(
        enters(&app, body["access_token"].as_str().unwrap()),
        [200, 200]
    );
    let number =
        json!({ "client_id": 501, "client_secret": SECRET, "grant_type": "client_credentials" });
    ok(&post(&app, &[], &number.to_string()));
}

#[test]
fn what_does_not_belong_together_is_denied() {
    let app = TestApp::start();
    let body = |id: &str, secret: &str, grant: &str| {
        json!({ "client_id": id, "client_secret": secret, "grant_type": grant }).to_string()
    };
    let grant = "client_credentials";
    let twice = format!("grant_type={grant}&client_id=501&client_id=501&client_secret={SECRET}");
    for (headers, body) in [
        (&[][..], body("501", "wrong", grant)),
        (&[], body("502", SECRET, grant)),
        (&[], body("424242", SECRET, grant)),
        (&[], body("api", SECRET, grant)),
        (&[], body("501", SECRET, "password")),
        (
            &[],
            json!({ "client_id": "501", "client_secret": SECRET }).to_string(),
        ),
        (&[], "{".to_owned()),
        (&[], "[]".to_owned()),
        (&[], String::new()),
        (&[FORM], twice),
    ] {
        let answer = post(&app, headers, &body);
        let denied = json!({ "error": "access_denied", "error_description": "Unauthorized" });
        assert_eq!(
            (answer.status, answer.text),
            (401, denied.to_string()),
            "{body}"
        );
    }
    assert_eq!(app.direct().rows("access_tokens"), 0);
}

#[test]
fn a_publishable_key_gets_none() {
    let app = TestApp::start();
    let body = json!({
        "client_id": "502", "client_secret": "pub-riverside-camp-7d1f0c64", "grant_type": "client_credentials",
    });
    let answer = post(&app, &[], &body.to_string());
    fails(
        &answer,
        403,
        "Forbidden",
        "A publishable key may not do this.",
        json!([]),
    );
}

#[test]
fn a_token_dies_with_its_admin_and_with_its_secret() {
    let app = TestApp::start();
    let refresh = || {
        app.direct().execute(
            "UPDATE organizations SET version = (SELECT max(version) + 1 FROM organizations) WHERE id = 1",
        );
        app.block_on(app.app.projects.refresh(&app.app.db)).unwrap();
    };
    let token = token(&app);
    let known = clogin::project::token::token_sha256(SECRET);
    let secret = |sha256: &str| {
        app.direct().execute(&format!(
            "UPDATE admins SET token_sha256 = '{sha256}' WHERE id = 501"
        ));
        refresh();
    };
    secret("other");
    assert_eq!(enters(&app, &token), [401, 401]);
    secret(&known);
    assert_eq!(enters(&app, &token), [200, 200]);
    app.direct()
        .execute("UPDATE admins SET revoked_at = '2027-01-05 09:00:00' WHERE id = 501");
    refresh();
    assert_eq!(enters(&app, &token), [401, 401]);
}

#[test]
fn a_token_is_whole_or_nothing() {
    let app = TestApp::start();
    let token = token(&app);
    let (id, random) = token.split_once('.').unwrap();
    assert_eq!((id, random.len()), ("501", 64));
    for wrong in [
        format!("502.{random}"),
        format!("501.{}", &random[1..]),
        format!("601.{random}"),
        "501.".to_owned(),
        random.to_owned(),
    ] {
        assert_eq!(enters(&app, &wrong), [401, 401], "{wrong}");
    }
    // One look at the token, and one at the project.
    let statements = app.statements_of(|| {
        assert_eq!(enters(&app, &token), [200, 200]);
    });
    let looks = statements
        .iter()
        .filter(|sql| sql.contains("access_tokens"))
        .count();
    assert_eq!(looks, 2, "{statements:?}");
}
