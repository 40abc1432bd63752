//! Bringing a database up to date.

use std::path::Path;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{BUSY_TIMEOUT, DbConn, Manager, OpenError, Purpose, Target, with_system_certificates};

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// What means something else in a URI than in a path.
const IN_A_URI: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// Any number will do, as long as it stays: the advisory lock under which PostgreSQL is migrated.
const MIGRATION_LOCK: i64 = 0x0063_6c6f_6769_6e00;

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

/// Why what only reads refuses a database, as a sentence for the person who starts the program.
#[derive(Debug, thiserror::Error)]
pub enum NotCurrent {
    #[error("there is no database {0}: check the URL; clogin serve and clogin apply FILE make one")]
    Missing(String),
    #[error(
        "the database {0} has nothing of clogin in it: check the URL; clogin serve and clogin apply FILE fill one"
    )]
    Empty(String),
    #[error(
        "the database {0} was made by an older clogin: clogin serve, clogin apply FILE and clogin admin create bring it up to date"
    )]
    Older(String),
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// That a database is there and up to date. Nothing is made, and nothing changed.
///
/// # Errors
///
/// What has to be done first; or when the database cannot be reached.
pub fn require_current(target: &Target) -> Result<(), NotCurrent> {
    let shown = || target.to_string();
    if let Target::Sqlite(path) = target
        && !path.exists()
    {
        return Err(NotCurrent::Missing(shown()));
    }
    let failed = |reason: String| OpenError::Connect {
        target: shown(),
        reason: reason.trim().replace('\n', " "),
    };
    let mut conn = connect(target).map_err(failed)?;
    let applied = applied(&mut conn).map_err(|error| failed(error.to_string()))?;
    let known = match &conn {
        DbConn::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE_MIGRATIONS),
        DbConn::Postgres(_) => versions::<diesel::pg::Pg>(&POSTGRES_MIGRATIONS),
    };
    let known = known.map_err(|error| failed(error.to_string()))?;
    if let Some(version) = applied.iter().find(|version| !known.contains(version)) {
        let (target, version) = (shown(), version.clone());
        return Err(OpenError::Newer { target, version }.into());
    }
    match applied.len() {
        0 => Err(NotCurrent::Empty(shown())),
        count if count < known.len() => Err(NotCurrent::Older(shown())),
        _ => Ok(()),
    }
}

/// What the pool's connections do to a file, change its journal, is not done here.
fn connect(target: &Target) -> Result<DbConn, String> {
    match target {
        Target::Sqlite(path) => {
            let path = std::path::absolute(path).map_err(|error| error.to_string())?;
            // A URI, as only so SQLite can be told not to make the file.
            let path = utf8_percent_encode(&path.to_string_lossy(), IN_A_URI).to_string();
            let mut conn = SqliteConnection::establish(&format!("file:{path}?mode=rw"))
                .map_err(|error| error.to_string())?;
            conn.batch_execute(BUSY_TIMEOUT)
                .map_err(|error| error.to_string())?;
            Ok(DbConn::Sqlite(conn))
        }
        Target::Postgres(url) => PgConnection::establish(&with_system_certificates(url))
            .map(DbConn::Postgres)
            .map_err(|error| super::target::reason(&error)),
    }
}

/// The migrations that a database has had. diesel would make its table where there is none.
fn applied(conn: &mut DbConn) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Tables {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    #[derive(QueryableByName)]
    struct Applied {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let tables = diesel::sql_query(match conn {
        DbConn::Sqlite(_) => {
            "SELECT count(*) AS count FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
        }
        DbConn::Postgres(_) => {
            "SELECT count(*) AS count FROM pg_class WHERE oid = to_regclass('__diesel_schema_migrations')"
        }
    });
    let Tables { count: 0 } = tables.get_result(conn)? else {
        let versions = diesel::sql_query("SELECT version FROM __diesel_schema_migrations");
        let applied = versions.load::<Applied>(conn)?;
        return Ok(applied.into_iter().map(|row| row.version).collect());
    };
    Ok(Vec::new())
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
    let ours = versions::<DB>(&known)?;
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

/// The versions of this binary's migrations.
fn versions<DB>(
    known: &EmbeddedMigrations,
) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>>
where
    DB: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let migrations = MigrationSource::<DB>::migrations(known)?;
    Ok(migrations
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect())
}
