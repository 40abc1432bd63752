//! The database: how a read and a write are done. What is asked is in the files of the tables.

mod checkpointer;
pub mod connection;
pub mod error;
mod flusher;
mod insert;
mod local;
pub mod schema;
mod timestamp;
mod writer;

pub mod access_tokens;
pub mod audit;
pub mod carts;
pub mod config;
pub mod credentials;
pub mod emails;
pub mod events;
pub mod held;
pub mod idempotency;
pub mod lists;
pub mod login_tokens;
pub mod outbox;
pub mod payments;
pub mod purge;
pub mod registrations;
pub mod rest_lists;
pub mod rest_users;
pub mod totals;
pub mod user_values;
pub mod users;

pub use self::local::LocalConn;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use self::checkpointer::Checkpointer;
use self::connection::{Conn, DbConn, Manager, OpenError, Purpose, StatementObserver, Target};
use self::writer::{Journal, Writer};
use crate::error::Error;

/// How often a transaction is run, in all, when PostgreSQL breaks it off.
const ATTEMPTS: u32 = 5;

/// How long a call waits for a connection, whether one is being made or all are in use.
const POOL_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether what a write did is kept. `Undo` is for dry runs: everything is done, answered and rolled back.
#[derive(Debug)]
pub enum Outcome<T> {
    Keep(T),
    Undo(T),
}

impl<T> Outcome<T> {
    fn into_inner(self) -> T {
        match self {
            Outcome::Keep(value) | Outcome::Undo(value) => value,
        }
    }
}

#[derive(Clone)]
pub struct Options {
    /// Connections of the pool: on SQLite for reads, on PostgreSQL for everything.
    pub pool_size: u32,
    /// Calls that wait for the writer (SQLite) or a connection (PostgreSQL); beyond it a call is answered 503.
    pub queue_size: usize,
    pub observer: Option<StatementObserver>,
}

/// A database that is open and migrated.
pub struct Db {
    target: Target,
    options: Options,
    pool: Arc<Pool>,
    /// SQLite only: PostgreSQL's writes use the pool.
    writer: Option<Writer>,
}

