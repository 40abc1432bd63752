//! `Db::write`: what was acknowledged is there, and nothing else, whatever else happened at the same time.

use std::collections::BTreeSet;
use std::sync::Arc;

use clogin::clock::Timestamp;
use clogin::db::config::{next_version, save_organization};
use clogin::db::connection::Conn;
use clogin::db::{Db, Options, Outcome, users};
use clogin::error::{Error, ErrorCode};
use clogin::ids::OrganizationId;
use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use proptest::prelude::*;

use crate::support::database::{TestDatabase, is_postgres};

pub(super) const ORGANIZATION: OrganizationId = OrganizationId(1);

/// What a write does after it has inserted its row.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Keep,
    Undo,
    Refuse,
    /// Fails in a statement, as SQL.
    Clash,
    /// Fails in a transaction of its own.
    FailNested,
    Panic,
    /// The whole transaction is given up under it, as SQLite does by itself when the disk is full. SQLite only: on
    /// PostgreSQL no two calls share one.
    LoseTransaction,
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        4 => Just(Ending::Keep),
        1 => Just(Ending::Undo),
        1 => Just(Ending::Refuse),
        1 => Just(Ending::Clash),
        1 => Just(Ending::FailNested),
        1 => Just(Ending::Panic),
        1 => Just(if is_postgres() { Ending::Panic } else { Ending::LoseTransaction }),
    ]
}

pub(super) fn insert(conn: &mut Conn, username: &str) -> Result<(), Error> {
    let now = Timestamp::default();
    let user = users::NewUser {
        organization_id: ORGANIZATION.0,
        uuid: username.to_owned(),
        username: Some(username.to_owned()),
        username_key: Some(username.to_owned()),
        password_hash: None,
        first_name: String::new(),
        last_name: String::new(),
        org_name: String::new(),
        main_email: None,
        email_key: None,
        locale: "en".to_owned(),
        created_at: now,
        updated_at: now,
    };
    users::insert(conn, &user)?;
    Ok(())
}

fn write(conn: &mut Conn, username: &str, ending: Ending) -> Result<Outcome<()>, Error> {
    insert(conn, username)?;
    match ending {
        Ending::Keep => Ok(Outcome::Keep(())),
        Ending::Undo => Ok(Outcome::Undo(())),
        Ending::Refuse => Err(Error::user_not_found()),
        Ending::Clash => insert(conn, username).map(Outcome::Keep),
        Ending::FailNested => {
            use diesel::Connection;
            let inner: &mut clogin::db::connection::DbConn = conn;
            inner
                .transaction::<_, Error, _>(|_| Err(Error::user_not_found()))
                .map(Outcome::Keep)
        }
        Ending::Panic => panic!("on purpose"),
        Ending::LoseTransaction => {
            conn.batch_execute("ROLLBACK")?;
            Ok(Outcome::Keep(()))
        }
    }
}

pub(super) fn open(database: &TestDatabase, queue_size: usize) -> Db {
    let options = Options {
        pool_size: 8,
        queue_size,
        observer: None,
    };
    Db::open(database.target.clone(), options).unwrap()
}

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(future)
}

pub(super) async fn add_organization(db: &Db) {
    db.write(|conn| {
        let version = next_version(conn)?;
        save_organization(conn, ORGANIZATION, version, "{}")?;
        Ok(Outcome::Keep(()))
    })
    .await
    .unwrap();
}

async fn usernames(db: &Db, known: Vec<String>) -> BTreeSet<String> {
    db.read(move |conn| Ok(users::taken_usernames(conn, ORGANIZATION, &known)?))
        .await
        .unwrap()
        .into_iter()
        .collect()
}

/// Panics on purpose are not printed; all others are.
fn silence_panics_on_purpose() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<&str>() != Some(&"on purpose") {
                print(info);
            }
        }));
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_the_acknowledged_writes_are_there(endings in proptest::collection::vec(ending(), 1..200)) {
        silence_panics_on_purpose();
        let database = TestDatabase::empty();
        let all: Vec<_> = (0..endings.len()).map(|number| format!("user-{number}")).collect();
        let kept = |(name, ending): (&String, &Ending)| (*ending == Ending::Keep).then(|| name.clone());
        let expected: BTreeSet<_> = all.iter().zip(&endings).filter_map(kept).collect();
        let (acknowledged, found) = block_on(async {
            let db = open(&database, 1_024);
            add_organization(&db).await;
            let writes = all.iter().zip(&endings).map(|(name, ending)| {
                let (name, ending) = (name.clone(), *ending);
                db.write(move |conn| write(conn, &name, ending))
            });
            let answers = join_all(writes).await;
            let answered = all.iter().zip(&endings).zip(answers);
            let acknowledged: BTreeSet<_> = answered
                .filter(|((_, ending), answer)| answer.is_ok() && **ending != Ending::Undo)
                .map(|((name, _), _)| name.clone())
                .collect();
            (acknowledged, usernames(&db, all.clone()).await)
        });
        prop_assert_eq!(&found, &acknowledged);
        if endings.contains(&Ending::LoseTransaction) {
            prop_assert!(found.is_subset(&expected));
        } else {
            prop_assert_eq!(&found, &expected);
        }
    }
}

#[test]
fn each_failure_is_answered_as_what_it_is() {
    silence_panics_on_purpose();
    let database = TestDatabase::empty();
    block_on(async {
        let db = open(&database, 1_024);
        add_organization(&db).await;
        for (ending, code) in [
            (Ending::Refuse, ErrorCode::UserNotFound),
            (Ending::FailNested, ErrorCode::UserNotFound),
            (Ending::Clash, ErrorCode::Internal),
            (Ending::Panic, ErrorCode::Internal),
        ] {
            let error = db
                .write(move |conn| write(conn, "one", ending))
                .await
                .unwrap_err();
            assert_eq!(error.code(), code, "{ending:?}");
        }
        db.write(|conn| write(conn, "one", Ending::Keep))
            .await
            .unwrap();
    });
}

#[test]
fn a_full_queue_is_answered_503_and_nothing_is_lost_or_kept_by_half() {
    let database = TestDatabase::empty();
    block_on(async {
        let db = Arc::new(open(&database, 4));
        add_organization(&db).await;
        let all: Vec<_> = (0..200).map(|number| format!("user-{number}")).collect();
        let writes = all.iter().map(|name| {
            let name = name.clone();
            db.write(move |conn| write(conn, &name, Ending::Keep))
        });
        let answers = join_all(writes).await;
        let mut expected = BTreeSet::new();
        for (name, answer) in all.iter().zip(answers) {
            match answer {
                Ok(()) => _ = expected.insert(name.clone()),
                Err(error) => assert_eq!(error.code(), ErrorCode::Unavailable),
            }
        }
        assert!(
            !expected.is_empty() && expected.len() < all.len(),
            "{} of 200",
            expected.len()
        );
        assert_eq!(usernames(&db, all).await, expected);
    });
}
