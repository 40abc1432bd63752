//! The time, as a value that comes in through [`crate::app::App`]: tests hold it still.

use std::ops::{Add, Deref, Sub};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use serde::{Deserialize, Deserializer, Serialize};

/// UTC, in whole milliseconds: what both databases keep (`db/timestamp.rs`).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    AsExpression,
    FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Timestamp)]
#[serde(transparent)]
pub struct Timestamp(NaiveDateTime);

impl Timestamp {
    /// Reads `2027-01-05 09:00:00.000`, with or without the fraction, or with a T in the place of the blank. Chrono's
    /// parsers take a microsecond for it, and every read of a person has four. None: something else.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let (seconds, fraction) = text.split_at_checked("2027-01-05 09:00:00".len())?;
        let separators = [4, 7, 10, 13, 16].map(|place| seconds[place]);
        if !matches!(&separators, b"-- ::" | b"--T::") {
            return None;
        }
        let millis = match fraction {
            [] => 0,
            [b'.', millis @ ..] if millis.len() == 3 => number(millis)?,
            _ => return None,
        };
        let at = |from: usize, to: usize| number(&seconds[from..to]);
        let date = NaiveDate::from_ymd_opt(i32::try_from(at(0, 4)?).ok()?, at(5, 7)?, at(8, 10)?)?;
        date.and_hms_milli_opt(at(11, 13)?, at(14, 16)?, at(17, 19)?, millis)
            .map(Timestamp)
    }
}

/// Of decimal digits, and nothing else.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        Some(number * 10 + digit)
    })
}

impl From<NaiveDateTime> for Timestamp {
    fn from(moment: NaiveDateTime) -> Self {
        Timestamp(moment)
    }
}

impl Deref for Timestamp {
    type Target = NaiveDateTime;

    fn deref(&self) -> &NaiveDateTime {
        &self.0
    }
}

impl Add<TimeDelta> for Timestamp {
    type Output = Self;

    fn add(self, time: TimeDelta) -> Self {
        Timestamp(self.0 + time)
    }
}

impl Sub<TimeDelta> for Timestamp {
    type Output = Self;

    fn sub(self, time: TimeDelta) -> Self {
        Timestamp(self.0 - time)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let read = Timestamp::read(&text).map(Ok);
        read.unwrap_or_else(|| {
            text.parse()
                .map(Timestamp)
                .map_err(serde::de::Error::custom)
        })
    }
}

#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    /// Milliseconds since 1970, moved by hand.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        let millis = match self {
            Clock::System => system_millis(),
            Clock::Manual(millis) => millis.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_millis(millis)
            .unwrap_or_default()
            .naive_utc()
            .into()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that asks the system"
)]
fn system_millis() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

/// RFC 3339 in UTC, always with three digits of milliseconds (`2027-01-05T09:00:00.000Z`).
pub fn rfc3339_millis(at: Timestamp) -> String {
    at.and_utc().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// RFC 3339 in UTC; milliseconds only where there are some (`2027-01-05T09:00:00Z`).
pub fn rfc3339(at: Timestamp) -> String {
    at.and_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn a_moment_is_read_as_it_is_written(millis in -62_135_596_800_000_i64..253_402_300_800_000) {
            let at = Timestamp(DateTime::from_timestamp_millis(millis).unwrap().naive_utc());
            prop_assert_eq!(Timestamp::read(&at.to_string()), Some(at));
            // As diesel writes it into SQLite.
            prop_assert_eq!(at.to_string(), at.format("%F %T%.f").to_string());
            let json = serde_json::to_string(&at).unwrap();
            prop_assert_eq!(Timestamp::read(json.trim_matches('"')), Some(at));
            prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
        }
    }

    #[test]
    fn what_is_no_moment_is_not_read() {
        for text in [
            "",
            "2027-01-05",
            "2027-01-05 09:00",
            "2027-01-05 09:00:00.",
            "2027-01-05 09:00:00.12",
            "2027-01-05 09:00:00.1234",
            "2027-01-05 09:00:00Z",
            "2027-01-05x09:00:00",
            "2027-13-05 09:00:00",
            "2027-02-29 09:00:00",
            "2027-01-05 24:00:00",
            "2027-01-05 09:00:60",
            "+027-01-05 09:00:00",
            "2027-01-05 09:00:0é",
        ] {
            assert_eq!(Timestamp::read(text), None, "{text}");
        }
    }
}
