//! Migrations: the same on both databases, run once, and never on a database that is newer than the program.

use std::collections::BTreeSet;
use std::path::Path;

use clogin::db::connection::{OpenError, Target, migrate, require_current};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

use crate::support::database::{TestDatabase, is_postgres};
use crate::support::direct::Direct;

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |database: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(database);
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name())
            .collect::<BTreeSet<_>>()
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn processes_that_start_together_migrate_once() {
    let database = TestDatabase::empty();
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| migrate(&database.target)))
            .collect();
        for start in starts {
            start.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let database = TestDatabase::empty();
    migrate(&database.target).unwrap();
    execute(
        &database.target,
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')",
    );
    let error = migrate(&database.target).unwrap_err();
    assert!(matches!(&error, OpenError::Newer { version, .. } if version == "99990101000000"));
    assert!(error.to_string().contains("newer clogin"), "{error}");
}

/// Ids that are unique in the whole database are looked for without their organization.
#[test]
fn people_and_emails_are_found_by_their_ids() {
    let database = TestDatabase::new();
    let mut direct = Direct::open(&database.target);
    for table in ["users", "emails"] {
        let parameter = if is_postgres() { "$1" } else { "?" };
        let sql = format!("SELECT organization_id FROM {table} WHERE id = {parameter}");
        let plan = direct.plan(&sql).join("\n");
        let by_id = match database.target {
            Target::Sqlite(_) => plan.contains("INTEGER PRIMARY KEY"),
            Target::Postgres(_) => plan.contains(&format!("{table}_id")),
        };
        assert!(by_id, "{plan}");
    }
}

#[test]
fn a_missing_folder_is_named_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let error = migrate(&Target::Sqlite(missing.join("clogin.db"))).unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
    assert!(!missing.exists());
}

#[test]
fn what_is_no_database_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    let text = "Dear Sir or Madam, ".repeat(100);
    std::fs::write(&file, &text).unwrap();
    let error = migrate(&Target::Sqlite(file.clone())).unwrap_err();
    assert!(error.to_string().contains("not a database"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    assert!(migrate(&Target::Sqlite(folder.path().to_path_buf())).is_err());
}

#[test]
fn an_unreachable_server_is_named_without_its_password() {
    let target = "postgres://app:s3cret@127.0.0.1:1/clogin"
        .parse::<Target>()
        .unwrap();
    let message = migrate(&target).unwrap_err().to_string();
    assert!(message.contains("127.0.0.1"), "{message}");
    assert!(!message.contains("s3cret"), "{message}");
}

#[test]
fn a_url_that_is_not_understood_is_not_quoted() {
    for url in [
        "postgres://app:s3c%ret@127.0.0.1:1/clogin",
        "postgres://app:s3cret",
        "postgres://127.0.0.1:1/clogin?user=a&%70assword=s3c%ret",
    ] {
        let target = url.parse::<Target>().unwrap();
        for message in [
            migrate(&target).unwrap_err().to_string(),
            require_current(&target).unwrap_err().to_string(),
        ] {
            assert!(!message.contains("s3c"), "{message}");
            assert!(message.contains("is not understood"), "{message}");
        }
    }
}

fn execute(target: &Target, sql: &str) {
    match target {
        Target::Sqlite(path) => {
            let path = path.to_str().unwrap();
            SqliteConnection::establish(path)
                .unwrap()
                .batch_execute(sql)
                .unwrap();
        }
        Target::Postgres(url) => PgConnection::establish(url)
            .unwrap()
            .batch_execute(sql)
            .unwrap(),
    }
}
