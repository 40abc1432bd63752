//! `statuses` `create`: adds a status to a project. The next call can use it.

use serde_json::Map;

use super::Call;
use super::making::{Place, see};
use super::reply::{Body, Reply};
use crate::db::config::ItemKind;
use crate::error::{Error, FieldError};
use crate::ids::StatusId;
use crate::lenient;
use crate::project::check::groups::is_color;
use crate::project::file::Status;

const KEYS: [&str; 3] = ["status_name", "color", "is_excluded"];
const MAX_NAME_LENGTH: usize = 200;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    call.envelope.check_doc_keys(&KEYS)?;
    let status = read(&call.envelope.doc)?;
    let place = Place::of(call);
    let body = call
        .write(move |conn| {
            let id = place.insert(conn, ItemKind::Status, |id| Status {
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

fn read(doc: &Map<String, serde_json::Value>) -> Result<Status, Error> {
    let mut errors = Vec::new();
    let mut text = |key: &str| {
        let value = doc.get(key).filter(|value| !value.is_null())?;
        lenient::text(value)
            .map_err(|rule| errors.push(FieldError::new(format!("doc.{key}"), "invalid", rule)))
            .ok()
    };
    let name = text("status_name").map(|name| name.trim().to_owned());
    let color = text("color").unwrap_or_else(|| "#808080".to_owned());
    let is_excluded = match lenient::flag(doc.get("is_excluded")) {
        Ok(is_excluded) => is_excluded.unwrap_or(false),
        Err(rule) => {
            errors.push(FieldError::new("doc.is_excluded", "invalid", rule));
            false
        }
    };
    if !is_color(&color) {
        errors.push(FieldError::new("doc.color", "invalid", "must be #rrggbb"));
    }
    let said = errors.iter().any(|error| error.path == "doc.status_name");
    match name.as_deref() {
        None | Some("") if !said => {
            errors.push(FieldError::new(
                "doc.status_name",
                "required",
                "is required",
            ));
        }
        Some(name) if name.chars().count() > MAX_NAME_LENGTH => {
            let rule = format!("must have at most {MAX_NAME_LENGTH} characters");
            errors.push(FieldError::new("doc.status_name", "too_long", rule));
        }
        _ => {}
    }
    if !errors.is_empty() {
        return Err(Error::validation(errors));
    }
    Ok(Status {
        id: StatusId(0),
        name: name.unwrap_or_default(),
        color,
        is_excluded,
    })
}
