//! How long events are kept.

use clogin::retention::forget_old;
use serde_json::json;

use super::{keep, kinds};
use crate::support::{TestApp, create};

const DAY: i64 = 24 * 60 * 60;

#[test]
fn events_are_kept_as_long_as_the_organization_says() {
    let app = TestApp::start();
    keep(&app, 1, 30);
    // More than one clean-up transaction deletes.
    let other =
        "INSERT INTO events (organization_id, id, kind, request_id, admin_id, metadata) VALUES ";
    let rows: Vec<_> = (0..1_200)
        .map(|number| {
            let id = format!("01900000-0000-7000-8000-{number:012}");
            format!("(1, '{id}', 'USER_DELETE_FAIL', 'old', 501, '{{}}')")
        })
        .collect();
    app.direct().execute(&(other.to_owned() + &rows.join(",")));
    assert_eq!(app.post(create(1001, json!({}))).status, 200);
    let clean_up = || app.block_on(forget_old(&app.app));
    let before = kinds(&app).len();
    assert_eq!(before, 1_202);
    clean_up();
    assert_eq!(kinds(&app).len(), 2);
    app.advance_seconds(30 * DAY);
    clean_up();
    assert_eq!(kinds(&app).len(), 2);
    assert_eq!(app.post(create(1001, json!({}))).status, 200);
    app.advance_seconds(1);
    clean_up();
    assert_eq!(kinds(&app).len(), 2);
    app.advance_seconds(30 * DAY);
    clean_up();
    assert_eq!(kinds(&app).len(), 0);
}
