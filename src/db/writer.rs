//! SQLite's writer: one thread owns the one connection that writes, and commits many calls at once.
//!
//! All of them are in one transaction; when that is committed and on disk ([`super::flusher`]), all are answered. Savepoints
//! cost much (SQLite copies each page that is changed after one), and are seldom needed. So a batch begins without; if a write
//! fails that is not the first, everything is rolled back and done again with a savepoint around each write: that one is
//! rolled back alone. The next batch begins as this one ended. When SQLite gives up the whole transaction (disk full, I/O
//! error), every write of the batch is answered 503, also those that had failed: none of them is known to have been decided.
//!
//! What a write deletes for good is in SQLite's journal still. After such a write the journal is emptied, before it is
//! answered; where somebody reads an older state at that moment, as soon as it can be.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::QueryResult;
use tokio::sync::oneshot;

use super::Outcome;
use super::checkpointer::Checkpointer;
use super::connection::{Conn, Manager, OpenError, Savepoint};
use super::flusher::{self, Flusher};
use crate::error::Error;

/// A transaction takes at most this many writes, and no further one after this time. Few: they run while those before them
/// are flushed; many cost less each, as each commit writes the pages that all of them change.
const BATCH_WRITES: usize = 32;
const BATCH_TIME: Duration = Duration::from_millis(5);

/// How long the next attempt at emptying the journal waits.
const JOURNAL_RETRY: Duration = Duration::from_millis(200);

/// What keeps the writes of a batch from one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    None,
    Savepoints,
}

/// What becomes of the journal after a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journal {
    Kept,
    Emptied,
}

pub struct Writer {
    queue: Option<SyncSender<Box<dyn Write>>>,
    thread: Option<JoinHandle<()>>,
    commits: Arc<AtomicU64>,
}

impl Writer {
    /// # Errors
    ///
    /// When the database cannot be opened.
    pub fn start(
        manager: Manager,
        checkpointer: Checkpointer,
        queue_size: usize,
    ) -> Result<Self, OpenError> {
        let opened = Opened::new(&manager)?;
        let (queue, writes) = sync_channel(queue_size);
        let commits = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&commits);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || run(&manager, &checkpointer, opened, &writes, &counted))
            .expect("the operating system gives the writer its thread");
        Ok(Writer {
            queue: Some(queue),
            thread: Some(thread),
            commits,
        })
    }

    /// How many transactions may have been committed; counted before any of their writes is answered.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    /// Queues a write, and waits until it is committed or refused.
    ///
    /// # Errors
    ///
    /// What `f` returned; or 503, when the queue is full or the transaction was lost.
    pub async fn write<T, F>(&self, journal: Journal, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<Outcome<T>, Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let write = Box::new(Queued {
            f,
            journal,
            result: None,
            reply,
        });
        let queue = self.queue.as_ref().expect("open until it is dropped");
        queue.try_send(write).map_err(|error| match error {
            TrySendError::Full(_) => Error::unavailable("too many writes wait"),
            TrySendError::Disconnected(_) => Error::internal("the writer has ended"),
        })?;
        answer
            .await
            .unwrap_or_else(|_| Err(Error::internal("the writer gave no answer")))
    }
}

/// Waits until everything that was queued is done.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the writer has been printed by then; there is nothing to add.
            let _ = thread.join();
        }
    }
}

/// A write in the queue, whatever it returns.
trait Write: Send {
    /// Runs the closure, and says whether its changes are to stay.
    fn run(&mut self, conn: &mut Conn) -> bool;
    /// What is to become of the journal, after the commit.
    fn journal(&self) -> Journal;
    /// Sends the result, after the commit.
    fn answer(self: Box<Self>);
    /// Sends 503: the transaction was lost.
    fn lost(self: Box<Self>, cause: &str);
}

