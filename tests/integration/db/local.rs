//! What a thread reads at once: on SQLite many rows in one transaction, and never an older state than somebody was told of.

use clogin::db::connection::Target;
use clogin::db::{Db, LocalConn, Outcome, users};

use super::writer::{ORGANIZATION, add_organization, block_on, insert, open};
use crate::support::database::TestDatabase;

async fn is_there(db: &Db, local: &LocalConn, username: &str) -> bool {
    let known = [username.to_owned()];
    let taken = db.read_row(local, move |conn| {
        Ok(users::taken_usernames(conn, ORGANIZATION, &known)?)
    });
    !taken.await.unwrap().is_empty()
}

#[test]
fn what_was_written_meanwhile_is_read_in_the_same_round() {
    let database = TestDatabase::empty();
    block_on(async {
        let db = open(&database, 64);
        let local = LocalConn::default();
        add_organization(&db).await;
        for name in ["a", "b", "c"] {
            // The second and the third row of a round are read in a transaction.
            for _ in 0..3 {
                assert!(!is_there(&db, &local, name).await);
            }
            // This thread stands still, and its round with it.
            std::thread::scope(|scope| {
                let write = || {
                    block_on(db.write(move |conn| insert(conn, name).map(Outcome::Keep))).unwrap();
                };
                scope.spawn(write).join().unwrap();
            });
            assert!(is_there(&db, &local, name).await, "{name}");
        }
    });
}

#[test]
fn what_was_read_holds_up_nobody_when_the_round_is_over() {
    let database = TestDatabase::empty();
    let Target::Sqlite(file) = &database.target else {
        // PostgreSQL has no journal that is emptied.
        return;
    };
    block_on(async {
        let db = open(&database, 64);
        let local = LocalConn::default();
        add_organization(&db).await;
        for _ in 0..3 {
            assert!(!is_there(&db, &local, "a").await);
        }
        // While somebody reads an older state the journal cannot be emptied.
        let erase = db.erase(|conn| insert(conn, "a").map(Outcome::Keep));
        erase.await.unwrap();
        let journal = std::fs::metadata(file.with_extension("db-wal")).unwrap();
        assert_eq!(journal.len(), 0);
        assert!(is_there(&db, &local, "a").await);
    });
}
