//! Bringing a database up to date.

use std::path::Path;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DbConn, Manager, OpenError, Purpose, Target};

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

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
