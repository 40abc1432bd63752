//! A node, from its start to its end.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use chrono::TimeDelta;
use diesel::QueryResult;

use super::start;
use crate::actions::IDEMPOTENCY_RETENTION;
use crate::app::App;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::db::connection::DbConn;
use crate::db::{self, Outcome, access_tokens, idempotency, login_tokens};
use crate::error::Error;
use crate::events;
use crate::ids::{Ids, OrganizationId};
use crate::mail;
use crate::project::file::Organization;
use crate::project::snapshot::POLL_INTERVAL;

const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(60);
/// How long a login token is kept after it has expired.
const LOGIN_TOKEN_RETENTION: TimeDelta = TimeDelta::days(1);
/// Rows that one clean-up transaction deletes at most: others write in between.
const CLEAN_UP_ROWS: i64 = 500;

/// Serves until the process is told to stop. Returns when everything that was answered is on disk.
///
/// # Errors
///
/// A sentence for the person who starts the program.
pub async fn serve(config: Config) -> Result<(), String> {
    let listen = config.listen;
    let app = Arc::new(App::new(config, Clock::System, Ids::Random)?);
    app.projects
        .refresh(&app.db)
        .await
        .map_err(|error| error.to_string())?;
    let listener =
        TcpListener::bind(listen).map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    // Port 0 asks for a free one.
    let listen = listener.local_addr().map_err(|error| error.to_string())?;
    let server = start(&app, listener).map_err(|error| error.to_string())?;
    let tasks = [
        rt::spawn(follow_projects(Arc::clone(&app))),
        rt::spawn(clean_up(Arc::clone(&app))),
    ];
    let mail = mail::start(Arc::clone(&app));
    let events = events::start(Arc::clone(&app));
    log::info!("serving {} on http://{listen}", app.config.database);
    server.await.map_err(|error| error.to_string())?;
    tasks.iter().for_each(rt::task::JoinHandle::abort);
    events.stop().await;
    mail.stop().await;
    log::info!("stopped");
    Ok(())
}

/// Sees what other processes have set up, and which keys they have revoked.
pub async fn follow_projects(app: Arc<App>) {
    loop {
        rt::time::sleep(POLL_INTERVAL).await;
        if let Err(error) = app.projects.refresh(&app.db).await {
            log::warn!("cannot look for changes of the projects: {error}");
        }
    }
}

async fn clean_up(app: Arc<App>) {
    loop {
        rt::time::sleep(CLEAN_UP_INTERVAL).await;
        forget_old(&app).await;
    }
}

/// Deletes what is kept for a time only and is older.
pub async fn forget_old(app: &App) {
    let now = app.clock.now();
    let records = |_: &Organization| now - IDEMPOTENCY_RETENTION;
    forget(
        app,
        "idempotency records",
        records,
        idempotency::delete_expired,
    )
    .await;
    let tokens = |_: &Organization| now - LOGIN_TOKEN_RETENTION;
    forget(app, "login tokens", tokens, login_tokens::delete_expired).await;
    let access = |_: &Organization| now;
    forget(app, "access tokens", access, access_tokens::delete_expired).await;
    let events = |organization: &Organization| {
        now - TimeDelta::days(i64::from(organization.event_retention_days))
    };
    forget(app, "events", events, db::events::delete_expired).await;
}

/// Deletes up to so many of an organization's rows that are older than a moment, and says how many.
type DeleteExpired = fn(&mut DbConn, OrganizationId, Timestamp, i64) -> QueryResult<usize>;

async fn forget(
    app: &App,
    what: &str,
    before: impl Fn(&Organization) -> Timestamp,
    delete: DeleteExpired,
) {
    for setup in app.projects.current().organizations() {
        let organization = &setup.organization;
        if let Err(error) = delete_all(app, organization.id, before(organization), delete).await {
            let id = organization.id;
            log::warn!("cannot delete old {what} of organization {id}: {error}");
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
        let deleted = app
            .db
            .write(move |conn| {
                let deleted = delete(conn, organization, before, CLEAN_UP_ROWS)?;
                Ok(Outcome::Keep(deleted))
            })
            .await?;
        if deleted == 0 {
            return Ok(());
        }
    }
}
