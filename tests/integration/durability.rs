//! `kill -9` under load: what was acknowledged is there, and of all else everything or nothing.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::client::{Answer, Client, SERVER, USERS};
use crate::support::create;
use crate::support::database::TestDatabase;
use crate::support::direct::Direct;
use crate::support::process::Server;
use crate::support::until;

const ROUNDS: usize = 5;
const CLIENTS: usize = 8;
/// The server is killed once so many calls of a round were acknowledged.
const ACKNOWLEDGED: usize = 40;

/// Username → the answer, where one came.
type Calls = BTreeMap<String, Option<String>>;

fn body(username: &str) -> Value {
    create(
        1001,
        json!({ "username": username, "first_name": username, "home_town": "Tryon" }),
    )
}

/// Every other call has an idempotency key: its own username.
fn is_keyed(username: &str) -> bool {
    username.contains("-even-")
}

fn call(client: &Client, username: &str) -> Option<Answer> {
    let mut headers = SERVER.to_vec();
    if is_keyed(username) {
        headers.push(("Idempotency-Key", username));
    }
    client
        .try_send(
            "POST",
            USERS,
            &headers,
            body(username).to_string().as_bytes(),
        )
        .ok()
}

/// Calls until the server is gone.
fn load(client: &Client, name: &str, calls: &Mutex<Calls>, acknowledged: &AtomicUsize) {
    for number in 0_u64.. {
        let kind = if number % 2 == 0 { "even" } else { "odd" };
        let username = format!("{name}-{kind}-{number}@riverside.example");
        calls.lock().unwrap().insert(username.clone(), None);
        let Some(answer) = call(client, &username) else {
            return;
        };
        assert_eq!(answer.status, 200, "{}", answer.text);
        calls.lock().unwrap().insert(username, Some(answer.text));
        acknowledged.fetch_add(1, Ordering::SeqCst);
    }
}

fn check(direct: &mut Direct, calls: &Calls, before: i64) {
    let found = direct.texts("SELECT username AS text FROM users WHERE username LIKE 'round-%'");
    for username in &found {
        assert!(calls.contains_key(username), "nobody asked for {username}");
    }
    for (username, answer) in calls {
        assert!(
            answer.is_none() || found.contains(username),
            "{username} is lost"
        );
    }
    let registered = direct.rows("registrations");
    assert_eq!(registered, before + i64::try_from(found.len()).unwrap());
    assert_eq!(
        direct.number("SELECT sum(users) FROM group_totals WHERE group_id <> 0"),
        registered
    );
    let halves = "SELECT count(*) FROM users u WHERE u.username LIKE 'round-%' AND NOT EXISTS \
                  (SELECT 1 FROM registrations r WHERE r.clogin_id = u.id AND r.organization_id = u.organization_id)";
    assert_eq!(direct.number(halves), 0);
    let keyed = found.iter().filter(|username| is_keyed(username)).count();
    assert_eq!(
        direct.rows("idempotency_records"),
        i64::try_from(keyed).unwrap()
    );
    assert_eq!(
        direct.number("SELECT count(*) FROM idempotency_records WHERE response IS NULL"),
        0
    );
}

#[test]
fn kill_9_under_load_loses_nothing_that_was_acknowledged() {
    let database = TestDatabase::new();
    let mut direct = Direct::open(&database.target);
    let before = direct.rows("registrations");
    let calls = Mutex::new(Calls::new());
    for round in 0..ROUNDS {
        let mut server = Server::start(&database.target, &[]);
        let acknowledged = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (calls, acknowledged) = (&calls, &acknowledged);
                let name = format!("round-{round}-{client}");
                let connection = Client::new(&server.client.base_url);
                scope.spawn(move || load(&connection, &name, calls, acknowledged));
            }
            until(|| acknowledged.load(Ordering::SeqCst) >= ACKNOWLEDGED);
            server.kill();
        });
        direct.wait_until_alone();
        check(&mut direct, &calls.lock().unwrap(), before);
    }
    // Whoever asks again, with the same key, gets what was acknowledged; and one person each.
    let server = Server::start(&database.target, &[]);
    let calls = calls.into_inner().unwrap();
    for (username, answer) in calls.iter().filter(|(username, _)| is_keyed(username)) {
        let again = call(&server.client, username).unwrap();
        assert_eq!(again.status, 200, "{}", again.text);
        if let Some(answer) = answer {
            assert_eq!(&again.text, answer);
            assert_eq!(again.header("idempotent-replayed"), Some("true"));
        }
    }
    let keyed = calls.keys().filter(|username| is_keyed(username)).count();
    assert_eq!(
        direct.rows("idempotency_records"),
        i64::try_from(keyed).unwrap()
    );
}
