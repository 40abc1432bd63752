//! A mail server that does what it is told: it keeps what it takes, and fails where it shall.

mod session;
pub mod tls;

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use self::session::Session;
use self::tls::Identity;

/// Where something is to go wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    Connect,
    Mail,
    Rcpt,
    Reset,
    Data,
    /// After the whole message.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// Instead of the answer: this line.
    Answer(&'static str),
    /// No answer at all, for a long time.
    Hang,
    /// The connection is closed.
    Drop,
}

/// What a client delivered, or tried to.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub from: String,
    pub to: Vec<String>,
    pub data: String,
    /// Whether the server said so.
    pub accepted: bool,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// Who had logged in.
    pub user: String,
}

/// How a server wants to be spoken to.
#[derive(Clone, Default)]
pub struct Manners {
    pub tls: Tls,
    pub auth: Option<Auth>,
    pub pipelining: Pipelining,
}

/// Whether it takes further commands before it has answered the first, as nearly all servers do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Pipelining {
    None,
    #[default]
    Offered,
    /// A message that is for nobody is refused at its end, and not at DATA.
    Late,
}

impl Pipelining {
    pub const ALL: [Self; 3] = [Self::None, Self::Offered, Self::Late];
}

#[derive(Clone, Default)]
pub enum Tls {
    #[default]
    None,
    /// After STARTTLS, if the client wants it.
    Offered(Arc<Identity>),
    /// From the first byte.
    Implicit(Arc<Identity>),
}

/// Nobody sends who has not logged in.
#[derive(Clone, Copy)]
pub struct Auth {
    /// `PLAIN` or `LOGIN`.
    pub mechanism: &'static str,
    pub user: &'static str,
    pub password: &'static str,
}

impl Delivery {
    /// The value of a header, unfolded; "" where it is not there.
    pub fn header(&self, name: &str) -> String {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ");
        let line = unfolded.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        });
        line.unwrap_or_default()
    }
}

type Script = dyn Fn(Stage, &Conversation) -> Option<Fault> + Send + Sync;

/// What is known of the message at a stage.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    pub to: Vec<String>,
    pub from: String,
    pub data: String,
}

pub struct SmtpServer {
    port: u16,
    connections: Arc<AtomicUsize>,
    shared: Shared,
}

impl From<Pipelining> for Manners {
    fn from(pipelining: Pipelining) -> Self {
        Manners {
            pipelining,
            ..Manners::default()
        }
    }
}

/// What all sessions of a server share.
#[derive(Clone)]
struct Shared {
    manners: Manners,
    deliveries: Arc<Mutex<Vec<Delivery>>>,
    /// What clients have said, but for the messages.
    heard: Arc<Mutex<Vec<String>>>,
    /// How often it had answered all that it knew of, and waited for more.
    turns: Arc<AtomicUsize>,
    script: Arc<Mutex<Arc<Script>>>,
}

impl SmtpServer {
    /// Takes everything.
    pub fn start() -> Self {
        Self::failing(|_, _| None)
    }

    /// Asks `script` at every stage what shall go wrong.
    pub fn failing(
        script: impl Fn(Stage, &Conversation) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        Self::failing_with(Manners::default(), script)
    }

    /// Takes everything that is said to it in the right way.
    pub fn with(manners: Manners) -> Self {
        Self::failing_with(manners, |_, _| None)
    }

    pub fn failing_with(
        manners: impl Into<Manners>,
        script: impl Fn(Stage, &Conversation) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = SmtpServer {
            port: listener.local_addr().unwrap().port(),
            connections: Arc::default(),
            shared: Shared {
                manners: manners.into(),
                deliveries: Arc::default(),
                heard: Arc::default(),
                turns: Arc::default(),
                script: Arc::new(Mutex::new(Arc::new(script))),
            },
        };
        let (shared, connections) = (server.shared.clone(), server.connections.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                connections.fetch_add(1, Ordering::SeqCst);
                let shared = shared.clone();
                std::thread::spawn(move || Session::run(stream, shared));
            }
        });
        server
    }

    /// Fails so often at a stage, then takes everything.
    pub fn failing_times(stage: Stage, fault: Fault, times: usize) -> Self {
        Self::failing(times_at(stage, fault, times))
    }

    /// From now on.
    pub fn fails_once(&self, stage: Stage, fault: Fault) {
        *self.shared.script.lock().unwrap() = Arc::new(times_at(stage, fault, 1));
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn heard(&self) -> Vec<String> {
        self.shared.heard.lock().unwrap().clone()
    }

    pub fn turns(&self) -> usize {
        self.shared.turns.load(Ordering::SeqCst)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.deliveries.lock().unwrap().clone()
    }

    pub fn accepted(&self) -> Vec<Delivery> {
        let mut deliveries = self.deliveries();
        deliveries.retain(|delivery| delivery.accepted);
        deliveries
    }
}

/// A script that fails so often at a stage.
pub fn times_at(
    stage: Stage,
    fault: Fault,
    times: usize,
) -> impl Fn(Stage, &Conversation) -> Option<Fault> {
    let left = AtomicUsize::new(times);
    move |at, _| {
        let take = |left: usize| left.checked_sub(1);
        let fails = at == stage
            && left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                .is_ok();
        fails.then_some(fault)
    }
}
