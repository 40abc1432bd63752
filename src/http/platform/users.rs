//! People, as this surface shows them.

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use super::given::checked_limit;
use super::{Answer, Call, Telling, cursor};
use crate::actions::users::{self, RestCall};
use crate::db::error::UniqueIndex;
use crate::db::rest_lists::Position;
use crate::db::rest_users::RestUser;
use crate::error::{Error, ErrorCode, FieldError};
use crate::users::values;
use crate::users::views::{Given, PlatformUser, WantedPerson};

/// What can be said of a person.
const PERSON_KEYS: [&str; 2] = ["claims", "authenticationProvider"];
/// What a search takes.
const SEARCH_KEYS: [&str; 4] = ["claims", "authenticationProvider", "limit", "cursor"];

pub(super) async fn create(call: &Call<'_>, tell: &mut Telling) -> Result<Answer, Error> {
    let given = read_given(call, tell, Given::read_platform)?;
    let rest = rest(call, tell);
    let user = users::create::create(&rest, given)
        .await
        .map_err(conflict)?;
    let body = shown(&user)?;
    Ok(Answer {
        status: StatusCode::CREATED,
        body: Some(body),
    })
}

pub(super) async fn change(call: &Call<'_>, tell: &mut Telling) -> Result<Answer, Error> {
    let id = call.given.id()?;
    let given = read_given(call, tell, Given::read_platform_change)?;
    let rest = rest(call, tell);
    let user = users::change::change(&rest, &id, given).await;
    Ok(Answer::ok(shown(&user.map_err(conflict)?)?))
}

pub(super) async fn read(call: &Call<'_>, tell: &mut Telling) -> Result<Answer, Error> {
    let id = call.given.id()?;
    let user = users::read::read(&rest(call, tell), &id).await?;
    tell.start(|start| start.with_impersonal("userId", || json!(id)));
    tell.success(Some(user.clogin_id()), |success| success);
    Ok(Answer::ok(shown(&user)?))
}

/// For good.
pub(super) async fn delete(call: &Call<'_>, tell: &mut Telling) -> Result<Answer, Error> {
    let id = call.given.id()?;
    users::purge::purge(&rest(call, tell), &id).await?;
    Ok(Answer {
        status: StatusCode::NO_CONTENT,
        body: None,
    })
}

pub(super) async fn list(call: &Call<'_>, tell: &mut Telling) -> Result<Answer, Error> {
    let (limit, after) = read_paging(call, tell)?;
    page(call, tell, WantedPerson::default(), after, limit).await
}

/// How long a page is to be, and where it begins. START says so of a call that fails, too.
pub(super) fn read_paging(
    call: &Call<'_>,
    tell: &mut Telling,
) -> Result<(usize, Option<Position>), Error> {
    let mut errors = Vec::new();
    let limit = call.given.limit(&mut errors);
    let said = errors.is_empty().then_some(limit);
    let (cursor, after) = call.given.cursor(&mut errors).unzip();
    tell.start(|start| start.with_some("limit", said).with_some("cursor", cursor));
    if errors.is_empty() {
        Ok((limit, after))
    } else {
        Err(Error::validation(errors))
    }
}

pub(super) async fn search(call: &Call<'_>, tell: &mut Telling) -> Result<Answer, Error> {
    let body = call.given.object()?;
    let mut errors = Vec::new();
    for key in body
        .keys()
        .filter(|key| !SEARCH_KEYS.contains(&key.as_str()))
    {
        let rule = format!("is unknown; known are {}", SEARCH_KEYS.join(", "));
        errors.push(FieldError::new(key, "unknown_parameter", rule));
    }
    let wanted = WantedPerson::read(body, &mut errors);
    let limit = match body.get("limit") {
        None => Ok(super::given::DEFAULT_LIMIT),
        // 2.0 is 2.
        Some(Value::Number(limit)) => checked_limit(values::canonical(limit).parse().ok()),
        Some(_) => checked_limit(None),
    };
    let limit = limit
        .map_err(|rule| errors.push(FieldError::new("limit", "invalid", rule)))
        .ok();
    let cursor = body.get("cursor");
    let after = cursor.and_then(|cursor| {
        let position = cursor.as_str().and_then(cursor::read);
        if position.is_none() {
            errors.push(FieldError::new("cursor", "invalid", cursor::RULE));
        }
        position
    });
    // Of a call that fails, too: what of it could be understood.
    let said = cursor.filter(|_| after.is_some()).cloned();
    tell.start(|start| {
        let asked = || {
            let kept = body
                .iter()
                .filter(|(key, _)| ["claims", "authenticationProvider"].contains(&key.as_str()));
            let kept = kept.map(|(key, value)| (key.clone(), value.clone()));
            Value::Object(kept.collect())
        };
        start
            .with_some("limit", limit)
            .with_some("cursor", said)
            .with("paths", wanted.paths())
            .with_personal("search", asked)
    });
    match limit {
        Some(limit) if errors.is_empty() => page(call, tell, wanted, after, limit).await,
        _ => Err(Error::validation(errors)),
    }
}

async fn page(
    call: &Call<'_>,
    tell: &mut Telling,
    wanted: WantedPerson,
    after: Option<Position>,
    limit: usize,
) -> Result<Answer, Error> {
    let found = users::search::search(&rest(call, tell), wanted, after, limit).await?;
    let next = found
        .last()
        .map(|user| cursor::write(cursor::CREATED_AT, user.created_at, &user.uuid));
    // What was asked for is about somebody where it finds nobody else.
    let about = match &found[..] {
        [user] => Some(user.clogin_id()),
        _ => None,
    };
    tell.success(about, |success| {
        success
            .with("entriesCount", found.len())
            .with_some("nextCursor", next.clone())
    });
    let data: Result<Vec<_>, Error> = found.iter().map(shown).collect();
    let mut body = Map::new();
    body.extend(next.map(|next| ("nextCursor".to_owned(), next.into())));
    body.insert("data".to_owned(), data?.into());
    Ok(Answer::ok(Value::Object(body)))
}

/// What the body says of a person. START says which of it, and all of it where everything is kept.
fn read_given(
    call: &Call<'_>,
    tell: &mut Telling,
    read: fn(&Map<String, Value>) -> Result<Given, Error>,
) -> Result<Given, Error> {
    let body = call.given.object()?;
    let given = read(body)?;
    let said = PERSON_KEYS
        .into_iter()
        .filter_map(|key| Some((key, body.get(key)?)));
    let fields: Vec<_> = said.clone().map(|(key, _)| key).collect();
    tell.start(|start| {
        let start = start.with_impersonal("fields", || fields.into());
        said.fold(start, |start, (key, value)| {
            start.with_personal(key, || value.clone())
        })
    });
    Ok(given)
}

/// The call, with what its START says by now.
pub(super) fn rest<'a>(call: &Call<'a>, tell: &Telling) -> RestCall<'a> {
    let rest = call.rest.clone();
    rest.telling(&tell.events, tell.start.clone())
}

fn shown(user: &RestUser) -> Result<Value, Error> {
    serde_json::to_value(PlatformUser::of(user)?)
        .map_err(|error| Error::internal(format!("an answer cannot be written: {error}")))
}

fn conflict(error: Error) -> Error {
    match error.taken() {
        Some(UniqueIndex::ProviderLink) => {
            let msg = "Another user has this subject of this provider.";
            Error::new(ErrorCode::AlreadyRegistered, msg)
        }
        _ => error,
    }
}
