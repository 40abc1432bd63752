//! The two databases. What differs between them is known here and in this folder; a `match` elsewhere says why.
//!
//! `MultiConnection` over r2d2, with a manager of our own: the derived `establish` tries each database in turn and
//! hides why it failed.

mod journal;
mod migrate;
mod target;

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use diesel::backend::Backend;
use diesel::connection::{
    AnsiTransactionManager, Instrumentation, InstrumentationEvent, SimpleConnection,
    TransactionManager, TransactionManagerStatus,
};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

pub use self::journal::{Checkpoint, JournalState};
pub use self::migrate::{migrate, require_current};
use self::target::with_system_certificates;
pub use self::target::{Target, without_secrets};

/// How long a statement waits for another process.
const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 5000;";

#[derive(diesel::MultiConnection)]
pub enum DbConn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Runs a statement on the one of the two databases that a connection is of. Through the enum a statement's SQL is
/// written anew, several times, at each execution, which costs more than SQLite needs to answer it: so are the
/// statements that calls wait for most often.
macro_rules! directly {
    ($conn:expr, |$inner:ident| $statement:expr) => {
        match $conn {
            $crate::db::connection::DbConn::Sqlite($inner) => $statement,
            $crate::db::connection::DbConn::Postgres($inner) => $statement,
        }
    };
}
pub(super) use directly;

/// Is told every statement that is sent, for tests that count them.
pub type StatementObserver = Arc<dyn Fn(&str) + Send + Sync>;

/// Why a database cannot be opened, as a sentence for the person who starts the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the folder of the database file does not exist: {}", .0.display())]
    NoFolder(PathBuf),
    #[error("cannot open the database {target}: {reason}")]
    Connect { target: String, reason: String },
    #[error("cannot migrate the database {target}: {reason}")]
    Migrate { target: String, reason: String },
    #[error(
        "the database {target} was made by a newer clogin (it has the migration {version}); start that version or a later one"
    )]
    Newer { target: String, version: String },
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Read,
    /// As `Read`, single rows from anywhere, over and over.
    ReadRows,
    Write,
    /// As `Write`, but SQLite's commits are not on disk when they return.
    WriteUnflushed,
}

/// A connection, and what the pool has to know of it.
pub struct Conn {
    inner: DbConn,
    slot: i64,
    suspect: bool,
}

impl Conn {
    /// The number under which this connection keeps its share of counts and sums: 0 on SQLite.
    pub fn slot(&self) -> i64 {
        self.slot
    }

    /// Something failed that was not a refusal: the pool throws the connection away.
    pub fn suspect(&mut self) {
        self.suspect = true;
    }

    pub fn transaction_depth(&mut self) -> Option<u32> {
        let status = match &mut self.inner {
            DbConn::Sqlite(conn) => AnsiTransactionManager::transaction_manager_status_mut(conn),
            DbConn::Postgres(conn) => AnsiTransactionManager::transaction_manager_status_mut(conn),
        };
        match status {
            TransactionManagerStatus::Valid(valid) => {
                Some(valid.transaction_depth().map_or(0, u32::from))
            }
            TransactionManagerStatus::InError => None,
        }
    }

    /// Begins a transaction that will write: SQLite takes its lock at once, so that a read cannot have to be upgraded.
    pub fn begin_write(&mut self) -> QueryResult<()> {
        match &mut self.inner {
            DbConn::Sqlite(conn) => {
                AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")
            }
            DbConn::Postgres(conn) => AnsiTransactionManager::begin_transaction(conn),
        }
    }

    /// Begins a transaction whose statements all see the same state.
    pub fn begin_read(&mut self) -> QueryResult<()> {
        match &mut self.inner {
            DbConn::Sqlite(conn) => AnsiTransactionManager::begin_transaction(conn),
            DbConn::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(
                conn,
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            ),
        }
    }

    pub fn commit(&mut self) -> QueryResult<()> {
        match &mut self.inner {
            DbConn::Sqlite(conn) => AnsiTransactionManager::commit_transaction(conn),
            DbConn::Postgres(conn) => AnsiTransactionManager::commit_transaction(conn),
        }
    }

    /// Begins, or keeps, what [`Conn::undo_savepoint`] undoes: a savepoint that diesel's manager does not know of.
    pub fn savepoint(&mut self, step: Savepoint) -> QueryResult<()> {
        directly!(&mut self.inner, |conn| step.execute(conn).map(|_| ()))
    }

    /// Whether a transaction is open; where none was, one is now. SQLite refuses to begin one within another.
    pub fn is_in_transaction(&mut self) -> bool {
        self.savepoint(Savepoint::Probe).is_err()
    }

    /// Undoes what was done since the savepoint began, and ends it.
    pub fn undo_savepoint(&mut self) -> QueryResult<()> {
        self.inner.batch_execute("ROLLBACK TO w; RELEASE w")
    }

    pub fn rollback(&mut self) -> QueryResult<()> {
        match &mut self.inner {
            DbConn::Sqlite(conn) => AnsiTransactionManager::rollback_transaction(conn),
            DbConn::Postgres(conn) => AnsiTransactionManager::rollback_transaction(conn),
        }
    }
}

/// As a query, and not as text, it stays prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Savepoint {
    Begin,
    Keep,
    /// Of [`Conn::is_in_transaction`].
    Probe,
}

