//! Standard output, which may be closed or full.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};
use std::sync::{Mutex, PoisonError};

/// Why a line was not written.
#[derive(Debug)]
pub(super) enum Failed {
    /// Whoever read it has had enough.
    Closed,
    Sentence(String),
}

impl From<String> for Failed {
    fn from(sentence: String) -> Self {
        Failed::Sentence(sentence)
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Failed::Closed,
            _ => Failed::Sentence(format!("cannot write to standard output: {error}")),
        }
    }
}

/// Writes a line, and more lines if it has some.
///
/// # Errors
///
/// When standard output does not take it.
pub(super) fn say(line: impl Display) -> Result<(), Failed> {
    let mut out = std::io::stdout().lock();
    Ok(writeln!(out, "{line}")?)
}

/// For lines that come from elsewhere: remembers the first that could not be written.
#[derive(Default)]
pub(super) struct Lines(Mutex<Option<Failed>>);

impl Lines {
    pub(super) fn say(&self, line: &str) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.is_none() {
            *failed = say(line).err();
        }
    }

    /// # Errors
    ///
    /// When one could not be written.
    pub(super) fn finish(&self) -> Result<(), Failed> {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.take().map_or(Ok(()), Err)
    }
}
