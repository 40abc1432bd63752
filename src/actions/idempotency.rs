//! Calls with an idempotency key: `action-api.md`, Idempotency. The same key, URL and body again get the stored answer.

use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::reply::Body;
use super::{Caller, Endpoint};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::connection::Conn;
use crate::db::idempotency::{self, RecordKey};
use crate::db::{Db, LocalConn};
use crate::error::{Error, ErrorCode};
use crate::ids::CloginId;

/// How long an answer is kept.
pub const RETENTION: TimeDelta = TimeDelta::hours(24);

/// 1 to 255 visible characters, from the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// # Errors
    ///
    /// `validation_failed`, at the header's name.
    pub fn new(text: &str) -> Result<Self, Error> {
        if (1..=255).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() || byte == b' ')
        {
            Ok(IdempotencyKey(text.to_owned()))
        } else {
            let rule = "must have 1 to 255 printable ASCII characters";
            Err(Error::invalid("Idempotency-Key", "invalid", rule))
        }
    }
}

/// A call's hold on its key.
#[derive(Clone)]
pub struct Claim {
    key: RecordKey,
    /// Of the method, the URL and the body, in hexadecimal digits.
    request_sha256: String,
    now: Timestamp,
}

impl Claim {
    pub fn new(
        app: &App,
        caller: &Caller,
        key: IdempotencyKey,
        endpoint: Endpoint,
        body: &[u8],
    ) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"POST ");
        hash.update(endpoint.path());
        hash.update(b"\n");
        hash.update(body);
        Claim {
            key: RecordKey {
                organization: caller.setup.organization.id,
                admin: caller.admin_id(),
                key: key.0,
            },
            request_sha256: hex::encode(hash.finalize()),
            now: app.clock.now(),
        }
    }

    /// The answer of a call that had this key and has succeeded.
    ///
    /// # Errors
    ///
    /// `idempotency_mismatch`, when that was another call; or 503.
    pub async fn stored_answer(&self, db: &Db, local: &LocalConn) -> Result<Option<Body>, Error> {
        let (key, since) = (self.key.clone(), self.now - RETENTION);
        let record = db
            .read_row(local, move |conn| Ok(idempotency::find(conn, &key, since)?))
            .await?;
        match record {
            None => Ok(None),
            Some(record) if record.request_sha256 != self.request_sha256 => Err(Error::new(
                ErrorCode::IdempotencyMismatch,
                "This idempotency key was used for another request.",
            )),
            Some(record) => match record.response {
                Some(json) => {
                    // To say it once more is to promise it: the first answer may be waiting for the disk still.
                    db.flushed().await?;
                    Ok(Some(Body {
                        json,
                        replayed: true,
                        has_mail: false,
                    }))
                }
                None => Err(Error::internal(
                    "an idempotency record was committed without its answer",
                )),
            },
        }
    }

    /// The first statement of the call's transaction.
    ///
    /// # Errors
    ///
    /// The unique index `IdempotencyKey`, when another call has the key.
    pub fn take(&self, conn: &mut Conn) -> Result<(), Error> {
        let since = self.now - RETENTION;
        Ok(idempotency::take(
            conn,
            &self.key,
            &self.request_sha256,
            self.now,
            since,
        )?)
    }

    /// The last statement of the call's transaction.
    ///
    /// # Errors
    ///
    /// When the database cannot do it.
    pub fn fill(
        &self,
        conn: &mut Conn,
        body: &Body,
        clogin: Option<CloginId>,
    ) -> Result<(), Error> {
        Ok(idempotency::fill(conn, &self.key, &body.json, clogin)?)
    }
}
