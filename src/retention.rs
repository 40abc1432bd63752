//! What is kept for a time only is deleted when that is over, by a worker beside the calls.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use diesel::QueryResult;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::actions::IDEMPOTENCY_RETENTION;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::connection::DbConn;
use crate::db::{Outcome, access_tokens, events, idempotency, login_tokens};
use crate::error::Error;
use crate::ids::OrganizationId;
use crate::project::file::Organization;
use crate::worker::Worker;

const INTERVAL: Duration = Duration::from_secs(60);
/// How long a login token is kept after it has expired.
const LOGIN_TOKEN_RETENTION: TimeDelta = TimeDelta::days(1);
/// Rows that one transaction deletes, more only where several are of one moment: others write in between.
const ROWS: usize = 500;

/// Deletes up to so many of an organization's rows that are older than a moment, and says how many.
type DeleteExpired = fn(&mut DbConn, OrganizationId, Timestamp, i64) -> QueryResult<usize>;

/// What is kept for a time only.
struct Kept {
    what: &'static str,
    /// How long, by what an organization has set up.
    retention: fn(&Organization) -> TimeDelta,
    delete: DeleteExpired,
}

const KEPT: [Kept; 4] = [
    Kept {
        what: "idempotency records",
        retention: |_| IDEMPOTENCY_RETENTION,
        delete: idempotency::delete_expired,
    },
    Kept {
        what: "login tokens",
        retention: |_| LOGIN_TOKEN_RETENTION,
        delete: login_tokens::delete_expired,
    },
    Kept {
        what: "access tokens",
        retention: |_| TimeDelta::zero(),
        delete: access_tokens::delete_expired,
    },
    Kept {
        what: "events",
        retention: |organization| TimeDelta::days(i64::from(organization.event_retention_days)),
        delete: events::delete_expired,
    },
];

/// Deletes once a minute until it is stopped.
pub fn start(app: Arc<App>) -> Worker {
    Worker::start("worker of retention", app, run)
}

async fn run(app: Arc<App>, mut stopped: oneshot::Receiver<()>) {
    let rounds = async {
        loop {
            sleep(INTERVAL).await;
            forget_old(&app).await;
        }
    };
    // A transaction that is on its way is finished by the thread that runs it.
    tokio::select! {
        _ = &mut stopped => {}
        () = rounds => {}
    }
}

/// One round: deletes everything that is older than it is kept.
pub async fn forget_old(app: &App) {
    let now = app.clock.now();
    for kept in &KEPT {
        for setup in app.projects.current().organizations() {
            let organization = &setup.organization;
            let retention = (kept.retention)(organization);
            // Before the first year that there is nothing is old.
            let before = now.checked_sub_signed(retention).unwrap_or_default().into();
            let deleted = delete_all(app, organization.id, before, kept.delete).await;
            if let Err(error) = deleted {
                let (what, id) = (kept.what, organization.id);
                log::warn!("cannot delete old {what} of organization {id}: {error}");
            }
        }
    }
}

async fn delete_all(
    app: &App,
    organization: OrganizationId,
    before: Timestamp,
    delete: DeleteExpired,
) -> Result<(), Error> {
    loop {
        let rows = i64::try_from(ROWS).unwrap_or(i64::MAX);
        let deleted = app
            .db
            .write(move |conn| Ok(Outcome::Keep(delete(conn, organization, before, rows)?)))
            .await?;
        if deleted < ROWS {
            return Ok(());
        }
    }
}
