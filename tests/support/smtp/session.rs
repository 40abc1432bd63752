//! One connection to the mail server, from its greeting to its end.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::Ordering;
use std::time::Duration;

use openssl::base64;

use super::tls::Wire;
use super::{Auth, Conversation, Delivery, Fault, Pipelining, Shared, Stage, Tls};

const FOR_NOBODY: &str = "554 5.5.1 no valid recipients";

pub(super) struct Session {
    wire: BufReader<Wire>,
    /// The same connection below TLS, for breaking it off.
    tcp: TcpStream,
    shared: Shared,
    said: Conversation,
    /// Whether the sender was taken.
    begun: bool,
    user: Option<String>,
}

impl Session {
    pub(super) fn run(tcp: TcpStream, shared: Shared) {
        let below = tcp.try_clone().unwrap();
        let wire = match &shared.manners.tls {
            Tls::Implicit(identity) => match identity.accept(tcp) {
                Some(wire) => wire,
                None => return,
            },
            _ => Wire::Plain(tcp),
        };
        Session {
            wire: BufReader::new(wire),
            tcp: below,
            shared,
            said: Conversation::default(),
            begun: false,
            user: None,
        }
        .converse();
    }

    fn converse(mut self) {
        if !self.answer(Stage::Connect, "220 test ESMTP") {
            return;
        }
        while let Some(line) = self.hear() {
            self.shared.heard.lock().unwrap().push(line.clone());
            let words: Vec<_> = line.split([' ', ':']).collect();
            let goes_on = match words[0] {
                "STARTTLS" => self.start_tls(),
                "EHLO" => self.greet(),
                "AUTH" => self.log_in(&words),
                "MAIL" if self.shared.manners.auth.is_some() && self.user.is_none() => {
                    self.say("530 5.7.0 log in first")
                }
                "MAIL" => self.sender(&line),
                "RCPT" | "DATA" if !self.begun => self.say("503 5.5.1 MAIL first"),
                "RCPT" => self.recipient(&line),
                "DATA" => match self.fault(Stage::Data) {
                    None if self.said.to.is_empty() && !self.is_late() => self.say(FOR_NOBODY),
                    None => self.say("354 go on") && self.data(),
                    fault => self.outcome(fault, ""),
                },
                "RSET" => self.answer(Stage::Reset, "250 OK"),
                "NOOP" => self.say("250 OK"),
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

    fn greet(&mut self) -> bool {
        let mut lines = vec!["test".to_owned(), "8BITMIME".to_owned()];
        if self.shared.manners.pipelining != Pipelining::None {
            lines.push("PIPELINING".to_owned());
        }
        if matches!(self.shared.manners.tls, Tls::Offered(_)) && !self.is_encrypted() {
            lines.push("STARTTLS".to_owned());
        }
        if let Some(Auth { mechanism, .. }) = self.shared.manners.auth {
            lines.push(format!("AUTH {mechanism}"));
        }
        let last = lines.len() - 1;
        let said = lines.iter().enumerate().map(|(place, line)| match place {
            place if place == last => format!("250 {line}"),
            _ => format!("250-{line}\r\n"),
        });
        self.say(&said.collect::<String>())
    }

    fn start_tls(&mut self) -> bool {
        let Tls::Offered(identity) = self.shared.manners.tls.clone() else {
            return self.say("502 no");
        };
        if !self.say("220 go ahead") {
            return false;
        }
        let Some(wire) = identity.accept(self.tcp.try_clone().unwrap()) else {
            return false;
        };
        self.wire = BufReader::new(wire);
        true
    }

    fn is_late(&self) -> bool {
        self.shared.manners.pipelining == Pipelining::Late
    }

    fn is_encrypted(&self) -> bool {
        matches!(self.wire.get_ref(), Wire::Encrypted(_))
    }

    fn log_in(&mut self, words: &[&str]) -> bool {
        let Some(auth) = self.shared.manners.auth else {
            return self.say("502 no");
        };
        let given = match words {
            [_, "PLAIN", response] => {
                let decoded = decode(response);
                let mut parts = decoded.split('\0').skip(1).map(str::to_owned);
                (parts.next(), parts.next())
            }
            [_, "LOGIN"] => (self.challenge("Username:"), self.challenge("Password:")),
            _ => (None, None),
        };
        let expected = (Some(auth.user.to_owned()), Some(auth.password.to_owned()));
        if given != expected || words[1] != auth.mechanism {
            return self.say("535 5.7.8 no");
        }
        self.user = given.0;
        self.say("235 welcome")
    }

    fn challenge(&mut self, name: &str) -> Option<String> {
        let asked = self.say(&format!("334 {}", base64::encode_block(name.as_bytes())));
        let answer = self.hear().filter(|_| asked)?;
        Some(decode(&answer))
    }

    fn sender(&mut self, line: &str) -> bool {
        self.said = Conversation {
            from: path(line),
            ..Conversation::default()
        };
        let fault = self.fault(Stage::Mail);
        self.begun = fault.is_none();
        self.outcome(fault, "250 OK")
    }

    fn recipient(&mut self, line: &str) -> bool {
        self.said.to.push(path(line));
        let fault = self.fault(Stage::Rcpt);
        if fault.is_some() {
            self.said.to.pop();
        }
        self.outcome(fault, "250 OK")
    }

    fn data(&mut self) -> bool {
        let mut line = String::new();
        while self.read_line(&mut line) > 0 && line != ".\r\n" {
            let part = line.strip_prefix('.').unwrap_or(&line);
            self.said.data.push_str(part);
            line.clear();
        }
        if line != ".\r\n" {
            // The client is gone in the middle of it.
            return false;
        }
        if self.said.to.is_empty() {
            return self.say(FOR_NOBODY);
        }
        let fault = self.fault(Stage::End);
        let delivery = Delivery {
            from: self.said.from.clone(),
            to: self.said.to.clone(),
            data: self.said.data.clone(),
            accepted: fault.is_none(),
            encrypted: self.is_encrypted(),
            user: self.user.clone().unwrap_or_default(),
        };
        self.shared.deliveries.lock().unwrap().push(delivery);
        self.outcome(fault, "250 taken")
    }

    fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        (self.read_line(&mut line) > 0).then(|| line.trim_end().to_owned())
    }

    /// Returns its length. 0: there will be no more.
    fn read_line(&mut self, line: &mut String) -> usize {
        if self.wire.buffer().is_empty() {
            self.shared.turns.fetch_add(1, Ordering::SeqCst);
        }
        self.wire.read_line(line).unwrap_or(0)
    }

    fn fault(&self, stage: Stage) -> Option<Fault> {
        // Not under the lock: it is asked by all sessions.
        let script = self.shared.script.lock().unwrap().clone();
        script(stage, &self.said)
    }

    fn answer(&mut self, stage: Stage, answer: &str) -> bool {
        let fault = self.fault(stage);
        self.outcome(fault, answer)
    }

    fn outcome(&mut self, fault: Option<Fault>, answer: &str) -> bool {
        match fault {
            None => self.say(answer),
            Some(Fault::Answer(line)) => self.say(line),
            Some(Fault::Hang) => {
                std::thread::sleep(Duration::from_secs(120));
                false
            }
            Some(Fault::Drop) => {
                let _ = self.tcp.shutdown(Shutdown::Both);
                false
            }
        }
    }

    fn say(&mut self, line: &str) -> bool {
        let wire = self.wire.get_mut();
        let written = wire.write_all(format!("{line}\r\n").as_bytes());
        written.and_then(|()| wire.flush()).is_ok()
    }
}

fn decode(text: &str) -> String {
    let bytes = base64::decode_block(text).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// What is between the angle brackets.
fn path(line: &str) -> String {
    let inner = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(path, _)| path.to_owned()).unwrap_or_default()
}
