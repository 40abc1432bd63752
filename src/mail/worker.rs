//! Sends what is in the outbox: claims what is due, sends a few at a time, notes what became of each, several at once.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::attempt::Attempt;
use super::transport::{Refused, SendError};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Outcome;
use crate::db::outbox::{self, Attempted, ClaimedMessage};
use crate::error::Error;
use crate::worker::Worker;

/// How long a claim keeps other nodes away. Longer than a message waits here and is being sent.
const CLAIM: TimeDelta = TimeDelta::seconds(120);
/// A message that has waited here longer is left to whoever claims it next: its claim could end while it is sent.
const MAX_WAIT: Duration = Duration::from_secs(20);
/// Messages that are sent at the same time.
const AT_ONCE: usize = 8;
/// So many begin together: what wakes up for one and finds others ready costs the calls less than a thread that wakes up for
/// each.
const TOGETHER: usize = 4;
/// Between the beginnings of [`TOGETHER`]: 210 messages a second are more than most mail servers take, and calls hardly feel
/// them.
const PACE: Duration = Duration::from_millis(19);
/// Messages that one query claims.
const CLAIMED_AT_ONCE: i64 = 32;
/// After another node was faster: it has claimed what was found, and looks for the next in the meantime.
const CONTENTION: Duration = Duration::from_millis(10);
/// Other processes do not nudge, and time passes.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// What is being sent at the end may take this long; then it is left to the next start.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(15);
/// What became of a message waits so long for others, [`AT_ONCE`] at most, to be noted with them: a commit for each would
/// keep the database from the calls.
const GATHERING: Duration = Duration::from_millis(20);
/// How often it is tried to note what became of a message.
const NOTE_ATTEMPTS: u32 = 5;

/// Sends until it is stopped; then it begins nothing any more, and what is being sent is waited for.
pub fn start(app: Arc<App>) -> Worker {
    Worker::start("mail worker", app, run)
}

/// What is claimed and not begun.
#[derive(Default)]
struct Claimed {
    rows: VecDeque<ClaimedMessage>,
    at: Option<tokio::time::Instant>,
    /// Whether anything was due, even if another node was faster.
    found: bool,
}

impl Claimed {
    /// The next one, while the claim is young.
    fn next(&mut self) -> Option<ClaimedMessage> {
        if self.at.is_some_and(|at| at.elapsed() > MAX_WAIT) {
            self.rows.clear();
        }
        self.rows.pop_front()
    }
}

async fn run(app: Arc<App>, mut stopped: oneshot::Receiver<()>) {
    let mut claimed = Claimed::default();
    let (tried, to_note) = mpsc::channel(AT_ONCE);
    let noting = tokio::spawn(note_all(Arc::clone(&app), to_note));
    let mut sending = JoinSet::new();
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut may_be_more = true;
    loop {
        if claimed.rows.is_empty() && may_be_more && sending.len() < AT_ONCE {
            claimed = claim_or_log(&app).await;
            may_be_more = claimed.found;
        }
        if sending.is_empty() && claimed.rows.is_empty() {
            app.mail.transport.rest();
        }
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            Some(_) = sending.join_next(), if !sending.is_empty() => {}
            _ = pace.tick(), if sending.len() < AT_ONCE && !claimed.rows.is_empty() => {
                let room = TOGETHER.min(AT_ONCE - sending.len());
                for message in std::iter::from_fn(|| claimed.next()).take(room) {
                    sending.spawn(send(Arc::clone(&app), message, tried.clone()));
                }
            }
            // Without it a node that sends nothing and was not fast enough would wait for its end only.
            () = sleep(CONTENTION), if may_be_more && claimed.rows.is_empty() && sending.is_empty() => {}
            () = app.mail.nudged(), if !may_be_more => may_be_more = true,
            () = sleep(POLL_INTERVAL), if !may_be_more => may_be_more = true,
        }
    }
    release(&app, claimed.rows.into()).await;
    drop(tried);
    let finish = async {
        while sending.join_next().await.is_some() {}
        noting.await
    };
    if timeout(SHUTDOWN_LIMIT, finish).await.is_err() {
        log::warn!("the mail server is slow: what is being sent is left to the next start");
    }
}

async fn claim_or_log(app: &App) -> Claimed {
    claim(app).await.unwrap_or_else(|error| {
        log::warn!("cannot look into the outbox: {error}");
        Claimed::default()
    })
}

