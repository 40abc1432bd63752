//! SQLite's journal: where it is, and how it is moved into the file of the database.

use std::fs::File;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::{BUSY_TIMEOUT, Conn, Manager, OpenError, Target};

/// What is done with SQLite's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// Nothing.
    Look,
    /// What nobody needs where it is is moved; nobody waits.
    Passive,
    /// All is moved, once nobody reads an older state, and the file cut to nothing.
    Truncate,
}

/// What SQLite says of its journal.
#[derive(QueryableByName, Clone, Copy, Debug)]
pub struct JournalState {
    /// Not 0: it was not done, or not wholly.
    #[diesel(sql_type = diesel::sql_types::Integer)]
    busy: i32,
    /// In pages.
    #[diesel(sql_type = diesel::sql_types::Integer)]
    log: i32,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    checkpointed: i32,
}

impl JournalState {
    pub fn pages(self) -> i32 {
        self.log
    }

    /// Pages that are not moved yet.
    pub fn waiting(self) -> i32 {
        self.log - self.checkpointed
    }
}

impl Conn {
    /// Leaves SQLite's journal empty. False: somebody reads an older state at this moment. PostgreSQL has nothing of the
    /// kind.
    pub fn empty_journal(&mut self) -> QueryResult<bool> {
        // Writes wait for this: no longer than a short read takes.
        self.inner.batch_execute("PRAGMA busy_timeout = 100;")?;
        let done = self.checkpoint(Checkpoint::Truncate);
        self.inner.batch_execute(BUSY_TIMEOUT)?;
        done.map(|seen| seen.busy == 0)
    }

    /// Moves what is in SQLite's journal to where it belongs. To be called on SQLite only.
    pub fn checkpoint(&mut self, mode: Checkpoint) -> QueryResult<JournalState> {
        let statement = match mode {
            Checkpoint::Look => "PRAGMA wal_checkpoint(NOOP)",
            Checkpoint::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
            Checkpoint::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
        };
        diesel::sql_query(statement).get_result(&mut self.inner)
    }
}

impl Manager {
    /// The file that SQLite's commits go to: beside the database, wherever that is linked from. To be called while a
    /// connection is open, and for SQLite only.
    pub fn open_journal(&self) -> Result<File, OpenError> {
        let Target::Sqlite(path) = &self.target else {
            unreachable!("PostgreSQL looks after its own")
        };
        let open = || {
            let mut name = path.canonicalize()?.into_os_string();
            name.push("-wal");
            File::open(name)
        };
        open().map_err(|error| OpenError::Connect {
            target: self.target.to_string(),
            reason: format!("its journal: {error}"),
        })
    }
}
