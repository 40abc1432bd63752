//! SQLite: the connection that a thread which answers requests keeps for itself, for rows that it reads at once.
//!
//! To begin and to end a transaction costs nearly as much as to read a row. So what is read in one round of the thread's
//! tasks is read in one transaction, which ends with the round. It is never older than the last commit of the writer: whoever
//! was answered finds what was written.

use std::cell::RefCell;
use std::rc::Rc;

use super::Db;
use super::connection::{Conn, DbConn, Manager, Purpose};
use super::writer::Writer;
use crate::error::Error;

/// Made when it is first needed. To be used within a `LocalSet`.
#[derive(Clone, Default)]
pub struct LocalConn(Rc<RefCell<Local>>);

#[derive(Default)]
struct Local {
    conn: Option<Conn>,
    round: Round,
}

/// How far the round of the thread's tasks is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Round {
    /// Nothing was read in it.
    #[default]
    New,
    /// One row was read: it may stay the only one.
    Begun,
    /// A transaction is open; when it began there had been so many commits.
    Reading(u64),
}

impl LocalConn {
    /// Runs `f` with the connection.
    ///
    /// # Errors
    ///
    /// What `f` returned; or 503, when the database cannot be opened.
    pub(super) fn run<T>(
        &self,
        db: &Db,
        f: impl FnOnce(&mut DbConn) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut local = self.0.borrow_mut();
        if local.round == Round::New {
            self.end_with_round();
        }
        let result = local.prepare(db).and_then(f);
        if result.as_ref().is_err_and(Error::is_of_the_connection) {
            local.conn = None;
            local.round = Round::Begun;
        }
        result
    }

    fn end_with_round(&self) {
        let local = Rc::clone(&self.0);
        tokio::task::spawn_local(async move {
            // All tasks that are ready run before.
            tokio::task::yield_now().await;
            let mut local = local.borrow_mut();
            if local.end().is_err() {
                local.conn = None;
            }
            local.round = Round::New;
        });
    }
}

impl Local {
    /// The connection, in the state in which it reads what is there now.
    fn prepare(&mut self, db: &Db) -> Result<&mut DbConn, Error> {
        // Asked before the transaction begins: a commit in between is seen by it, and makes it begin once more.
        let commits = db.writer.as_ref().map_or(0, Writer::commits);
        let round = self.round;
        if round != Round::Reading(commits) {
            self.end()?;
        }
        let conn = match &mut self.conn {
            Some(conn) => conn,
            slot @ None => {
                let observer = db.options.observer.clone();
                let manager = Manager::new(db.target.clone(), Purpose::ReadRows, observer, 1);
                let conn = r2d2::ManageConnection::connect(&manager)
                    .map_err(|error| Error::unavailable(error.to_string()))?;
                slot.insert(conn)
            }
        };
        match round {
            Round::New => self.round = Round::Begun,
            Round::Reading(at) if at == commits => {}
            Round::Begun | Round::Reading(_) => {
                conn.begin_read()?;
                self.round = Round::Reading(commits);
            }
        }
        Ok(conn)
    }

    /// Ends the transaction, where one is open.
    fn end(&mut self) -> Result<(), Error> {
        if let (Round::Reading(_), Some(conn)) = (self.round, &mut self.conn) {
            self.round = Round::Begun;
            conn.rollback()?;
        }
        Ok(())
    }
}
