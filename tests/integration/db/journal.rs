//! SQLite's journal, while writers go on.

use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

use clogin::db::config::{next_version, save_organization};
use clogin::db::connection::{Manager, Purpose, Target};
use clogin::db::{Db, Outcome};
use clogin::ids::OrganizationId;
use futures_util::future::join_all;

use super::writer::{block_on, open};
use crate::support::database::TestDatabase;

const WRITERS: usize = 4;
/// Of each: ten times what fills a journal to overflowing, in all.
const WRITES: usize = 160;
/// In bytes.
const DOCUMENT: usize = 1_000_000;

/// How often the journal has begun anew: SQLite's "checkpoint sequence number", in the header of the file.
fn beginnings(journal: &Path) -> u32 {
    let mut header = [0; 16];
    let mut file = std::fs::File::open(journal).unwrap();
    file.read_exact(&mut header).unwrap();
    let [.., a, b, c, d] = header;
    u32::from_be_bytes([a, b, c, d])
}

async fn write(db: &Db, document: String) {
    let write = move |conn: &mut clogin::db::connection::Conn| {
        let version = next_version(conn)?;
        save_organization(conn, OrganizationId(1), version, &document)?;
        Ok(Outcome::Keep(()))
    };
    db.write(write).await.unwrap();
}

#[test]
fn it_begins_anew_though_writers_never_rest() {
    let database = TestDatabase::empty();
    let Target::Sqlite(file) = &database.target else {
        // PostgreSQL looks after its own.
        return;
    };
    let journal = file.with_extension("db-wal");
    block_on(async {
        let db = open(&database, 64);
        write(&db, "{}".to_owned()).await;
        let first = beginnings(&journal);
        let writers = (0..WRITERS).map(async |writer| {
            for number in 0..WRITES {
                let document = format!("{writer}-{number}");
                write(&db, document.repeat(DOCUMENT / document.len())).await;
                if beginnings(&journal) > first {
                    return true;
                }
            }
            false
        });
        assert_eq!(join_all(writers).await, [true; WRITERS]);
    });
}

#[test]
fn what_is_flushed_is_the_file_that_is_written_wherever_it_is_linked_from() {
    let database = TestDatabase::new();
    let Target::Sqlite(file) = &database.target else {
        return;
    };
    let link = file.with_file_name("link.db");
    symlink(file, &link).unwrap();
    let manager = Manager::new(Target::Sqlite(link), Purpose::WriteUnflushed, None, 1);
    let _conn = r2d2::ManageConnection::connect(&manager).unwrap();
    let flushed = manager.open_journal().unwrap().metadata().unwrap();
    let written = file.with_extension("db-wal").metadata().unwrap();
    assert_eq!(flushed.ino(), written.ino());
}
