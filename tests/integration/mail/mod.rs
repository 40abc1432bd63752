//! The outbox and its worker, against a mail server that fails on demand.

mod delivery;
mod faults;
mod nodes;
mod recipients;
mod states;
mod tls;

use std::sync::Arc;

use clogin::app::App;
use clogin::clock::Timestamp;
use clogin::db::Outcome;
use clogin::db::outbox::{self, StoredEmail};
use clogin::ids::{CloginId, GroupId};
use clogin::mail::{self, MailIds, Queued};
use clogin::project::file::EmailTemplate;
use clogin::project::snapshot::Project;
use clogin::users::person::Person;
use serde_json::{Value, json};

use crate::support::smtp::SmtpServer;
use crate::support::{TestApp, until};

const TRIGGER: i64 = 42;

/// An application whose mail goes to a server; one that does not answer is given up after a second.
fn app_with(server: &SmtpServer) -> TestApp {
    app_with_url(&format!("{}?timeout=1", server.url()))
}

fn app_with_url(url: &str) -> TestApp {
    TestApp::start_with(|config| config.mail = url.parse().unwrap())
}

fn template(changes: Value) -> EmailTemplate {
    let mut template = json!({
        "id": 31, "name": "Welcome", "to": "{{ user.main_email }}",
        "subject": "Welcome, {{ user.first_name }}",
        "body_html": "<p>Your balance is {{ meta_info.total_balance }}.</p>",
    });
    for (key, value) in changes.as_object().unwrap() {
        template[key] = value.clone();
    }
    serde_json::from_value(template).unwrap()
}

async fn project(app: &App) -> Arc<Project> {
    let snapshot = app.projects.refresh(&app.db).await.unwrap();
    let mut projects = snapshot
        .organizations()
        .filter_map(|setup| setup.projects.get(&GroupId(1001)));
    Arc::clone(projects.next().unwrap())
}

/// Queues messages to Ella of the demo data, in one transaction.
async fn queue_all(app: &App, templates: Vec<EmailTemplate>, now: Timestamp) -> Vec<Queued> {
    let project = project(app).await;
    // Each as if of a call of its own.
    let ids: Vec<_> = templates.iter().map(|_| MailIds::new(&app.ids)).collect();
    let write = move |conn: &mut clogin::db::connection::Conn| {
        let person = Person::find(conn, project.clone(), CloginId(9001))?;
        let pairs = templates.iter().zip(&ids);
        let queued: Result<Vec<_>, _> = pairs
            .map(|(template, ids)| mail::queue(conn, &person, template, TRIGGER, *ids, now))
            .collect();
        queued.map(Outcome::Keep)
    };
    let queued = app.db.write(write).await.unwrap();
    app.mail.nudge();
    queued
}

fn queue(test: &TestApp, changes: Value) -> Queued {
    let now = test.app.clock.now();
    let mut queued = test.block_on(queue_all(&test.app, vec![template(changes)], now));
    queued.remove(0)
}

/// Queues one that is sound, and returns its id.
fn queue_one(test: &TestApp) -> i64 {
    match queue(test, json!({})) {
        Queued::Queued(email) => email.id,
        other => panic!("{other:?}"),
    }
}

fn stored(test: &TestApp, id: i64) -> StoredEmail {
    let read = test.app.db.read(move |conn| Ok(outbox::find(conn, id)?));
    test.block_on(read).unwrap().unwrap()
}

/// Waits until an e-mail has had so many attempts and is in a state.
fn await_state(test: &TestApp, id: i64, state: &str, attempts: i64) -> StoredEmail {
    until(|| {
        let email = stored(test, id);
        email.state == state && email.attempts == attempts
    });
    stored(test, id)
}