impl QueryId for Savepoint {
    type QueryId = ();
    // The text says which of them it is.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend> QueryFragment<DB> for Savepoint {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(match self {
            Savepoint::Begin => "SAVEPOINT w",
            Savepoint::Keep => "RELEASE w",
            Savepoint::Probe => "BEGIN",
        });
        Ok(())
    }
}

impl<Conn> RunQueryDsl<Conn> for Savepoint {}

impl Deref for Conn {
    type Target = DbConn;

    fn deref(&self) -> &DbConn {
        &self.inner
    }
}

impl DerefMut for Conn {
    fn deref_mut(&mut self) -> &mut DbConn {
        &mut self.inner
    }
}

/// Makes every other transaction that writes to the table wait until this one ends. SQLite has one writer anyway.
pub fn hold_off_writers(conn: &mut DbConn, table: &'static str) -> QueryResult<()> {
    match conn {
        DbConn::Sqlite(_) => Ok(()),
        DbConn::Postgres(postgres) => {
            postgres.batch_execute(&format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
        }
    }
}

/// Sees to it that the ids that the database hands out in a table start above `id`. To be called with other writers
/// held off: without it a sequence that moves meanwhile could be set back. On PostgreSQL it is not undone by a
/// rollback, which costs some numbers at most; SQLite's AUTOINCREMENT looks at the rows by itself.
pub fn move_ids_past(conn: &mut DbConn, table: &'static str, id: i64) -> QueryResult<()> {
    match conn {
        DbConn::Sqlite(_) => Ok(()),
        DbConn::Postgres(postgres) => postgres.batch_execute(&format!(
            "SELECT setval(pg_get_serial_sequence('{table}', 'id'), greatest({id}, \
             nextval(pg_get_serial_sequence('{table}', 'id'))))"
        )),
    }
}

/// Makes connections for r2d2, and for the writer and the workers, which keep one each.
pub struct Manager {
    target: Target,
    purpose: Purpose,
    observer: Option<StatementObserver>,
    slots: i64,
    made: AtomicI64,
}

impl Manager {
    /// `slots`: how many connections the pool has; their numbers are `0..slots`.
    pub fn new(
        target: Target,
        purpose: Purpose,
        observer: Option<StatementObserver>,
        slots: u32,
    ) -> Self {
        Manager {
            target,
            purpose,
            observer,
            slots: i64::from(slots.max(1)),
            made: AtomicI64::new(0),
        }
    }

    fn connect_sqlite(&self, path: &Path) -> Result<SqliteConnection, String> {
        // Made absolute: SQLite reads a name that begins with `file:` as a URI.
        let path = std::path::absolute(path).map_err(|error| error.to_string())?;
        let mut conn = SqliteConnection::establish(&path.to_string_lossy())
            .map_err(|error| error.to_string())?;
        // The time-out comes first: the other settings may have to wait for another process. What a savepoint needs to
        // be rolled back is kept in memory: in a file it costs as much as the write itself, and would be readable there.
        const SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;";
        // Where several processes find a new file, SQLite lets only one of them change the journal, and the others do not
        // wait for it, time-out or not.
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            match conn.batch_execute(SETTINGS) {
                Ok(()) => break,
                Err(error) if error.to_string().contains("locked") && Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        // The page cache, in KiB, is 2,000 where nothing is said. Each commit walks through all of a writer's: just under
        // 2,048 pages. What is written is moved out of the journal by the checkpointer.
        let of_its_own = match self.purpose {
            Purpose::Read => "PRAGMA query_only = ON;",
            Purpose::ReadRows => "PRAGMA query_only = ON; PRAGMA cache_size = -20480;",
            Purpose::Write => "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8000;",
            Purpose::WriteUnflushed => {
                "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8000; PRAGMA synchronous = NORMAL;"
            }
        };
        conn.batch_execute(of_its_own)
            .map_err(|error| error.to_string())?;
        Ok(conn)
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = Conn;
    type Error = OpenError;

    fn connect(&self) -> Result<Conn, OpenError> {
        let refused = |reason: String| OpenError::Connect {
            target: self.target.to_string(),
            reason: reason.trim().replace('\n', " "),
        };
        let mut inner = match &self.target {
            Target::Sqlite(path) => DbConn::Sqlite(self.connect_sqlite(path).map_err(refused)?),
            Target::Postgres(url) => DbConn::Postgres(
                PgConnection::establish(&with_system_certificates(url))
                    .map_err(|error| refused(target::reason(&error)))?,
            ),
        };
        if let Some(observer) = self.observer.clone() {
            let instrumentation = StatementInstrumentation(observer);
            match &mut inner {
                DbConn::Sqlite(conn) => conn.set_instrumentation(instrumentation),
                DbConn::Postgres(conn) => conn.set_instrumentation(instrumentation),
            }
        }
        Ok(Conn {
            inner,
            slot: self.made.fetch_add(1, Ordering::Relaxed) % self.slots,
            suspect: false,
        })
    }

    /// Not asked: the pool does not test on check-out, it drops a connection on which something went wrong.
    fn is_valid(&self, _: &mut Conn) -> Result<(), OpenError> {
        Ok(())
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        conn.suspect || std::thread::panicking() || conn.transaction_depth() != Some(0)
    }
}

struct StatementInstrumentation(StatementObserver);

impl Instrumentation for StatementInstrumentation {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            (self.0)(&query.to_string());
        }
    }
}
