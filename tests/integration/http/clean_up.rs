//! What nobody can use any more is deleted, and nothing else.

use serde_json::json;

use crate::support::{TestApp, create};

const DAY: i64 = 24 * 60 * 60;
/// Tokens are valid for fifteen minutes.
const VALID: i64 = 15 * 60;

fn login(app: &TestApp) {
    let body = json!({ "action": "login", "group_id": 1001, "clogin_id": 9001 });
    assert_eq!(app.post(body).status, 200);
}

fn rows(app: &TestApp) -> (i64, i64) {
    let mut direct = app.direct();
    (
        direct.rows("login_tokens"),
        direct.rows("idempotency_records"),
    )
}

#[test]
fn tokens_go_a_day_after_they_expired_and_records_a_day_after_their_call() {
    let app = TestApp::start();
    let clean_up = || {
        app.block_on(clogin::retention::forget_old(&app.app));
        rows(&app)
    };
    // More than one transaction deletes; one is another organization's.
    for _ in 0..3 {
        login(&app);
    }
    let now = app
        .direct()
        .texts("SELECT CAST(expires_at AS TEXT) AS text FROM login_tokens")[0]
        .clone();
    let tokens = (0..1_200).map(|number| format!("(2, 'token {number}', 2001, 9101, '{now}')"));
    let tokens: Vec<_> = tokens.collect();
    app.direct().execute(&format!(
        "INSERT INTO login_tokens (organization_id, token_sha256, group_id, clogin_id, expires_at) VALUES {}",
        tokens.join(", ")
    ));
    app.client
        .users_with(&[("Idempotency-Key", "one")], create(1001, json!({})));
    assert_eq!(clean_up(), (1_203, 1));
    app.advance_seconds(DAY - 60);
    login(&app);
    assert_eq!(clean_up(), (1_204, 1));
    app.advance_seconds(120);
    assert_eq!(clean_up(), (1_204, 0));
    app.advance_seconds(VALID);
    assert_eq!(clean_up(), (1, 0));
    app.advance_seconds(DAY);
    assert_eq!(clean_up(), (0, 0));
}
