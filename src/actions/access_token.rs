//! Access tokens: what `/oauth/token` hands out, and whose one is.

use chrono::TimeDelta;

use super::{Caller, Worker};
use crate::app::App;
use crate::db::Outcome;
use crate::db::access_tokens::{self, NewAccessToken};
use crate::error::Error;
use crate::ids::AdminId;
use crate::project::snapshot::Snapshot;
use crate::project::token::token_sha256;

/// For how long one is good, in seconds.
const SECONDS: i64 = 14_400;

/// A new one, as it is told once.
pub struct AccessToken {
    /// The admin's id, so that it can be looked for in its organization; a point; 256 random bits.
    pub token: String,
    pub seconds: i64,
}

/// Makes a token for an admin that has shown its secret.
///
/// # Errors
///
/// When the database cannot do it.
pub async fn issue(app: &App, caller: &Caller, secret: &str) -> Result<AccessToken, Error> {
    let random = hex::encode(app.ids.bytes::<32>());
    let token = format!("{}.{random}", caller.admin_id());
    let new = NewAccessToken {
        organization_id: caller.setup.organization.id.0,
        token_sha256: token_sha256(&token),
        admin_id: caller.admin_id().0,
        secret_sha256: token_sha256(secret),
        expires_at: app.clock.now() + TimeDelta::seconds(SECONDS),
    };
    let insert = move |conn: &mut crate::db::connection::Conn| {
        access_tokens::insert(conn, &new)?;
        Ok(Outcome::Keep(()))
    };
    app.db.write(insert).await?;
    Ok(AccessToken {
        token,
        seconds: SECONDS,
    })
}

/// Whose token it is. None: nobody's, or not any more: it has expired, or its admin is gone or has another secret.
///
/// # Errors
///
/// When the database cannot be read.
pub async fn holder(
    worker: &Worker,
    snapshot: &Snapshot,
    token: &str,
) -> Result<Option<Caller>, Error> {
    let known = token
        .split_once('.')
        .and_then(|(id, _)| id.parse().ok())
        .and_then(|id| snapshot.admin(AdminId(id)));
    let Some((setup, admin)) = known else {
        return Ok(None);
    };
    let (organization, id) = (setup.organization.id, admin.admin.id);
    let (sha256, now) = (token_sha256(token), worker.app.clock.now());
    let look = move |conn: &mut crate::db::connection::DbConn| {
        Ok(access_tokens::secret_of(
            conn,
            organization,
            id,
            &sha256,
            now,
        )?)
    };
    let secret = worker.app.db.read_row(&worker.local, look).await?;
    Ok(secret
        .filter(|secret| *secret == admin.token_sha256)
        .map(|_| Caller {
            setup: setup.clone(),
            admin: admin.admin.clone(),
        }))
}
