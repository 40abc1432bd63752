//! What only reads makes no database, and changes none.

use clogin::db::connection::{Target, migrate};

use super::{done, fixture, refused};
use crate::support::database::TestDatabase;
use crate::support::direct::Direct;
use crate::support::process;

/// Every command that reads a database and writes nothing into it, and the one that needs an e-mail to be there.
fn commands() -> Vec<Vec<String>> {
    [
        &["check"][..],
        &["export-project", "1"],
        &["apply", &fixture("demo.json"), "--dry-run"],
        &["admin", "list"],
        &["mail", "list"],
        &["mail", "show", "1"],
        &["mail", "retry", "1"],
    ]
    .iter()
    .map(|words| words.iter().map(|word| (*word).to_owned()).collect())
    .collect()
}

fn run(target: &Target, command: &[String]) -> std::process::Output {
    let words: Vec<_> = command.iter().map(String::as_str).collect();
    process::run(&process::url(target), &words)
}

#[test]
fn a_missing_database_is_refused_and_not_made() {
    let database = TestDatabase::empty();
    for command in commands() {
        let said = refused(&run(&database.target, &command));
        assert!(
            said.contains("check the URL; clogin serve"),
            "{command:?}: {said}"
        );
        if let Target::Sqlite(file) = &database.target {
            let folder = file.parent().unwrap();
            assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "{command:?}");
        }
    }
    // Nothing was done to it: it can still be made.
    migrate(&database.target).unwrap();
}

#[test]
fn a_file_with_nothing_in_it_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    // What means something in a URI is part of the name.
    let file = folder.path().join("100% #1.db");
    std::fs::write(&file, "").unwrap();
    for command in commands() {
        let said = refused(&run(&Target::Sqlite(file.clone()), &command));
        assert!(
            said.contains("nothing of clogin in it"),
            "{command:?}: {said}"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(std::fs::metadata(&file).unwrap().len(), 0, "{command:?}");
    }
}

#[test]
fn an_older_database_is_refused_and_stays_old() {
    let database = TestDatabase::empty();
    migrate(&database.target).unwrap();
    let mut direct = Direct::open(&database.target);
    direct.execute(
        "DELETE FROM __diesel_schema_migrations \
         WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
    );
    let dump = direct.dump();
    for command in commands() {
        let said = refused(&run(&database.target, &command));
        assert!(
            said.contains("made by an older clogin: clogin serve"),
            "{command:?}: {said}"
        );
    }
    assert_eq!(direct.dump(), dump);
}

#[test]
fn a_newer_database_is_refused_too() {
    let database = TestDatabase::empty();
    migrate(&database.target).unwrap();
    Direct::open(&database.target)
        .execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')");
    for command in commands() {
        let said = refused(&run(&database.target, &command));
        assert!(said.contains("newer clogin"), "{command:?}: {said}");
    }
}

#[test]
fn a_database_that_is_up_to_date_is_read() {
    let database = TestDatabase::new();
    let dump = Direct::open(&database.target).dump();
    for command in &commands()[..5] {
        done(&run(&database.target, command));
    }
    assert_eq!(Direct::open(&database.target).dump(), dump);
}

#[test]
fn a_file_that_cannot_be_applied_makes_no_database() {
    let database = TestDatabase::empty();
    let said = refused(&run(
        &database.target,
        &["apply".to_owned(), "nosuchfile.json".to_owned()],
    ));
    assert!(said.contains("nosuchfile.json: cannot be read"), "{said}");
    let said = refused(&run(&database.target, &["check".to_owned()]));
    assert!(said.contains("check the URL"), "{said}");
}

#[test]
fn an_output_that_takes_nothing_is_no_panic() {
    let database = TestDatabase::new();
    let url = process::url(&database.target);
    for command in [&["export-project", "1"][..], &["check"], &["config"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = process::clogin(&url, command)
            .stdout(writer)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
        let full = std::fs::File::create("/dev/full").unwrap();
        let output = process::clogin(&url, command)
            .stdout(full)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said.starts_with("cannot write to standard output: "),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn what_writes_makes_the_database_first() {
    let database = TestDatabase::empty();
    let said = refused(&process::run(
        &process::url(&database.target),
        &[
            "admin",
            "create",
            "--organization",
            "1",
            "--email",
            "api@camp.example",
        ],
    ));
    assert!(!said.contains("check the URL"), "{said}");
    done(&run(&database.target, &["check".to_owned()]));
}
