//! The two databases. This is the only file that knows that there are two.
//!
//! `MultiConnection` over r2d2, with a manager of our own: the derived `establish` tries each database in turn and
//! hides why it failed.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use diesel::backend::Backend;
use diesel::connection::{
    AnsiTransactionManager, Instrumentation, InstrumentationEvent, SimpleConnection,
    TransactionManager, TransactionManagerStatus,
};
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number will do, as long as it stays: the advisory lock under which PostgreSQL is migrated.
const MIGRATION_LOCK: i64 = 0x0063_6c6f_6769_6e00;

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

/// Which database, and where: the parsed form of `CLOGIN_DATABASE_URL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Sqlite(PathBuf),
    /// The URL as given: libpq reads it.
    Postgres(String),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Target::Postgres(url.to_owned()));
        }
        match url.strip_prefix("sqlite://") {
            Some("") => Err("names no file: write sqlite://clogin.db or sqlite:///var/lib/clogin.db".to_owned()),
            Some(path) if path.contains(":memory:") || path.contains('?') => Err(
                "must name a file, such as sqlite://clogin.db: what is in memory only would be lost, and there are no options".to_owned(),
            ),
            Some(path) => Ok(Target::Sqlite(PathBuf::from(path))),
            None => Err("must begin with sqlite:// or postgres://".to_owned()),
        }
    }
}

/// The URL without its password.
impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Sqlite(path) => write!(formatter, "sqlite://{}", path.display()),
            Target::Postgres(url) => formatter.write_str(&without_secrets(url)),
        }
    }
}

/// Where the server's certificate is to be verified and the URL names no authorities, those of the system are taken: the
/// OpenSSL that is built in does not know where they are.
fn with_system_certificates(url: &str) -> String {
    let asks = url.contains("sslmode=verify-") && !url.contains("sslrootcert=");
    match openssl_probe::probe().cert_file.filter(|_| asks) {
        Some(file) => format!("{url}&sslrootcert={}", file.display()),
        None => url.to_owned(),
    }
}

/// Masks `user:password@` and a `password=` parameter.
pub fn without_secrets(url: &str) -> String {
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let address = match rest.rsplit_once('@') {
        Some((user, host)) => {
            let name = user.split_once(':').map_or(user, |(name, _)| name);
            let mask = if name.len() == user.len() { "" } else { ":***" };
            format!("{scheme}://{name}{mask}@{host}")
        }
        None => address.to_owned(),
    };
    let parameters: Vec<_> = parameters
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if name.contains("password") => format!("{name}=***"),
            _ => parameter.to_owned(),
        })
        .collect();
    if parameters.is_empty() {
        address
    } else {
        format!("{address}?{}", parameters.join("&"))
    }
}

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
    Write,
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
}

impl QueryId for Savepoint {
    type QueryId = ();
    // The text says which of the two it is.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend> QueryFragment<DB> for Savepoint {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(match self {
            Savepoint::Begin => "SAVEPOINT w",
            Savepoint::Keep => "RELEASE w",
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
        if self.purpose == Purpose::Read {
            conn.batch_execute("PRAGMA query_only = ON;")
                .map_err(|error| error.to_string())?;
        }
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
                    .map_err(|error| refused(error.to_string()))?,
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

/// Brings the database up to date under a lock, so that processes that start together do not get in each other's way.
///
/// # Errors
///
/// When the database cannot be reached, has migrations that this binary does not know, or a migration fails.
pub fn migrate(target: &Target) -> Result<(), OpenError> {
    if let Target::Sqlite(path) = target {
        let folder = std::path::absolute(path)
            .ok()
            .and_then(|path| path.parent().map(Path::to_path_buf));
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(OpenError::NoFolder(folder));
        }
    }
    let manager = Manager::new(target.clone(), Purpose::Write, None, 1);
    let mut conn = r2d2::ManageConnection::connect(&manager)?;
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| OpenError::Migrate {
        target: target.to_string(),
        reason: error.to_string(),
    };
    let newer = match &mut conn.inner {
        DbConn::Sqlite(sqlite) => {
            // The transaction is the lock; each migration runs in a savepoint of it.
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")
                .map_err(|error| failed(error.into()))?;
            let newer = run_pending(sqlite, SQLITE_MIGRATIONS).map_err(failed)?;
            AnsiTransactionManager::commit_transaction(sqlite)
                .map_err(|error| failed(error.into()))?;
            newer
        }
        DbConn::Postgres(postgres) => {
            postgres
                .batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))
                .map_err(|error| failed(error.into()))?;
            // Closing the connection releases the lock.
            run_pending(postgres, POSTGRES_MIGRATIONS).map_err(failed)?
        }
    };
    match newer {
        None => Ok(()),
        Some(version) => Err(OpenError::Newer {
            target: target.to_string(),
            version,
        }),
    }
}

/// Runs what is missing; or, where the database has a migration that `known` lacks, runs nothing and names it.
fn run_pending<C, DB>(
    conn: &mut C,
    known: EmbeddedMigrations,
) -> Result<Option<String>, Box<dyn std::error::Error + Send + Sync>>
where
    C: MigrationHarness<DB>,
    DB: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let ours: Vec<String> = MigrationSource::<DB>::migrations(&known)?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let applied = conn.applied_migrations()?;
    let unknown = applied
        .iter()
        .map(ToString::to_string)
        .find(|version| !ours.contains(version));
    if unknown.is_none() {
        conn.run_pending_migrations(known)?;
    }
    Ok(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_are_added_only_where_they_are_asked_for_and_not_named() {
        for url in [
            "postgres://db/clogin",
            "postgres://db/clogin?sslmode=require",
            "postgres://db/clogin?sslmode=verify-full&sslrootcert=/ca.pem",
        ] {
            assert_eq!(with_system_certificates(url), url);
        }
        let url = "postgres://db/clogin?sslmode=verify-full";
        let expected = openssl_probe::probe()
            .cert_file
            .map_or(url.to_owned(), |file| {
                format!("{url}&sslrootcert={}", file.display())
            });
        assert_eq!(with_system_certificates(url), expected);
    }

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            (
                "postgres://app:s3cret@db/clogin",
                "postgres://app:***@db/clogin",
            ),
            ("postgres://app@db/clogin", "postgres://app@db/clogin"),
            (
                "postgres://db/clogin?user=app&password=s3cret&sslmode=require",
                "postgres://db/clogin?user=app&password=***&sslmode=require",
            ),
            ("sqlite:///var/lib/clogin.db", "sqlite:///var/lib/clogin.db"),
        ] {
            assert_eq!(url.parse::<Target>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn other_urls_are_refused_with_a_sentence() {
        for url in [
            "",
            "clogin.db",
            "mysql://db/x",
            "sqlite:",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://x?mode=rw",
        ] {
            assert!(url.parse::<Target>().is_err(), "{url}");
        }
    }
}
