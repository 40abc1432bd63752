//! What runs beside the calls until it is told to stop.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;

/// A worker that runs until it is stopped.
pub struct Worker {
    name: &'static str,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Worker {
    /// `run` ends soon after its receiver is told to. To be called within a runtime.
    pub fn start<F>(
        name: &'static str,
        app: Arc<App>,
        run: impl FnOnce(Arc<App>, oneshot::Receiver<()>) -> F,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(run(app, stopped));
        Worker { name, stop, task }
    }

    /// Waits for what it finishes still.
    pub async fn stop(self) {
        // The receiver is gone when the task has panicked; then there is nothing to wait for.
        let _ = self.stop.send(());
        if self.task.await.is_err() {
            log::error!("the {} ended by a panic", self.name);
        }
    }
}
