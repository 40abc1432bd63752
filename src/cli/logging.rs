//! Log lines: one a record, to standard error.

use std::fmt::Write as _;
use std::io::Write as _;

use log::kv::{Error, Key, Value, VisitSource, VisitValue};

/// The DNS library logs the names that it asks for: they are the domains of people's e-mail addresses.
const NEVER_LOGGED: &str = "hickory";

/// Logs what the filter lets through: time, level, target, message, then the record's values as `key=value`.
pub fn init_logging(filter: &str) {
    let started = env_logger::Builder::new()
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
        .try_init();
    if started.is_err() {
        log::debug!("another logger is installed already");
    }
}

struct Pairs<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let mut presence = Presence::default();
        value.visit(&mut presence)?;
        if presence.is_null {
            return Ok(());
        }
        let text = value.to_string();
        let is_plain = |letter: char| !letter.is_whitespace() && !letter.is_control();
        if !text.is_empty() && text.chars().all(|letter| is_plain(letter) && letter != '"') {
            write!(self.0, " {key}={text}")?;
        } else {
            write!(self.0, " {key}={text:?}")?;
        }
        Ok(())
    }
}

/// Whether a value is there: where there is none its key is left out.
#[derive(Default)]
struct Presence {
    is_null: bool,
}

impl<'v> VisitValue<'v> for Presence {
    fn visit_any(&mut self, _: Value<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        self.is_null = true;
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
