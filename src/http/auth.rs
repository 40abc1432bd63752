//! Who calls: headers become a [`Caller`], from the snapshot.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap};
use subtle::ConstantTimeEq;

use super::cors;
use crate::actions::{Caller, Worker, access_token_holder};
use crate::app::App;
use crate::error::{Error, ErrorCode};
use crate::ids::AdminId;
use crate::project::file::AdminKind;
use crate::project::snapshot::Snapshot;
use crate::project::token::token_sha256;
use crate::users::username;

/// How far the clock of a caller may be off, in seconds.
const CLOCK_TOLERANCE: i64 = 300;

/// Compared with where there is no admin, so that an unknown one takes the same time.
const NO_TOKEN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What is said to belong together.
struct Credentials {
    /// None: a bearer token, which says by itself whose it is.
    id: Option<AdminId>,
    /// In the form in which it is compared.
    user: Option<String>,
    token: String,
}

/// Who sent these headers.
///
/// # Errors
///
/// `unauthenticated`, one and the same for everything that is missing, unknown or does not belong together;
/// `stale_timestamp`; `origin_forbidden`, for a publishable key.
pub async fn authenticate(worker: &Worker, headers: &HeaderMap) -> Result<Caller, Error> {
    let has_keys = headers.contains_key("Api-token") || headers.contains_key("Api-id");
    let credentials = if has_keys {
        keys(headers)
    } else {
        bearer(headers)
    };
    authenticate_with(worker, headers, credentials).await
}

/// As [`authenticate`], on the REST surfaces: where there is an Authorization header, it alone says who calls.
///
/// # Errors
///
/// As [`authenticate`].
pub async fn authenticate_rest(worker: &Worker, headers: &HeaderMap) -> Result<Caller, Error> {
    let credentials = if headers.contains_key(header::AUTHORIZATION) {
        bearer(headers)
    } else {
        keys(headers)
    };
    authenticate_with(worker, headers, credentials).await
}

async fn authenticate_with(
    worker: &Worker,
    headers: &HeaderMap,
    credentials: Option<Credentials>,
) -> Result<Caller, Error> {
    let app = &worker.app;
    let caller = match credentials {
        Some(credentials) => identify(worker, &credentials).await?,
        None => return Err(unauthenticated()),
    };
    check_timestamp(app, headers)?;
    if caller.admin.kind == AdminKind::Publishable {
        let allowed = |origin: &str| caller.admin.origins.iter().any(|known| known == origin);
        if !cors::origin(headers).is_some_and(allowed) {
            return Err(cors::origin_forbidden());
        }
    }
    Ok(caller)
}

/// Who has this id and secret.
///
/// # Errors
///
/// `unauthenticated`.
pub async fn client(worker: &Worker, id: AdminId, secret: &str) -> Result<Caller, Error> {
    let credentials = Credentials {
        id: Some(id),
        user: None,
        token: secret.to_owned(),
    };
    identify(worker, &credentials).await
}

pub fn unauthenticated() -> Error {
    let msg = "The request is not authenticated: Api-id, Api-user and Api-token, or a bearer token, must belong together.";
    Error::new(ErrorCode::Unauthenticated, msg)
}

async fn identify(worker: &Worker, credentials: &Credentials) -> Result<Caller, Error> {
    let app = &worker.app;
    if let Some(caller) = look(worker, &app.projects.current(), credentials).await? {
        return Ok(caller);
    }
    // It may have been made a moment ago. Every failure takes this way, whatever it failed on.
    let fresh = app.projects.refresh(&app.db).await?;
    let caller = look(worker, &fresh, credentials).await?;
    caller.ok_or_else(unauthenticated)
}

async fn look(
    worker: &Worker,
    snapshot: &Snapshot,
    credentials: &Credentials,
) -> Result<Option<Caller>, Error> {
    match find(snapshot, credentials) {
        None if credentials.id.is_none() => {
            access_token_holder(worker, snapshot, &credentials.token).await
        }
        found => Ok(found),
    }
}

fn keys(headers: &HeaderMap) -> Option<Credentials> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    Some(Credentials {
        id: Some(AdminId(text("Api-id")?.trim().parse().ok()?)),
        user: Some(username::key(text("Api-user")?)),
        token: text("Api-token")?.trim().to_owned(),
    })
}

fn bearer(headers: &HeaderMap) -> Option<Credentials> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Credentials {
        id: None,
        user: None,
        token: token.trim().to_owned(),
    })
}

fn find(snapshot: &Snapshot, credentials: &Credentials) -> Option<Caller> {
    let given = token_sha256(&credentials.token);
    let found = match credentials.id {
        None => snapshot.admin_by_token(&given),
        Some(id) => snapshot.admin(id),
    };
    let user_matches = match (&credentials.user, found) {
        (Some(user), Some((_, known))) => username::key(&known.admin.email) == *user,
        (user, _) => user.is_none(),
    };
    let expected = found.map_or(NO_TOKEN, |(_, known)| known.token_sha256.as_str());
    let token_matches = bool::from(expected.as_bytes().ct_eq(given.as_bytes()));
    let (setup, known) = found.filter(|_| token_matches && user_matches)?;
    Some(Caller {
        setup: setup.clone(),
        admin: Arc::clone(&known.admin),
    })
}

fn check_timestamp(app: &App, headers: &HeaderMap) -> Result<(), Error> {
    let stale = |msg: &'static str| Err(Error::new(ErrorCode::StaleTimestamp, msg));
    let Some(sent) = headers.get("Timestamp") else {
        if app.config.require_timestamp {
            return stale("The header Timestamp is required: Unix seconds.");
        }
        return Ok(());
    };
    let sent: Option<i64> = sent.to_str().ok().and_then(|text| text.trim().parse().ok());
    let now = app.clock.now().and_utc().timestamp();
    match sent {
        Some(sent) if now.abs_diff(sent) <= CLOCK_TOLERANCE.unsigned_abs() => Ok(()),
        Some(_) => stale("The header Timestamp is more than 300 seconds off."),
        None => stale("The header Timestamp must be Unix seconds."),
    }
}
