//! What runs beside the calls until it is told to stop.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;

/// Gives this thread, and those that it starts, the lowest priority.
pub fn go_last() {
    // Linux counts a thread as a process here; where that fails, the thread is merely less polite.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19);
}

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

    /// As [`Worker::start`], on a thread of its own at the lowest priority: what calls wait for goes first.
    pub fn start_behind_calls<F>(
        name: &'static str,
        app: Arc<App>,
        run: impl FnOnce(Arc<App>, oneshot::Receiver<()>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()>,
    {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::task::spawn_blocking(move || {
            go_last();
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("the operating system gives a worker what its runtime needs")
                .block_on(run(app, stopped));
        });
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
