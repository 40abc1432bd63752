//! A node, from its start to its end.

use std::net::TcpListener;
use std::sync::Arc;

use super::start;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Ids;
use crate::project::follow;
use crate::{events, mail, retention};

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
    let projects = follow::start(Arc::clone(&app));
    let retention = retention::start(Arc::clone(&app));
    let mail = mail::start(Arc::clone(&app));
    let events = events::start(Arc::clone(&app));
    // It begins, and listens to signals, before it is said to serve.
    let server = actix_web::rt::spawn(server);
    tokio::task::yield_now().await;
    log::info!("serving {} on http://{listen}", app.config.database);
    server
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    projects.stop().await;
    retention.stop().await;
    events.stop().await;
    mail.stop().await;
    log::info!("stopped");
    Ok(())
}
