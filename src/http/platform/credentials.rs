//! What is known of credentials that were issued elsewhere.

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use super::users::{read_paging, rest};
use super::{Answer, Call, Telling, cursor};
use crate::actions::users::credentials;
use crate::error::Error;

/// Of what is recorded, as compact JSON.
const MAX_METADATA_BYTES: usize = 64 * 1024;
/// In characters.
const MAX_ID_LENGTH: usize = 255;

pub(super) async fn list(call: &Call<'_>, tell: &mut Telling) -> Result<Answer, Error> {
    let paging = read_paging(call, tell);
    let id = call.given.id()?;
    let (limit, after) = paging?;
    let (clogin, found) = credentials::list(&rest(call, tell), &id, after, limit).await?;
    if clogin.is_some() {
        tell.start(|start| start.with_impersonal("userId", || json!(id)));
    }
    let next = found
        .last()
        .map(|last| cursor::write(cursor::CREATED_AT, last.created_at, &last.id));
    tell.success(clogin, |success| {
        success
            .with("entriesCount", found.len())
            .with_some("nextCursor", next.clone())
    });
    let data: Result<Vec<Value>, _> = found
        .iter()
        .map(|credential| serde_json::from_str(&credential.metadata))
        .collect();
    let data =
        data.map_err(|error| Error::internal(format!("a credential does not parse: {error}")))?;
    let mut body = Map::from_iter([("data".to_owned(), data.into())]);
    body.extend(next.map(|next| ("nextCursor".to_owned(), next.into())));
    Ok(Answer::ok(Value::Object(body)))
}

pub(super) async fn record(call: &Call<'_>, tell: &mut Telling) -> Result<Answer, Error> {
    let user = call.given.id()?;
    let metadata = call.given.object()?;
    if call.given.body.to_string().len() > MAX_METADATA_BYTES {
        let rule = format!("must have at most {MAX_METADATA_BYTES} bytes");
        return Err(Error::invalid("", "invalid", rule));
    }
    let id = match metadata.get("id") {
        None => None,
        Some(Value::String(id)) if (1..=MAX_ID_LENGTH).contains(&id.chars().count()) => {
            Some(id.clone())
        }
        Some(_) => {
            let rule = format!("must be a text of 1 to {MAX_ID_LENGTH} characters");
            return Err(Error::invalid("id", "invalid", rule));
        }
    };
    let rest = rest(call, tell);
    let recorded = credentials::record(&rest, &user, id, metadata.clone()).await?;
    Ok(Answer {
        status: StatusCode::CREATED,
        body: Some(Value::Object(recorded)),
    })
}
