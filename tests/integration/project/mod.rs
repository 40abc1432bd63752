//! What an organization sets up: applied, exported, checked.

mod apply;
mod cart;
mod check;
mod example;
mod export;
mod meanwhile;
mod news;
mod parents;
mod payments;
mod status;
mod stock;
mod structure;
mod unreadable;

use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, Mutex};

use clogin::app::App;
use clogin::clock::Clock;
use clogin::db::connection::{Conn, DbConn};
use clogin::db::schema::{counters, group_totals};
use clogin::db::{Outcome, carts, config};
use clogin::error::Error;
use clogin::ids::{AdminId, Ids, OrganizationId};
use clogin::project::admins::{self, Revoked};
use clogin::project::apply::{Applied, ApplyError, ApplyOptions, Unnamed, apply};
use clogin::project::check as file_check;
use clogin::project::snapshot::Snapshot;
use diesel::prelude::*;
use serde_json::Value;

use crate::support::{self, TestApp, database::TestDatabase};

const DEMO: &str = include_str!("../../../fixtures/demo.json");
const OTHER: &str = include_str!("../../../fixtures/demo-other.json");
const ONE: OrganizationId = OrganizationId(1);

/// An application without a server, on an empty database.
struct Setup {
    app: App,
    runtime: actix_web::rt::SystemRunner,
    // Last: it goes when nobody uses it any more.
    database: TestDatabase,
}

impl Setup {
    fn new() -> Self {
        let runtime = actix_web::rt::System::new();
        let database = TestDatabase::empty();
        let clock = Clock::Manual(Arc::new(AtomicI64::new(support::NOW)));
        let ids = Ids::Counting(Arc::new(AtomicU64::new(1)));
        let app = App::new(support::config(database.target.clone()), clock, ids).unwrap();
        Setup {
            app,
            runtime,
            database,
        }
    }

    fn apply_with(&self, file: &Value, options: ApplyOptions) -> Result<Applied, Vec<String>> {
        let file = file_check::parse("x.json", file.to_string().as_bytes()).map_err(sentences)?;
        let files = vec![("x.json".to_owned(), file)];
        match self.runtime.block_on(apply(&self.app, files, options)) {
            Ok(applied) => Ok(applied),
            Err(ApplyError::Problems(problems)) => Err(sentences(problems)),
            Err(ApplyError::Failed(error)) => panic!("{error}"),
        }
    }

    fn apply(&self, file: &Value) -> Result<Applied, Vec<String>> {
        self.apply_with(file, ApplyOptions::default())
    }

    fn prune(&self, file: &Value) -> Result<Applied, Vec<String>> {
        let options = ApplyOptions {
            unnamed: Unnamed::Removed,
            ..ApplyOptions::default()
        };
        self.apply_with(file, options)
    }

    fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut DbConn) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.runtime.block_on(self.app.db.read(f)).unwrap()
    }

    fn write(&self, f: impl Fn(&mut Conn) -> Result<(), Error> + Send + 'static) {
        let write = self
            .app
            .db
            .write(move |conn| f(conn).map(|()| Outcome::Keep(())));
        self.runtime.block_on(write).unwrap();
    }

    fn check(&self) -> Vec<String> {
        self.runtime.block_on(disagreements(&self.app))
    }

    /// (quota, sold) of a product.
    fn stock(&self, product: i64) -> Option<(i64, i64)> {
        let stock = self.read(|conn| Ok(carts::stock_of(conn, ONE)?));
        let row = stock.iter().find(|row| row.product_id == product)?;
        Some((row.quota, row.sold))
    }

    /// The sum of the orders of a project.
    fn ordered(&self, group: i64) -> i64 {
        let rows = group_totals::table
            .filter(group_totals::group_id.eq(group))
            .select(group_totals::ordered);
        let rows: Vec<i64> = self.read(move |conn| Ok(rows.load(conn)?));
        rows.iter().sum()
    }

    /// The sum of what a project's people have paid.
    fn paid(&self, group: i64) -> i64 {
        let rows = group_totals::table
            .filter(group_totals::group_id.eq(group))
            .select(group_totals::paid);
        let rows: Vec<i64> = self.read(move |conn| Ok(rows.load(conn)?));
        rows.iter().sum()
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        let refresh = self.app.projects.refresh(&self.app.db);
        self.runtime.block_on(refresh).unwrap()
    }

    fn revoke(&self, id: AdminId) -> Revoked {
        let revoke = admins::revoke(&self.app, id);
        self.runtime.block_on(revoke).unwrap()
    }

    fn version(&self) -> i64 {
        self.read(|conn| Ok(config::organization(conn, ONE)?.unwrap().version))
    }

    fn counter(&self, name: &'static str) -> i64 {
        let counter = counters::table
            .filter(counters::name.eq(name))
            .select(counters::value);
        self.read(move |conn| Ok(counter.get_result(conn)?))
    }

    /// (is_child, excluded, users), of a project.
    fn totals(&self, group: i64) -> Vec<(bool, bool, i64)> {
        let rows = group_totals::table
            .filter(group_totals::group_id.eq(group))
            .filter(group_totals::users.ne(0))
            .order((group_totals::is_child, group_totals::excluded))
            .select((
                group_totals::is_child,
                group_totals::excluded,
                group_totals::users,
            ));
        self.read(move |conn| Ok(rows.load(conn)?))
    }
}

/// What `clogin check` says of a database, remarks included.
async fn disagreements(app: &App) -> Vec<String> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let sink: clogin::check::Sink =
        Arc::new(move |line| kept.lock().unwrap().push(line.to_owned()));
    let verified = clogin::check::check(app, None, sink).await.unwrap();
    let lines = lines.lock().unwrap().clone();
    let counts = verified.iter().map(|verified| verified.disagreements);
    let disagree = lines.iter().filter(|line| !line.starts_with('!'));
    assert_eq!(counts.sum::<u64>(), disagree.count() as u64);
    lines
}

/// Applies a file to the database of a server, as another process does it: the server sees it when it looks.
fn apply_beside(app: &TestApp, file: &Value) {
    apply_to(&app.app, file);
}

fn apply_to(app: &App, file: &Value) {
    let file = file_check::parse("x.json", file.to_string().as_bytes()).unwrap();
    let files = vec![("x.json".to_owned(), file)];
    block_on(apply(app, files, ApplyOptions::default())).unwrap();
}

fn block_on<T>(task: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(task)
}

fn sentences(problems: Vec<clogin::project::problem::Problem>) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

fn demo() -> Value {
    serde_json::from_str(DEMO).unwrap()
}

fn other() -> Value {
    serde_json::from_str(OTHER).unwrap()
}

fn nothing() -> Applied {
    Applied {
        plan: Vec::new(),
        is_changed: false,
        tokens: Vec::new(),
    }
}
