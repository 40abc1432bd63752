//! Log lines: one a record, to standard error.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::kv::{Error, Key, Value, VisitSource, VisitValue};
use log::{Level, Log, Metadata, Record};

/// The DNS library logs the names that it asks for: they are the domains of people's e-mail addresses.
const NEVER_LOGGED: &str = "hickory";

/// How long a line waits for more, to be written with them.
const PATIENCE: Duration = Duration::from_millis(20);
/// In bytes: with so many, lines are written at once.
const MAX_WAITING: usize = 64 * 1024;

/// Logs what the filter lets through: time, level, target, message, then the record's values as `key=value`.
pub fn init_logging(filter: &str) {
    let lines = Lines::default();
    let inner = env_logger::Builder::new()
        .parse_filters(filter)
        .format(|buffer, record| {
            if record.target().starts_with(NEVER_LOGGED) {
                return Ok(());
            }
            let time = buffer.timestamp_millis();
            let mut line = String::new();
            push_escaped(&mut line, &record.args().to_string());
            // The visitor never fails.
            let _ = record.key_values().visit(&mut Pairs(&mut line));
            let (level, target) = (record.level(), record.target());
            writeln!(buffer, "{time} {level} {target} {line}")
        })
        .target(env_logger::Target::Pipe(Box::new(lines.clone())))
        .build();
    let filter = inner.filter();
    let logger = Logger {
        inner,
        lines: lines.clone(),
    };
    if log::set_boxed_logger(Box::new(logger)).is_err() {
        log::debug!("another logger is installed already");
        return;
    }
    log::set_max_level(filter);
    std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || lines.write_from_time_to_time())
        .expect("the operating system gives the log its thread");
}

/// Lines that tell of something wrong are written at once. The others wait a moment: a write of its own for each costs a
/// read of one person a twentieth of its time.
struct Logger {
    inner: env_logger::Logger,
    lines: Lines,
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.inner.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        self.inner.log(record);
        if record.level() <= Level::Warn {
            self.flush();
        }
    }

    fn flush(&self) {
        write_out(&mut self.lines.waiting());
    }
}

/// Lines on their way to standard error.
#[derive(Clone, Default)]
struct Lines(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Vec<u8>>,
    some: Condvar,
}

impl Lines {
    fn waiting(&self) -> MutexGuard<'_, Vec<u8>> {
        // Whoever panicked while holding it left whole lines behind.
        let waiting = self.0.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }

    fn write_from_time_to_time(&self) {
        loop {
            let some = self
                .0
                .some
                .wait_while(self.waiting(), |lines| lines.is_empty());
            drop(some);
            std::thread::sleep(PATIENCE);
            write_out(&mut self.waiting());
        }
    }
}

impl Write for Lines {
    /// Takes a whole line.
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let mut waiting = self.waiting();
        if waiting.is_empty() {
            self.0.some.notify_one();
        }
        waiting.extend_from_slice(line);
        if waiting.len() >= MAX_WAITING {
            write_out(&mut waiting);
        }
        Ok(line.len())
    }

    /// Called after each line, which may wait.
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn write_out(lines: &mut Vec<u8>) {
    // There is nowhere else to say it.
    let _ = std::io::stderr().write_all(lines);
    lines.clear();
}

struct Pairs<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        value.visit(Pair { line: self.0, key })
    }
}

struct Pair<'a, 'kvs> {
    line: &'a mut String,
    key: Key<'kvs>,
}

impl<'v> VisitValue<'v> for Pair<'_, '_> {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), Error> {
        self.visit_str(&value.to_string())
    }

    /// Where there is no value its key is left out.
    fn visit_null(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn visit_u64(&mut self, number: u64) -> Result<(), Error> {
        Ok(write!(self.line, " {}={number}", self.key)?)
    }

    fn visit_str(&mut self, text: &str) -> Result<(), Error> {
        let key = &self.key;
        let is_plain = |letter: char| !letter.is_whitespace() && !letter.is_control();
        if !text.is_empty() && text.chars().all(|letter| is_plain(letter) && letter != '"') {
            write!(self.line, " {key}={text}")?;
        } else {
            write!(self.line, " {key}={text:?}")?;
        }
        Ok(())
    }
}

/// A record stays one line, whatever is in it.
fn push_escaped(line: &mut String, text: &str) {
    for letter in text.chars() {
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_stays_one_line() {
        let mut line = String::new();
        push_escaped(&mut line, "a\nb");
        let pairs = [("id", "7"), ("path", "a b\n"), ("none", "")];
        log::kv::Source::visit(&pairs, &mut Pairs(&mut line)).unwrap();
        assert_eq!(line, r#"a\nb id=7 path="a b\n" none="""#);
    }

    #[test]
    fn where_nothing_is_known_the_key_is_left_out() {
        let mut line = String::new();
        let pairs = [("id", Some(7)), ("group", None), ("us", Some(0))];
        log::kv::Source::visit(&pairs, &mut Pairs(&mut line)).unwrap();
        assert_eq!(line, " id=7 us=0");
    }
}
