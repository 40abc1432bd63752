//! A node, from its start to its end.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;

use super::start;
use crate::actions::IDEMPOTENCY_RETENTION;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::idempotency;
use crate::error::Error;
use crate::ids::Ids;
use crate::mail;
use crate::project::snapshot::POLL_INTERVAL;

const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(60);
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
    let server = start(&app, listener).map_err(|error| error.to_string())?;
    let tasks = [
        rt::spawn(follow_projects(Arc::clone(&app))),
        rt::spawn(clean_up(Arc::clone(&app))),
    ];
    let mail = mail::Worker::start(Arc::clone(&app));
    log::info!("serving {} on http://{listen}", app.config.database);
    server.await.map_err(|error| error.to_string())?;
    tasks.iter().for_each(rt::task::JoinHandle::abort);
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
        if let Err(error) = forget_idempotency_keys(&app).await {
            log::warn!("cannot delete old idempotency records: {error}");
        }
    }
}

async fn forget_idempotency_keys(app: &App) -> Result<(), Error> {
    let before = app.clock.now() - IDEMPOTENCY_RETENTION;
    let snapshot = app.projects.current();
    for setup in snapshot.organizations() {
        let organization = setup.organization.id;
        loop {
            let deleted = app
                .db
                .write(move |conn| {
                    let deleted =
                        idempotency::delete_expired(conn, organization, before, CLEAN_UP_ROWS)?;
                    Ok(crate::db::Outcome::Keep(deleted))
                })
                .await?;
            if deleted == 0 {
                break;
            }
        }
    }
    Ok(())
}
