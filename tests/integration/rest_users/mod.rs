//! What both REST surfaces do with people, past HTTP.

mod deleted;
mod views;

use std::sync::Arc;

use clogin::actions::users::RestCall;
use clogin::actions::{Caller, Worker};
use clogin::db::LocalConn;
use clogin::db::rest_users::RestUser;
use clogin::error::Error;
use clogin::ids::AdminId;
use clogin::users::views::Given;
use serde_json::Value;

use crate::support::TestApp;

/// Runs a call of an admin.
pub fn call<T>(
    app: &TestApp,
    admin: i64,
    task: impl AsyncFnOnce(&RestCall<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let worker = Worker {
        app: Arc::clone(&app.app),
        local: LocalConn::default(),
    };
    let snapshot = app.app.projects.current();
    let (setup, known) = snapshot.admin(AdminId(admin)).unwrap();
    let caller = Caller {
        setup: Arc::clone(setup),
        admin: Arc::clone(&known.admin),
    };
    app.block_on(async { task(&RestCall::new(&worker, &caller)?).await })
}

/// As the demo organization's server.
pub fn server<T>(
    app: &TestApp,
    task: impl AsyncFnOnce(&RestCall<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    call(app, 501, task)
}

pub fn create(app: &TestApp, given: Given) -> RestUser {
    server(app, async |call| {
        clogin::actions::users::create::create(call, given).await
    })
    .unwrap()
}

pub fn remove(app: &TestApp, uuid: &str) -> Result<(), Error> {
    server(app, async |call| {
        clogin::actions::users::remove::remove(call, uuid).await
    })
}

pub fn restore(app: &TestApp, uuid: &str) -> Result<RestUser, Error> {
    server(app, async |call| {
        clogin::actions::users::restore::restore(call, uuid).await
    })
}

pub fn read(app: &TestApp, uuid: &str) -> Result<RestUser, Error> {
    server(app, async |call| {
        clogin::actions::users::read::read(call, uuid).await
    })
}

/// The public id of somebody whom the action API knows.
pub fn uuid(app: &TestApp, clogin: &str) -> String {
    app.direct()
        .texts(&format!(
            "SELECT uuid AS text FROM users WHERE id = {clogin}"
        ))
        .remove(0)
}

pub fn object(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// `clogin check` finds nothing.
#[track_caller]
pub fn verify(app: &TestApp) {
    let found = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = Arc::clone(&found);
    let sink: clogin::check::Sink = Arc::new(move |line: &str| {
        sink.lock().unwrap().push(line.to_owned());
    });
    app.block_on(clogin::check::check(&app.app, None, sink))
        .unwrap();
    assert_eq!(*found.lock().unwrap(), [""; 0]);
}
