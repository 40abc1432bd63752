//! The time, as a value that comes in through [`crate::app::App`]: tests hold it still.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDateTime, SecondsFormat};

/// UTC, in whole milliseconds: what both databases keep.
pub type Timestamp = NaiveDateTime;

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
