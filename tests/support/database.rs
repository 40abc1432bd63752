//! A database for one test: a copy of one that was migrated and loaded once. PostgreSQL where
//! `CLOGIN_TEST_POSTGRES_URL` names a server, else SQLite; the tests are the same.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use clogin::app::App;
use clogin::clock::Clock;
use clogin::db::connection::Target;
use clogin::ids::Ids;
use clogin::project::apply::{self, ApplyOptions};
use clogin::project::check;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use tempfile::TempDir;

static SERVER: LazyLock<Option<String>> = LazyLock::new(|| {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told here where their server is"
    )]
    std::env::var("CLOGIN_TEST_POSTGRES_URL").ok()
});

/// Made once a run; its folder goes with the process.
static TEMPLATE: LazyLock<Template> = LazyLock::new(Template::make);

static COUNT: AtomicU64 = AtomicU64::new(0);

enum Template {
    Sqlite { folder: TempDir },
    Postgres { name: String },
}

pub struct TestDatabase {
    pub target: Target,
    kept: Kept,
}

/// What is there as long as the database is.
enum Kept {
    Folder(#[expect(dead_code, reason = "deleted when it is dropped")] TempDir),
    Name(String),
}

pub fn is_postgres() -> bool {
    SERVER.is_some()
}

impl TestDatabase {
    pub fn new() -> Self {
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        match &*TEMPLATE {
            Template::Sqlite { folder: template } => {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("clogin.db");
                std::fs::copy(template.path().join("clogin.db"), &file).unwrap();
                TestDatabase {
                    target: Target::Sqlite(file),
                    kept: Kept::Folder(folder),
                }
            }
            Template::Postgres { name } => {
                let copy = format!("{name}_{number}");
                on_server(&format!("CREATE DATABASE {copy} TEMPLATE {name}"));
                TestDatabase {
                    target: Target::Postgres(url(&copy)),
                    kept: Kept::Name(copy),
                }
            }
        }
    }

    /// A database that is there but has nothing in it (SQLite: a file that is not there yet).
    pub fn empty() -> Self {
        if is_postgres() {
            let number = COUNT.fetch_add(1, Ordering::SeqCst);
            let name = format!("clogin_{}_empty_{number}", std::process::id());
            on_server(&format!("CREATE DATABASE {name}"));
            return TestDatabase {
                target: Target::Postgres(url(&name)),
                kept: Kept::Name(name),
            };
        }
        let folder = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(folder.path().join("clogin.db"));
        TestDatabase {
            target,
            kept: Kept::Folder(folder),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Kept::Name(name) = &self.kept {
            on_server(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

impl Template {
    fn make() -> Self {
        if is_postgres() {
            let name = format!("clogin_{}", std::process::id());
            on_server(&format!("DROP DATABASE IF EXISTS {name}"));
            on_server(&format!("CREATE DATABASE {name}"));
            load_demo(Target::Postgres(url(&name)));
            return Template::Postgres { name };
        }
        let folder = tempfile::tempdir().unwrap();
        load_demo(Target::Sqlite(folder.path().join("clogin.db")));
        Template::Sqlite { folder }
    }
}

/// Loads what `make run` loads.
fn load_demo(target: Target) {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let files = ["demo.json", "demo-other.json"].map(|name| fixtures.join(name));
    // A runtime of its own: the test's thread may have one.
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let clock = Clock::Manual(Arc::new(AtomicI64::new(super::NOW)));
            let ids = Ids::Counting(Arc::new(AtomicU64::new(0)));
            let app = App::new(super::config(target), clock, ids).unwrap();
            let files = files.map(|file| {
                let name = file.display().to_string();
                let parsed = check::parse(&name, &std::fs::read(&file).unwrap()).unwrap();
                (name, parsed)
            });
            apply::apply(&app, files.into(), ApplyOptions::default())
                .await
                .unwrap();
        });
    })
    .join()
    .unwrap();
}

fn url(database: &str) -> String {
    let server = SERVER.as_deref().unwrap();
    let (address, _) = server.rsplit_once('/').unwrap();
    format!("{address}/{database}")
}

fn on_server(sql: &str) {
    let mut conn = PgConnection::establish(SERVER.as_deref().unwrap()).unwrap();
    conn.batch_execute(sql)
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}
