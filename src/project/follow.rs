//! Sees what other processes have set up, and which keys they have revoked.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::sleep;

use super::snapshot::POLL_INTERVAL;
use crate::app::App;
use crate::worker::Worker;

/// Looks for changes twice a second until it is stopped.
pub fn start(app: Arc<App>) -> Worker {
    Worker::start("worker of projects", app, run)
}

async fn run(app: Arc<App>, mut stopped: oneshot::Receiver<()>) {
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            () = sleep(POLL_INTERVAL) => {}
        }
        if let Err(error) = app.projects.refresh(&app.db).await {
            log::warn!("cannot look for changes of the projects: {error}");
        }
    }
}
