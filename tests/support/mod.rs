//! The real application, on a real database of its own, for one test: its users are HTTP clients.

pub mod client;
pub mod database;
pub mod described;
pub mod direct;
pub mod dns;
pub mod process;
pub mod smtp;

use std::net::TcpListener;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use clogin::app::App;
use clogin::clock::Clock;
use clogin::config::Config;
use clogin::db::connection::Target;
use clogin::ids::Ids;
use clogin::mail::{self, MailTarget};
use clogin::project::follow;

use self::client::{Answer, Client};
use self::database::TestDatabase;
use self::direct::Direct;

/// 2027-01-05T09:00:00Z: the time at which tests begin, in milliseconds.
pub const NOW: i64 = 1_799_139_600_000;

/// Ids in tests count from here; those of the demo data are below it.
const FIRST_ID: u64 = 1_000_000;

pub struct TestApp {
    pub app: Arc<App>,
    pub client: Client,
    pub clock: Arc<AtomicI64>,
    /// Every SQL statement since the application began.
    pub statements: Arc<Mutex<Vec<String>>>,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
    // Last: it goes when nobody uses it any more.
    database: TestDatabase,
}

impl TestApp {
    /// An application with the demo data of `fixtures/`.
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::new();
        let statements = Arc::new(Mutex::new(Vec::new()));
        let mut config = config(database.target.clone());
        let record = Arc::clone(&statements);
        config.observer = Some(Arc::new(move |sql| {
            record.lock().unwrap().push(sql.to_owned())
        }));
        configure(&mut config);
        let clock = Arc::new(AtomicI64::new(NOW));
        let ids = Ids::Counting(Arc::new(AtomicU64::new(FIRST_ID)));
        let app = Arc::new(App::new(config, Clock::Manual(Arc::clone(&clock)), ids).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = Client::new(&format!("http://{}", listener.local_addr().unwrap()));
        let (server, thread) = serve(Arc::clone(&app), listener);
        TestApp {
            app,
            client,
            clock,
            statements,
            server,
            thread: Some(thread),
            database,
        }
    }

    /// Posts a body to the users' endpoint as the demo organization's server.
    pub fn post(&self, body: serde_json::Value) -> Answer {
        self.client.users(body)
    }

    /// The database, past the application.
    pub fn direct(&self) -> Direct {
        Direct::open(&self.database.target)
    }

    pub fn target(&self) -> &Target {
        &self.database.target
    }

    /// Runs what the library offers beside HTTP.
    pub fn block_on<T>(&self, task: impl Future<Output = T>) -> T {
        actix_web::rt::System::new().block_on(task)
    }

    pub fn advance_seconds(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// The SQL statements that `f` causes, those around transactions left out, what SQLite answers without looking into the
    /// database, and the look for changed projects, which also comes twice a second by itself.
    pub fn statements_of(&self, f: impl FnOnce()) -> Vec<String> {
        self.statements.lock().unwrap().clear();
        f();
        let control = [
            "BEGIN",
            "COMMIT",
            "ROLLBACK",
            "SAVEPOINT",
            "RELEASE",
            "SELECT last_insert_rowid()",
        ];
        let mut statements = self.statements.lock().unwrap().clone();
        statements.retain(|sql| !control.iter().any(|word| sql.starts_with(word)));
        // The mail worker's, which looks into the outbox all the time.
        statements.retain(|sql| !sql.contains("claimed_until"));
        statements.retain(|sql| {
            !sql.contains("FROM `organizations`") && !sql.contains(r#"FROM "organizations""#)
        });
        statements
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The command is sent by the call; nobody has to wait for the answer, the thread is joined.
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            // A test that fails already says why.
            if let Err(panic) = ended
                && !std::thread::panicking()
            {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// The settings of tests: small pools, one worker.
pub fn config(database: Target) -> Config {
    Config {
        database,
        listen: ([127, 0, 0, 1], 0).into(),
        log: "off".to_owned(),
        mail: MailTarget::Memory,
        workers: 1,
        pool_size: 8,
        queue_size: 1_024,
        hashing_threads: 2,
        hashing_queue: 64,
        event_buffer: 10_000,
        dns_server: None,
        require_timestamp: false,
        observer: None,
    }
}

fn serve(app: Arc<App>, listener: TcpListener) -> (ServerHandle, JoinHandle<()>) {
    let (send, receive) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            app.projects.refresh(&app.db).await.unwrap();
            let follower = follow::start(Arc::clone(&app));
            let worker = mail::start(Arc::clone(&app));
            let server = clogin::http::start(&app, listener).unwrap();
            send.send(server.handle()).unwrap();
            server.await.unwrap();
            follower.stop().await;
            worker.stop().await;
        });
    });
    (receive.recv().unwrap(), thread)
}

/// Waits for what comes by itself, for at most ten seconds.
pub fn until(mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(10), "it did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A call of `create` in a project.
pub fn create(group: i64, doc: serde_json::Value) -> serde_json::Value {
    serde_json::json!({ "action": "create", "group_id": group, "doc": doc })
}

/// A call of `get_info` in a project.
pub fn get_info(group: i64, clogin: &str, doc: serde_json::Value) -> serde_json::Value {
    serde_json::json!({ "action": "get_info", "group_id": group, "clogin_id": clogin, "doc": doc })
}

/// The whole body of a failure without a user; the request's id is not compared.
pub fn failure(answer: &Answer, code: &str, msg: &str, errors: serde_json::Value) {
    let request_id = answer.header("x-request-id").unwrap_or_default();
    let expected = serde_json::json!({
        "success": false, "msg": msg, "msg_type": "error", "code": code, "errors": errors,
        "request_id": request_id, "user_info": null, "meta_info": null,
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
}