async fn claim(app: &App) -> Result<Claimed, Error> {
    let (now, at) = (app.clock.now(), Some(tokio::time::Instant::now()));
    let due = app
        .db
        .read(move |conn| Ok(outbox::due(conn, now, CLAIMED_AT_ONCE)?))
        .await?;
    if due.is_empty() {
        return Ok(Claimed::default());
    }
    let claim = move |conn: &mut crate::db::connection::Conn| {
        let rows = outbox::claim(conn, &due, now, now + CLAIM)?;
        Ok(Outcome::Keep(rows))
    };
    let rows = app.db.write(claim).await?.into();
    Ok(Claimed {
        rows,
        at,
        found: true,
    })
}

async fn release(app: &App, rows: Vec<ClaimedMessage>) {
    let Some(until) = rows.first().and_then(|row| row.claimed_until) else {
        return;
    };
    let release = move |conn: &mut crate::db::connection::Conn| {
        outbox::release(conn, &rows, until)?;
        Ok(Outcome::Keep(()))
    };
    if let Err(error) = app.db.write(release).await {
        // They are claimed again when this claim has ended.
        log::warn!("cannot give claimed e-mails back: {error}");
    }
}

/// A message that was sent, or not, and how it went.
struct Tried {
    message: ClaimedMessage,
    result: Result<Vec<Refused>, SendError>,
}

async fn send(app: Arc<App>, message: ClaimedMessage, tried: mpsc::Sender<Tried>) {
    let sending = AssertUnwindSafe(app.mail.transport.send(&message)).catch_unwind();
    let result = sending
        .await
        .unwrap_or_else(|_| Err(SendError::Temporary("a panic while sending".to_owned())));
    // Whoever notes goes on for as long as anybody sends.
    let _ = tried.send(Tried { message, result }).await;
}

async fn note_all(app: Arc<App>, mut tried: mpsc::Receiver<Tried>) {
    let mut some = Vec::new();
    while tried.recv_many(&mut some, AT_ONCE).await > 0 {
        let more = async {
            while some.len() < AT_ONCE {
                let room = AT_ONCE - some.len();
                if tried.recv_many(&mut some, room).await == 0 {
                    break;
                }
            }
        };
        // What has come by then is enough.
        let _ = timeout(GATHERING, more).await;
        let now = app.clock.now();
        let note_of = |tried| Note::new(&app, tried, now);
        let notes: Vec<_> = some.drain(..).map(note_of).collect();
        if note(&app, &notes).await.is_err() {
            // One that cannot be noted holds up no other.
            for one in notes {
                note_alone(&app, one).await;
            }
        }
    }
}

/// What is to be noted of a message.
#[derive(Clone)]
struct Note {
    message: ClaimedMessage,
    is_taken: bool,
    attempted: Attempted,
}

impl Note {
    fn new(app: &App, tried: Tried, now: Timestamp) -> Self {
        let Tried { message, result } = tried;
        let attempt = Attempt {
            message: &message,
            result: &result,
        };
        let attempted = attempt.outcome(now, app.ids.bytes::<1>()[0]);
        if attempted.last_error.is_some() {
            // Not the reason: servers say more than a log should hold.
            let (id, state, attempts) = (message.id, attempted.state, attempted.attempts);
            log::warn!(id = id, state = state, attempts = attempts; "e-mail");
        }
        Note {
            is_taken: attempt.is_taken(),
            attempted,
            message,
        }
    }
}

async fn note_alone(app: &App, note_of_one: Note) {
    let id = note_of_one.message.id;
    let notes = [note_of_one];
    let mut attempt = 1;
    while let Err(error) = note(app, &notes).await {
        if attempt == NOTE_ATTEMPTS {
            // Sent again when the claim has ended: its Message-ID tells that it is the same.
            log::error!(id = id; "cannot note what became of an e-mail: {error}");
            return;
        }
        attempt += 1;
        sleep(Duration::from_secs(1)).await;
    }
}

async fn note(app: &App, notes: &[Note]) -> Result<(), Error> {
    let notes = notes.to_vec();
    let write = move |conn: &mut crate::db::connection::Conn| {
        let (taken, refused): (Vec<_>, Vec<_>) = notes.iter().partition(|note| note.is_taken);
        // Nearly all went alike.
        for alike in taken.chunk_by(|one, next| one.attempted == next.attempted) {
            let ids: Vec<_> = alike.iter().map(|note| note.message.id).collect();
            outbox::note_sent(conn, &ids, &alike[0].attempted)?;
        }
        for note in refused {
            outbox::note_failed(conn, &note.message, &note.attempted)?;
        }
        Ok(Outcome::Keep(()))
    };
    app.db.write(write).await
}
