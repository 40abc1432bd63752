//! Moves what is in SQLite's journal to where it belongs, beside the writer.
//!
//! SQLite would do it after the commit that filled the journal: the writer, and with it every write that waits, would
//! stand still while a thousand pages in all places of the file are written and flushed. Here a thread of its own moves and
//! flushes them while the writer goes on, in small slices: the disk flushes all that it has been given, so that a commit in
//! between waits for the slice too. But a journal begins anew only when all of it has been moved, and a writer that goes on
//! always adds to it: when little is left, the writer moves that between two transactions.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::connection::{Checkpoint, Conn, JournalState, Manager, Purpose, Target};
use super::flusher;

/// In pages, of 4 KiB: as soon as so many wait they are moved. Few: a commit that meets their flush waits for all of them.
const SLICE: i32 = 200;
/// A journal of so many pages is to begin anew, once there is no more than [`REST`] to move.
const FULL: i32 = 8_000;
/// So few the writer moves and flushes within some milliseconds.
const REST: i32 = 150;
/// With so many pages it is to begin anew however much is left to move: the writer is faster than the disk.
const OVERFULL: i32 = 2 * FULL;

pub struct Checkpointer {
    /// None: the thread is to end.
    commits: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The writer moves the rest.
    handed_over: AtomicBool,
    /// Held by whoever moves: a second one SQLite would refuse, and not let wait.
    moving: Mutex<()>,
}

impl Checkpointer {
    /// For the SQLite file at `path`.
    pub fn start(path: &Path) -> Self {
        let shared = Arc::new(Shared::default());
        let (commits, told) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("sqlite-checkpointer".to_owned())
            .spawn({
                let (path, shared) = (path.to_owned(), Arc::clone(&shared));
                move || run(&path, &told, &shared)
            })
            .expect("the operating system gives the checkpointer its thread");
        Checkpointer {
            commits: Some(commits),
            thread: Some(thread),
            shared,
        }
    }

    /// To be called by the writer after each commit.
    pub fn committed(&self, conn: &mut Conn) {
        if self.shared.handed_over.swap(false, Ordering::Relaxed) {
            let _moving = self.hold();
            if let Err(error) = conn.checkpoint(Checkpoint::Passive) {
                log::warn!("the journal cannot be moved now: {error}");
            }
        }
        if let Some(commits) = &self.commits {
            // Full: it is going to look anyway.
            let _ = commits.try_send(());
        }
    }

    /// Keeps the thread from moving, while the writer does.
    pub fn hold(&self) -> MutexGuard<'_, ()> {
        self.shared.hold()
    }
}

/// Waits for the thread.
impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.commits.take());
        if let Some(thread) = self.thread.take() {
            // A panic has been printed by then; there is nothing to add.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn hold(&self) -> MutexGuard<'_, ()> {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread works with.
struct Opened {
    conn: Conn,
    /// Kept open to the end: when a process closes a file, POSIX takes all its locks on it away, SQLite's too.
    file: File,
}

impl Opened {
    fn new(path: &Path) -> Result<Self, String> {
        let manager = Manager::new(Target::Sqlite(path.to_owned()), Purpose::Write, None, 1);
        let conn = r2d2::ManageConnection::connect(&manager).map_err(|error| error.to_string())?;
        let file = File::open(path).map_err(|error| error.to_string())?;
        Ok(Opened { conn, file })
    }

    fn look(&mut self) -> Result<JournalState, String> {
        let look = self.conn.checkpoint(Checkpoint::Look);
        look.map_err(|error| error.to_string())
    }

    /// Moves what the journal holds now.
    fn move_pages(&mut self) -> Result<(), String> {
        self.conn
            .checkpoint(Checkpoint::Passive)
            .map_err(|error| error.to_string())?;
        // SQLite flushes when nothing is left. What is flushed here the writer does not wait for then.
        if let Err(error) = self.file.sync_data() {
            // SQLite takes the pages for moved.
            flusher::end_process(&error);
        }
        Ok(())
    }
}

fn run(path: &Path, commits: &Receiver<()>, shared: &Shared) {
    let mut opened = None;
    while commits.recv().is_ok() {
        if let Err(error) = look(&mut opened, path, shared) {
            log::warn!("the journal cannot be moved now: {error}");
        }
    }
}

fn look(opened: &mut Option<Opened>, path: &Path, shared: &Shared) -> Result<(), String> {
    let opened = match opened {
        Some(opened) => opened,
        None => opened.insert(Opened::new(path)?),
    };
    if opened.look()?.waiting() < SLICE {
        return Ok(());
    }
    let moving = shared.hold();
    opened.move_pages()?;
    drop(moving);
    let seen = opened.look()?;
    let little_is_left = seen.pages() >= FULL && seen.waiting() <= REST;
    if little_is_left || seen.pages() >= OVERFULL {
        shared.handed_over.store(true, Ordering::Relaxed);
    }
    Ok(())
}
