//! Writes what waits in the buffer, about once a second and at the end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep;

use super::buffer::flush;
use crate::app::App;
use crate::worker::Worker;

/// Less than the second within which an event is to be seen, and not much: what calls pay for events is a full buffer each time.
const INTERVAL: Duration = Duration::from_millis(900);

/// Writes until it is stopped, and then what waits still: to be stopped when no call runs any more.
pub fn start(app: Arc<App>) -> Worker {
    Worker::start("worker of events", app, run)
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
