//! Flushes SQLite's journal to the disk, beside the writer: meanwhile that one runs the next batch.
//!
//! With `synchronous=FULL` SQLite flushes within the commit, and the writer stands still. So the writer's connection has
//! NORMAL, with which SQLite flushes only for its checkpoints and where a journal begins anew, and this thread flushes after
//! every commit; nobody is answered before. A flush is of the whole file, and a journal begins anew only when all of it is
//! flushed in the database: what a batch has read of earlier ones is on disk with it.
//!
//! What is committed can be read before it is flushed. Who would take it for promised waits first (`Db::flushed`).
//!
//! After a flush that failed nobody knows what is on disk, and a second one may succeed without having written anything: the
//! operating system has given up on what it could not write, and shows it all the same until it is started again. So the
//! process ends, as PostgreSQL does, and nobody is answered.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// So many batches may be committed, and wait for the flush that runs to end, before the writer waits too: then one flush is
/// for all of them.
const WAITING_COMMITS: usize = 3;

pub struct Flusher {
    /// None: the thread is to end.
    commits: Option<SyncSender<Commit>>,
    thread: Option<JoinHandle<()>>,
}

struct Commit {
    journal: Arc<File>,
    then: Box<dyn FnOnce() + Send>,
}

impl Flusher {
    /// `flush` flushes a file. `failed` is told why that failed, and is to end the process: whoever waits is dropped when it
    /// returns.
    pub fn start(
        flush: impl Fn(&File) -> io::Result<()> + Send + 'static,
        failed: impl Fn(&io::Error) + Send + 'static,
    ) -> Self {
        let (commits, waiting) = sync_channel(WAITING_COMMITS);
        let thread = std::thread::Builder::new()
            .name("sqlite-flusher".to_owned())
            .spawn(move || run(&waiting, flush, failed))
            .expect("the operating system gives the flusher its thread");
        Flusher {
            commits: Some(commits),
            thread: Some(thread),
        }
    }

    /// Runs `then` once all that was committed to `journal` is on disk.
    pub fn flush(&self, journal: &Arc<File>, then: impl FnOnce() + Send + 'static) {
        let commit = Commit {
            journal: Arc::clone(journal),
            then: Box::new(then),
        };
        if let Some(commits) = &self.commits {
            // Without it the writer is to end too: nothing more would be answered.
            commits.send(commit).expect("the flusher lives");
        }
    }
}

/// Waits until everything is flushed.
impl Drop for Flusher {
    fn drop(&mut self) {
        drop(self.commits.take());
        if let Some(thread) = self.thread.take() {
            // A panic has been printed by then; there is nothing to add.
            let _ = thread.join();
        }
    }
}

/// The disk failed to keep what it had been given.
pub fn end_process(error: &io::Error) {
    log::error!("the disk does not keep what is written, the service ends: {error}");
    std::process::exit(1);
}

fn run(
    commits: &Receiver<Commit>,
    flush: impl Fn(&File) -> io::Result<()>,
    failed: impl Fn(&io::Error),
) {
    while let Ok(first) = commits.recv() {
        let mut committed = vec![first];
        committed.extend(commits.try_iter());
        let mut journals: Vec<_> = committed.iter().map(|commit| &commit.journal).collect();
        // Another one comes with another connection of the writer.
        journals.dedup_by(|one, other| Arc::ptr_eq(one, other));
        for journal in journals {
            if let Err(error) = flush(journal) {
                return failed(&error);
            }
        }
        committed.into_iter().for_each(|commit| (commit.then)());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, TryRecvError, channel};

    use super::*;

    /// A file; what flushing it comes to is up to the test.
    fn journal() -> Arc<File> {
        Arc::new(File::open("Cargo.toml").unwrap())
    }

    /// A flusher that says when it begins to flush, and then waits to be told what comes of it.
    fn held() -> (Flusher, Receiver<()>, Sender<io::Result<()>>) {
        let (begun, begins) = channel();
        let (result, results) = channel();
        let flush = move |_: &File| {
            begun.send(()).unwrap();
            results.recv().unwrap()
        };
        (Flusher::start(flush, |_| ()), begins, result)
    }

    #[test]
    fn nobody_is_answered_before_the_flush_that_began_after_the_commit() {
        let (flusher, begins, result) = held();
        let (answer, answers) = channel();
        let journal = journal();
        for number in 1..=3 {
            let answer = answer.clone();
            flusher.flush(&journal, move || answer.send(number).unwrap());
            if number == 1 {
                begins.recv().unwrap();
            }
        }
        assert!(answers.try_recv().is_err());
        result.send(Ok(())).unwrap();
        assert_eq!(answers.recv(), Ok(1));
        // The other two were committed while it ran: one flush more, for both.
        begins.recv().unwrap();
        assert!(answers.try_recv().is_err());
        result.send(Ok(())).unwrap();
        drop(flusher);
        assert_eq!(answers.try_iter().collect::<Vec<_>>(), [2, 3]);
        assert!(begins.try_recv().is_err());
    }

    #[test]
    fn what_waits_in_two_journals_is_flushed_in_both() {
        let (flusher, begins, result) = held();
        let (answer, answers) = channel();
        let (former, present) = (journal(), journal());
        flusher.flush(&former, || ());
        begins.recv().unwrap();
        for journal in [&former, &former, &present] {
            let answer = answer.clone();
            flusher.flush(journal, move || answer.send(()).unwrap());
        }
        for _ in 0..2 {
            result.send(Ok(())).unwrap();
            begins.recv().unwrap();
            assert!(answers.try_recv().is_err());
        }
        result.send(Ok(())).unwrap();
        drop(flusher);
        assert_eq!(answers.try_iter().count(), 3);
        assert!(begins.try_recv().is_err());
    }

    #[test]
    fn nobody_is_answered_when_a_flush_fails() {
        let (answer, answers) = channel::<()>();
        let (said, says) = channel();
        let failed = move |error: &io::Error| {
            // Nor told that there will be no answer.
            said.send((error.to_string(), answers.try_recv())).unwrap();
        };
        let flusher = Flusher::start(|_| Err(io::Error::other("no disk")), failed);
        flusher.flush(&journal(), move || answer.send(()).unwrap());
        drop(flusher);
        let seen = ("no disk".to_owned(), Err(TryRecvError::Empty));
        assert_eq!(says.recv(), Ok(seen));
    }
}
