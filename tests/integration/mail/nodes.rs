//! Several nodes, and nodes that are killed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use clogin::app::App;
use clogin::clock::Clock;
use clogin::ids::Ids;
use clogin::mail;
use serde_json::json;

use super::{app_with_url, queue_all, template};
use crate::support::database::TestDatabase;
use crate::support::process::Server;
use crate::support::smtp::{SmtpServer, Stage};
use crate::support::{NOW, config, until};

const MESSAGES: usize = 300;
/// More than one node claims at once. Both write into one SQLite file here, and wait for each other.
const SHARED: usize = 100;

/// Nodes that wait for each other: which of them have begun to send.
#[derive(Default)]
struct Meeting {
    came: Mutex<[bool; 2]>,
    changed: Condvar,
}

impl Meeting {
    /// Comes, and stays until the other has come too.
    fn come(&self, node: usize) {
        let mut came = self.came.lock().unwrap();
        came[node] = true;
        self.changed.notify_all();
        let _came = self
            .changed
            .wait_timeout_while(came, Duration::from_secs(10), |came| came.contains(&false))
            .unwrap();
    }
}

/// A mail server of one node, which takes nothing before the other node sends too.
fn server_of(node: usize, meeting: &Arc<Meeting>) -> SmtpServer {
    let meeting = Arc::clone(meeting);
    SmtpServer::failing(move |stage, _| {
        if stage == Stage::Mail {
            meeting.come(node);
        }
        None
    })
}

#[test]
fn two_nodes_send_nothing_twice() {
    let meeting = Arc::new(Meeting::default());
    let servers = [0, 1].map(|node| server_of(node, &meeting));
    let test = app_with_url(&servers[0].url());
    let mut settings = config(test.target().clone());
    settings.mail = servers[1].url().parse().unwrap();
    let clock = Clock::Manual(Arc::new(AtomicI64::new(NOW)));
    let ids = Ids::Counting(Arc::new(AtomicU64::new(5_000_000)));
    let other = Arc::new(App::new(settings, clock, ids).unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let node = {
        let other = Arc::clone(&other);
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let worker = mail::start(other);
                stopped.await.unwrap();
                worker.stop().await;
            });
        })
    };
    let templates = (0..SHARED).map(|_| template(json!({}))).collect();
    test.block_on(queue_all(&test.app, templates, test.app.clock.now()));
    other.mail.nudge();
    let mut direct = test.direct();
    until(|| direct.number("SELECT count(*) FROM emails WHERE state = 'sent'") == SHARED as i64);
    stop.send(()).unwrap();
    node.join().unwrap();
    let accepted = servers.map(|server| server.accepted());
    // Both have sent, or this proves nothing.
    assert!(accepted.iter().all(|messages| !messages.is_empty()));
    let accepted = accepted.concat();
    let sent: BTreeSet<_> = accepted
        .iter()
        .map(|message| message.header("Message-ID"))
        .collect();
    assert_eq!((accepted.len(), sent.len()), (SHARED, SHARED));
    assert_eq!(
        direct.number("SELECT count(*) FROM emails WHERE attempts <> 1"),
        0
    );
}

#[test]
fn kill_9_loses_no_message() {
    // The binary lives in its own time, and a claim of one that was killed lasts two minutes: they are set back.
    let database = TestDatabase::new();
    let server = SmtpServer::failing(|_, _| {
        std::thread::sleep(Duration::from_millis(2));
        None
    });
    let app = App::new(config(database.target.clone()), Clock::System, Ids::Random).unwrap();
    actix_web::rt::System::new().block_on(async {
        let templates = (0..MESSAGES).map(|_| template(json!({}))).collect();
        queue_all(&app, templates, app.clock.now()).await;
    });
    let url = server.url();
    let settings = [("CLOGIN_MAIL_URL", url.as_str())];
    let mut direct = crate::support::direct::Direct::open(&database.target);
    for killed_at in [20, 120] {
        let mut node = Server::start(&database.target, &settings);
        until(|| server.deliveries().len() > killed_at);
        node.kill();
        direct.execute(
            "UPDATE emails SET claimed_until = created_at WHERE claimed_until IS NOT NULL",
        );
    }
    assert!(server.deliveries().len() < MESSAGES);
    let mut node = Server::start(&database.target, &settings);
    until(|| direct.number("SELECT count(*) FROM emails WHERE state = 'sent'") == MESSAGES as i64);
    node.terminate();
    assert!(node.wait().success());
    let delivered: BTreeSet<_> = server
        .accepted()
        .iter()
        .map(|message| message.header("Message-ID"))
        .collect();
    let queued = direct.texts("SELECT message_id AS text FROM emails");
    // Not assert_eq: it would print all of them.
    assert!(delivered == queued.into_iter().collect());
    let log = node.log();
    assert!(!log.contains("ella@"), "{log}");
}
