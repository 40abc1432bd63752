//! A mail server that does what it is told: it keeps what it takes, and fails where it shall.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where something is to go wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    Connect,
    Mail,
    Rcpt,
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
    deliveries: Arc<Mutex<Vec<Delivery>>>,
    connections: Arc<AtomicUsize>,
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
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = SmtpServer {
            port: listener.local_addr().unwrap().port(),
            deliveries: Arc::default(),
            connections: Arc::default(),
            script: Arc::new(Mutex::new(Arc::new(script))),
        };
        let (deliveries, connections) = (server.deliveries.clone(), server.connections.clone());
        let script = server.script.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                connections.fetch_add(1, Ordering::SeqCst);
                let (deliveries, script) = (deliveries.clone(), script.clone());
                std::thread::spawn(move || {
                    Session {
                        stream,
                        deliveries,
                        script,
                    }
                    .run()
                });
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
        *self.script.lock().unwrap() = Arc::new(times_at(stage, fault, 1));
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.lock().unwrap().clone()
    }

    pub fn accepted(&self) -> Vec<Delivery> {
        let mut deliveries = self.deliveries();
        deliveries.retain(|delivery| delivery.accepted);
        deliveries
    }
}

struct Session {
    stream: TcpStream,
    deliveries: Arc<Mutex<Vec<Delivery>>>,
    script: Arc<Mutex<Arc<Script>>>,
}

impl Session {
    fn run(self) {
        let mut input = BufReader::new(self.stream.try_clone().unwrap());
        let mut said = Conversation::default();
        if !self.answer(Stage::Connect, &said, "220 test ESMTP") {
            return;
        }
        let mut line = String::new();
        while {
            line.clear();
            input.read_line(&mut line).is_ok_and(|length| length > 0)
        } {
            let line = line.trim_end();
            let goes_on = match line.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => self.say("250-test\r\n250 8BITMIME"),
                "MAIL" => {
                    said = Conversation {
                        from: path(line),
                        ..Conversation::default()
                    };
                    self.answer(Stage::Mail, &said, "250 OK")
                }
                "RCPT" => {
                    said.to.push(path(line));
                    let fault = self.fault(Stage::Rcpt, &said);
                    if fault.is_some() {
                        said.to.pop();
                    }
                    self.outcome(fault, "250 OK")
                }
                "DATA" => match self.fault(Stage::Data, &said) {
                    None => self.say("354 go on") && self.data(&mut input, &mut said),
                    fault => self.outcome(fault, ""),
                },
                "NOOP" | "RSET" => self.say("250 OK"),
                "QUIT" => {
                    self.say("221 bye");
                    false
                }
                _ => self.say("500 what?"),
            };
            if !goes_on {
                return;
            }
        }
    }

    fn data(&self, input: &mut impl BufRead, said: &mut Conversation) -> bool {
        let mut line = String::new();
        while input.read_line(&mut line).is_ok_and(|length| length > 0) && line != ".\r\n" {
            said.data.push_str(line.strip_prefix('.').unwrap_or(&line));
            line.clear();
        }
        if line != ".\r\n" {
            // The client is gone in the middle of it.
            return false;
        }
        let accepted = self.fault(Stage::End, said);
        self.deliveries.lock().unwrap().push(Delivery {
            from: said.from.clone(),
            to: said.to.clone(),
            data: said.data.clone(),
            accepted: accepted.is_none(),
        });
        self.outcome(accepted, "250 taken")
    }

    fn fault(&self, stage: Stage, said: &Conversation) -> Option<Fault> {
        // Not under the lock: it is asked by all sessions.
        let script = self.script.lock().unwrap().clone();
        script(stage, said)
    }

    fn answer(&self, stage: Stage, said: &Conversation, answer: &str) -> bool {
        self.outcome(self.fault(stage, said), answer)
    }

    fn outcome(&self, fault: Option<Fault>, answer: &str) -> bool {
        match fault {
            None => self.say(answer),
            Some(Fault::Answer(line)) => self.say(line),
            Some(Fault::Hang) => {
                std::thread::sleep(Duration::from_secs(120));
                false
            }
            Some(Fault::Drop) => {
                let _ = self.stream.shutdown(Shutdown::Both);
                false
            }
        }
    }

    fn say(&self, line: &str) -> bool {
        (&self.stream)
            .write_all(format!("{line}\r\n").as_bytes())
            .is_ok()
    }
}

fn times_at(
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

/// What is between the angle brackets.
fn path(line: &str) -> String {
    let inner = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(path, _)| path.to_owned()).unwrap_or_default()
}
