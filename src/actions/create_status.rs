//! `statuses` `create`: adds a status to a project. The next call can use it.

use serde_json::{Map, Value};

use super::Call;
use super::making::{Place, Reader, see};
use super::reply::{Body, Reply};
use crate::db::config::ItemKind;
use crate::error::Error;
use crate::ids::StatusId;
use crate::project::check::groups::is_color;
use crate::project::file::Status;

const KEYS: [&str; 3] = ["status_name", "color", "is_excluded"];
/// Of a status for which none is given.
const DEFAULT_COLOR: &str = "#808080";

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    call.envelope.check_doc_keys(&KEYS)?;
    let status = read(&call.envelope.doc)?;
    let place = Place::of(call);
    let body = call
        .write(move |conn| {
            let id = place
                .begin(conn)?
                .insert(conn, ItemKind::Status, |id| Status {
                    id: StatusId(id),
                    ..status.clone()
                })?;
            Ok(Reply::plain()
                .with("msg", "Status created successfully.")
                .with("msg_type", "info")
                .with("status_id", id))
        })
        .await?;
    see(call).await;
    Ok(body)
}

fn read(doc: &Map<String, Value>) -> Result<Status, Error> {
    let mut reader = Reader::new(doc);
    let name = reader.name("status_name");
    let is_excluded = reader.boolean("is_excluded", false);
    let mut color = reader.text("color");
    if color.is_empty() {
        color = DEFAULT_COLOR.to_owned();
    } else if !is_color(&color) {
        reader.fail("color", "invalid", "must be #rrggbb");
    }
    reader.finish()?;
    Ok(Status {
        id: StatusId(0),
        name,
        color,
        is_excluded,
    })
}