struct Queued<T, F> {
    f: F,
    journal: Journal,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<T, F> Write for Queued<T, F>
where
    T: Send,
    F: Fn(&mut Conn) -> Result<Outcome<T>, Error> + Send,
{
    fn run(&mut self, conn: &mut Conn) -> bool {
        let result = catch_unwind(AssertUnwindSafe(|| (self.f)(conn)))
            .unwrap_or_else(|_| Err(Error::internal("a panic in a transaction")));
        let keep = matches!(result, Ok(Outcome::Keep(_)));
        self.result = Some(result.map(Outcome::into_inner));
        keep
    }

    fn journal(&self) -> Journal {
        match &self.result {
            Some(Ok(_)) => self.journal,
            _ => Journal::Kept,
        }
    }

    fn answer(self: Box<Self>) {
        let result = self
            .result
            .unwrap_or_else(|| Err(Error::internal("a write was answered before it ran")));
        // The caller may have gone away; its write stands all the same.
        let _ = self.reply.send(result);
    }

    fn lost(self: Box<Self>, cause: &str) {
        let _ = self.reply.send(Err(Error::unavailable(cause)));
    }
}

/// What the thread works with.
struct Opened {
    conn: Conn,
    journal: Arc<File>,
}

impl Opened {
    fn new(manager: &Manager) -> Result<Self, OpenError> {
        let conn = r2d2::ManageConnection::connect(manager)?;
        let journal = Arc::new(manager.open_journal()?);
        Ok(Opened { conn, journal })
    }
}

fn run(
    manager: &Manager,
    checkpointer: &Checkpointer,
    opened: Opened,
    writes: &Receiver<Box<dyn Write>>,
    commits: &AtomicU64,
) {
    let flusher = Flusher::start(File::sync_data, flusher::end_process);
    let mut opened = Some(opened);
    let mut guard = Guard::None;
    // When the journal is to be emptied, where it could not be.
    let mut overdue: Option<Instant> = None;
    while let Some(first) = next_write(writes, overdue) {
        let mut batch: Vec<_> = first.into_iter().collect();
        let done = match batch.is_empty() {
            true => Ok(()),
            false => run_batch(manager, &mut opened, &mut batch, writes, &mut guard),
        };
        // A commit that failed may have taken effect.
        commits.fetch_add(1, Ordering::SeqCst);
        if let Err(cause) = done {
            log::error!("a batch of {} writes was lost: {cause}", batch.len());
            // The next batch begins on a new connection: nobody knows what this one is in the middle of.
            opened = None;
            batch.into_iter().for_each(|write| write.lost(&cause));
            continue;
        }
        let erases = batch
            .iter()
            .any(|write| write.journal() == Journal::Emptied);
        if erases || overdue.is_some_and(|at| at <= Instant::now()) {
            let _held = checkpointer.hold();
            let emptied = opened
                .as_mut()
                .is_some_and(|opened| empty_journal(&mut opened.conn));
            overdue = (!emptied).then(|| Instant::now() + JOURNAL_RETRY);
        }
        if let Some(opened) = &mut opened {
            flusher.flush(&opened.journal, || {
                batch.into_iter().for_each(Write::answer)
            });
            checkpointer.committed(&mut opened.conn);
        }
    }
}

/// Waits for a write; where the journal is still to be emptied, until then only. None: there will be no more.
fn next_write(
    writes: &Receiver<Box<dyn Write>>,
    overdue: Option<Instant>,
) -> Option<Option<Box<dyn Write>>> {
    let Some(at) = overdue else {
        return writes.recv().ok().map(Some);
    };
    match writes.recv_timeout(at.saturating_duration_since(Instant::now())) {
        Ok(write) => Some(Some(write)),
        Err(RecvTimeoutError::Timeout) => Some(None),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

/// Whether it is empty now.
fn empty_journal(conn: &mut Conn) -> bool {
    conn.empty_journal().unwrap_or_else(|error| {
        log::warn!("the journal cannot be emptied now: {error}");
        false
    })
}

/// Runs what is in `batch` and what else waits, and commits it. An error means that all of it is undone.
fn run_batch(
    manager: &Manager,
    slot: &mut Option<Opened>,
    batch: &mut Vec<Box<dyn Write>>,
    writes: &Receiver<Box<dyn Write>>,
    guard: &mut Guard,
) -> Result<(), String> {
    let conn = match slot {
        Some(opened) => &mut opened.conn,
        None => {
            let opened = Opened::new(manager).map_err(|error| error.to_string())?;
            &mut slot.insert(opened).conn
        }
    };
    let began = Instant::now();
    conn.begin_write().map_err(lost)?;
    let (mut next, mut all_stay) = (0, true);
    while let Some(write) = batch.get_mut(next) {
        // Without a transaction each statement would be committed by itself, though its write is answered 503.
        if next > 0 && *guard == Guard::None && !conn.is_in_transaction() {
            return Err("a write has ended the transaction".to_owned());
        }
        let stays = match guard {
            Guard::None => write.run(conn),
            Guard::Savepoints => run_in_savepoint(conn, write.as_mut()).map_err(lost)?,
        };
        all_stay &= stays;
        if !stays && *guard == Guard::None {
            roll_back_to(conn, 0).map_err(lost)?;
            conn.begin_write().map_err(lost)?;
            // Where it was the first, nothing is undone but what was to be.
            if next > 0 {
                *guard = Guard::Savepoints;
                next = 0;
                continue;
            }
        }
        next += 1;
        if batch.len() < BATCH_WRITES
            && began.elapsed() < BATCH_TIME
            && let Ok(write) = writes.try_recv()
        {
            batch.push(write);
        }
    }
    conn.commit()
        .map_err(|error| format!("the commit failed: {error}"))?;
    if all_stay {
        *guard = Guard::None;
    }
    Ok(())
}

fn lost(error: diesel::result::Error) -> String {
    error.to_string()
}

/// Runs one write, and says whether it stays. An error means that the transaction around it is gone.
fn run_in_savepoint(conn: &mut Conn, write: &mut dyn Write) -> QueryResult<bool> {
    conn.savepoint(Savepoint::Begin)?;
    let stays = write.run(conn);
    if stays {
        conn.savepoint(Savepoint::Keep)?;
    } else {
        // Diesel rolls its savepoints back without releasing them, so ours is rolled back and released around them.
        roll_back_to(conn, 1)?;
        conn.undo_savepoint()?;
    }
    Ok(stays)
}

/// A closure that failed inside transactions of its own has left diesel's manager deeper than it found it.
fn roll_back_to(conn: &mut Conn, depth: u32) -> QueryResult<()> {
    while conn.transaction_depth().is_some_and(|now| now > depth) {
        conn.rollback()?;
    }
    Ok(())
}
