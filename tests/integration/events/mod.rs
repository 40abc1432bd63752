//! Events: what calls leave behind beside what they do.

mod calls;
mod kept;

use serde_json::Value;

use crate::support::TestApp;

/// Type, request, metadata and data of every event, the oldest first.
fn events(app: &TestApp) -> Vec<[String; 4]> {
    let columns = ["kind", "request_id", "metadata", "coalesce(data, 'null')"];
    columns
        .map(|column| {
            app.direct()
                .texts(&format!("SELECT {column} AS text FROM events ORDER BY id"))
        })
        .into_iter()
        .fold(Vec::new(), |mut rows: Vec<Vec<String>>, column| {
            rows.resize(column.len(), Vec::new());
            rows.iter_mut()
                .zip(column)
                .for_each(|(row, text)| row.push(text));
            rows
        })
        .into_iter()
        .map(|row| row.try_into().unwrap())
        .collect()
}

fn kinds(app: &TestApp) -> Vec<String> {
    events(app).into_iter().map(|[kind, ..]| kind).collect()
}

/// Writes what waits in the buffer.
fn flush(app: &TestApp) {
    app.block_on(clogin::events::flush(&app.app)).unwrap();
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Sets how much of its events the demo organization keeps, and for how many days.
fn keep(app: &TestApp, level: u8, days: u32) {
    let definition = serde_json::json!({
        "id": 1, "name": "Riverside Music", "event_level": level, "event_retention_days": days,
    });
    app.direct().execute(&format!(
        "UPDATE organizations SET definition = '{definition}', \
         version = (SELECT max(version) + 1 FROM organizations) WHERE id = 1"
    ));
    app.block_on(app.app.projects.refresh(&app.app.db)).unwrap();
}