struct Pool {
    connections: r2d2::Pool<Manager>,
    /// As many permits as connections, so that no thread is blocked waiting for one, and first come is first served.
    permits: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Db {
    /// Migrates the database, then opens it.
    ///
    /// # Errors
    ///
    /// When it cannot be reached, is newer than this binary, or cannot be migrated.
    pub fn open(target: Target, options: Options) -> Result<Self, OpenError> {
        connection::migrate(&target)?;
        let (purpose, writer) = match &target {
            Target::Sqlite(path) => {
                let manager = Manager::new(
                    target.clone(),
                    Purpose::WriteUnflushed,
                    options.observer.clone(),
                    1,
                );
                let checkpointer = Checkpointer::start(path);
                let writer = Writer::start(manager, checkpointer, options.queue_size)?;
                (Purpose::Read, Some(writer))
            }
            Target::Postgres(_) => (Purpose::Write, None),
        };
        let manager = Manager::new(
            target.clone(),
            purpose,
            options.observer.clone(),
            options.pool_size,
        );
        let pool = Pool {
            connections: r2d2::Pool::builder()
                .max_size(options.pool_size)
                .min_idle(Some(0))
                .test_on_check_out(false)
                .connection_timeout(POOL_TIMEOUT)
                .error_handler(Box::new(LogError))
                .build_unchecked(manager),
            permits: Arc::new(Semaphore::new(options.pool_size as usize)),
            waiting: Arc::new(Semaphore::new(
                options.queue_size + options.pool_size as usize,
            )),
        };
        Ok(Db {
            target,
            options,
            pool: Arc::new(pool),
            writer,
        })
    }

    /// Runs `f` in a transaction. When this returns `Ok`, what `f` did is on disk.
    ///
    /// `f` may run more than once: ids, tokens and the time are made before it, and what follows a commit is returned,
    /// not done inside.
    ///
    /// # Errors
    ///
    /// What `f` returned, and nothing was changed; or 503, when the database is overloaded or cannot do it.
    pub async fn write<T, F>(&self, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<Outcome<T>, Error> + Send + 'static,
    {
        self.write_with(Journal::Kept, f).await
    }

    /// As [`Db::write`], for what deletes for good: on SQLite it leaves nothing behind in the journal either.
    ///
    /// # Errors
    ///
    /// As [`Db::write`].
    pub async fn erase<T, F>(&self, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<Outcome<T>, Error> + Send + 'static,
    {
        self.write_with(Journal::Emptied, f).await
    }

    async fn write_with<T, F>(&self, journal: Journal, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<Outcome<T>, Error> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write(journal, f).await,
            None => Box::pin(self.on_pool(move |conn| write_with_retries(conn, &f))).await,
        }
    }

    /// Runs `f` with a connection for reading, on a thread that may block.
    ///
    /// # Errors
    ///
    /// What `f` returned; or 503, when the database is overloaded or cannot be reached.
    pub async fn read<T, F>(&self, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConn) -> Result<T, Error> + Send + 'static,
    {
        self.on_pool(move |conn| f(conn)).await
    }

    /// Runs several reads that see one state of the database.
    ///
    /// # Errors
    ///
    /// As [`Db::read`].
    pub async fn read_consistently<T, F>(&self, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConn) -> Result<T, Error> + Send + 'static,
    {
        self.on_pool(move |conn| {
            conn.begin_read()?;
            let result = f(conn);
            conn.rollback()?;
            result
        })
        .await
    }

    /// Reads one indexed row: on SQLite at once, on the worker's own connection (it takes less time than handing the
    /// call to another thread), on PostgreSQL as [`Db::read`].
    ///
    /// # Errors
    ///
    /// As [`Db::read`].
    pub async fn read_row<T, F>(&self, local: &LocalConn, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConn) -> Result<T, Error> + Send + 'static,
    {
        match self.target {
            Target::Sqlite(_) => local.run(self, f),
            Target::Postgres(_) => Box::pin(self.read(f)).await,
        }
    }

    /// Waits until what a read has found is on disk. SQLite shows what is committed before it is.
    ///
    /// # Errors
    ///
    /// As [`Db::write`].
    pub async fn flushed(&self) -> Result<(), Error> {
        match &self.writer {
            Some(writer) => {
                let nothing = |_: &mut Conn| Ok(Outcome::Keep(()));
                writer.write(Journal::Kept, nothing).await
            }
            None => Ok(()),
        }
    }

    /// Asks the database for nothing: is it there?
    ///
    /// # Errors
    ///
    /// As [`Db::read`].
    pub async fn ping(&self) -> Result<(), Error> {
        self.read(|conn| Ok(config::organizations_since(conn, i64::MAX).map(|_| ())?))
            .await
    }

    async fn on_pool<T, F>(&self, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    {
        let waiting = Arc::clone(&self.pool.waiting).try_acquire_owned();
        let place = waiting
            .map_err(|_| Error::unavailable("too many calls wait for a database connection"))?;
        let permit = Arc::clone(&self.pool.permits).acquire_owned();
        let permit = tokio::time::timeout(POOL_TIMEOUT, permit)
            .await
            .map_err(|_| Error::unavailable("no database connection became free"))?
            .map_err(|_| Error::unavailable("the pool is closed"))?;
        let pool = Arc::clone(&self.pool);
        let task = tokio::task::spawn_blocking(move || {
            // They are given back with the connection, even where nobody waits for the answer any more.
            let _held = (place, permit);
            let mut conn = pool
                .connections
                .get()
                .map_err(|error| Error::unavailable(error.to_string()))?;
            let result = f(&mut conn);
            if result.as_ref().is_err_and(Error::is_of_the_connection) {
                conn.suspect();
            }
            result
        });
        task.await
            .unwrap_or_else(|_| Err(Error::internal("a panic while using the database")))
    }
}

#[derive(Debug)]
struct LogError;

impl r2d2::HandleError<OpenError> for LogError {
    fn handle_error(&self, error: OpenError) {
        log::warn!("{error}");
    }
}

/// PostgreSQL: the whole transaction again when it was broken off (deadlock, serialization failure).
fn write_with_retries<T>(
    conn: &mut Conn,
    f: &impl Fn(&mut Conn) -> Result<Outcome<T>, Error>,
) -> Result<T, Error> {
    let mut attempt = 1;
    loop {
        match write_once(conn, f) {
            Err(error) if error.is_transient() && attempt < ATTEMPTS => {
                log::debug!("transaction runs again, attempt {attempt}: {error}");
                // Those that collided do not come back together: the wait differs by connection.
                let slot = u64::try_from(conn.slot()).unwrap_or(0);
                std::thread::sleep(Duration::from_millis(u64::from(attempt) * (1 + slot % 8)));
                attempt += 1;
            }
            result => return result,
        }
    }
}

fn write_once<T>(
    conn: &mut Conn,
    f: &impl Fn(&mut Conn) -> Result<Outcome<T>, Error>,
) -> Result<T, Error> {
    conn.begin_write()?;
    match catch_unwind(AssertUnwindSafe(|| f(conn))) {
        Ok(Ok(Outcome::Keep(value))) => {
            // Whether a commit that failed took effect is not known: it is never run again.
            conn.commit().map_err(|error| {
                conn.suspect();
                Error::unavailable(format!("the commit failed: {error}"))
            })?;
            Ok(value)
        }
        Ok(Ok(Outcome::Undo(value))) => {
            conn.rollback()?;
            Ok(value)
        }
        Ok(Err(error)) => {
            if conn.rollback().is_err() {
                conn.suspect();
            }
            Err(error)
        }
        Err(_) => {
            conn.suspect();
            Err(Error::internal("a panic in a transaction"))
        }
    }
}
