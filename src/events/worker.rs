//! Writes what waits in the buffer, twice a second and at the end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::buffer::flush;
use crate::app::App;

/// Less than the second within which an event is to be seen.
const INTERVAL: Duration = Duration::from_millis(500);

/// A worker that runs until it is stopped.
pub struct Worker {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Worker {
    /// To be called within a runtime.
    pub fn start(app: Arc<App>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(run(app, stopped));
        Worker { stop, task }
    }

    /// Writes what waits still. To be called when no call runs any more.
    pub async fn stop(self) {
        // The receiver is gone when the task has panicked; then there is nothing to wait for.
        let _ = self.stop.send(());
        if self.task.await.is_err() {
            log::error!("the worker of events ended by a panic");
        }
    }
}

async fn run(app: Arc<App>, mut stopped: oneshot::Receiver<()>) {
    let mut reported = 0;
    let mut stop = false;
    while !stop {
        stop = tokio::select! {
            _ = &mut stopped => true,
            () = sleep(INTERVAL) => false,
        };
        if let Err(error) = flush(&app).await {
            log::warn!("{} events cannot be written now: {error}", app.events.len());
        }
        let dropped = app.events.dropped();
        if dropped > reported {
            log::warn!("{dropped} events were dropped since the start: the buffer was full");
            reported = dropped;
        }
    }
}
