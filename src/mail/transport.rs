//! The ways that a message can go.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use lettre::Address;

use super::message;
use super::smtp::Smtp;
use super::target::MailTarget;
use crate::db::outbox::ClaimedMessage;

/// Of the messages that are kept in memory, the last ones.
const MAX_KEPT: usize = 10_000;
/// In characters.
const MAX_REASON_LENGTH: usize = 500;

pub enum Transport {
    Smtp(Box<Smtp>),
    Dir(std::path::PathBuf),
    Memory(Mutex<VecDeque<SentMessage>>),
    Log,
}

/// A message that went into memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    pub id: i64,
    pub message_id: String,
    /// Whom it goes to, hidden ones included.
    pub recipients: Vec<String>,
    /// Headers and body, as a server gets them.
    pub text: String,
}

/// Why a message did not go out: a sentence without addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// Another attempt may succeed.
    Temporary(String),
    /// No attempt will.
    Permanent(String),
}

/// A recipient whom a server did not take, though it may have taken others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub address: Address,
    pub error: SendError,
}

impl SendError {
    pub fn is_temporary(&self) -> bool {
        matches!(self, SendError::Temporary(_))
    }

    pub fn reason(&self) -> String {
        let (SendError::Temporary(reason) | SendError::Permanent(reason)) = self;
        without_addresses(reason)
    }
}

impl Transport {
    pub fn new(target: &MailTarget) -> Self {
        match target {
            MailTarget::Smtp(server) => Transport::Smtp(Box::new(Smtp::new(server.clone()))),
            MailTarget::Dir(path) => Transport::Dir(path.clone()),
            MailTarget::Memory => Transport::Memory(Mutex::default()),
            MailTarget::Log => Transport::Log,
        }
    }

    /// Sends a message, and returns the recipients who were refused.
    ///
    /// # Errors
    ///
    /// Why it did not go out.
    pub async fn send(&self, row: &ClaimedMessage) -> Result<Vec<Refused>, SendError> {
        let message = message::build(row).map_err(SendError::Permanent)?;
        match self {
            Transport::Smtp(smtp) => {
                return smtp.send(&message, &message::recipients(row)).await;
            }
            Transport::Dir(folder) => {
                let (folder, name) = (folder.clone(), message::file_name(row));
                let bytes = message.formatted();
                let written =
                    tokio::task::spawn_blocking(move || write_file(&folder, &name, &bytes)).await;
                let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
                written.map_err(|error| {
                    SendError::Temporary(format!("the file cannot be written: {error}"))
                })?;
            }
            Transport::Memory(kept) => keep(kept, row, &message),
            Transport::Log => log::info!(id = row.id, state = "sent"; "e-mail"),
        }
        Ok(Vec::new())
    }

    /// What went into memory.
    pub fn sent(&self) -> Vec<SentMessage> {
        match self {
            Transport::Memory(kept) => lock(kept).iter().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// To be called when there is nothing to send.
    pub fn rest(&self) {
        if let Transport::Smtp(smtp) = self {
            smtp.close_rested();
        }
    }
}

/// Under another name first: a file is there wholly or not at all. The same message is the same file.
fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let temporary = folder.join(format!(".{name}.tmp"));
    let mut file = std::fs::File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, folder.join(name))
}

fn keep(kept: &Mutex<VecDeque<SentMessage>>, row: &ClaimedMessage, message: &lettre::Message) {
    let mut kept = lock(kept);
    if kept.len() == MAX_KEPT {
        kept.pop_front();
    }
    let recipients = message.envelope().to().iter();
    kept.push_back(SentMessage {
        id: row.id,
        message_id: row.message_id.clone().unwrap_or_default(),
        recipients: recipients.map(ToString::to_string).collect(),
        text: String::from_utf8_lossy(&message.formatted()).into_owned(),
    });
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Servers repeat the address that they refuse. One line, and not a long one.
fn without_addresses(reason: &str) -> String {
    let words = reason.split_whitespace();
    let words: Vec<_> = words
        .map(|word| {
            if word.contains('@') {
                "(address)"
            } else {
                word
            }
        })
        .collect();
    let line = words.join(" ");
    let plain = line.chars().filter(|letter| !letter.is_control());
    plain.take(MAX_REASON_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_nobody() {
        let error = SendError::Permanent("550 5.1.1 <ella@a.example>:\nno such user".to_owned());
        assert_eq!(error.reason(), "550 5.1.1 (address) no such user");
        let long = SendError::Temporary("x".repeat(1_000));
        assert_eq!(long.reason().len(), 500);
    }
}
