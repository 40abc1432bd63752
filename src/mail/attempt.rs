//! What an attempt to send comes to: sent, to be tried again, or given up. Pure.

use super::message;
use super::transport::{Refused, SendError};
use crate::clock::Timestamp;
use crate::db::outbox::{self, Attempted, ClaimedMessage};

const FIRST_DELAY: i64 = 30;
const MAX_DELAY: i64 = 3_600;
/// What the delays may come to, before a message is given up.
const MAX_DELAYS: i64 = 24 * 3_600;

/// A message, and how it went.
pub struct Attempt<'a> {
    pub message: &'a ClaimedMessage,
    /// The recipients who were refused, or why all of it failed.
    pub result: &'a Result<Vec<Refused>, SendError>,
}

impl Attempt<'_> {
    /// Whether the server took it, for some of the recipients at least.
    pub fn is_taken(&self) -> bool {
        let wanted = message::recipients(self.message).len();
        let refused = self.result.as_ref().map_or(wanted, Vec::len);
        refused < wanted
    }

    /// What is noted of it. `random`: for the time of the next attempt.
    pub fn outcome(&self, now: Timestamp, random: u8) -> Attempted {
        let attempts = self.message.attempts + 1;
        let errors: Vec<_> = match self.result {
            Err(error) => vec![error],
            Ok(refused) => refused.iter().map(|one| &one.error).collect(),
        };
        let mut temporary = errors.iter().filter(|error| error.is_temporary());
        let next = temporary
            .next()
            .and_then(|_| next_attempt(attempts, now, random));
        let sent_at = if self.is_taken() {
            Some(now)
        } else {
            self.message.sent_at
        };
        let state = if next.is_some() {
            outbox::RETRYING
        } else if errors.is_empty() || sent_at.is_some() {
            // Whom it did not reach stands in `undelivered`.
            outbox::SENT
        } else {
            outbox::FAILED
        };
        Attempted {
            state,
            attempts,
            last_error: self.reason(),
            sent_at,
            next_attempt_at: next,
            claimed_until: None,
            undelivered: self.undelivered(),
        }
    }

    /// Those who were refused for good are tried again with the others: they cost nothing, and nobody is forgotten.
    fn undelivered(&self) -> Option<String> {
        let Ok(refused) = self.result else {
            return self.message.undelivered.clone();
        };
        let addresses: Vec<_> = refused.iter().map(|one| one.address.as_ref()).collect();
        (!addresses.is_empty()).then(|| addresses.join(", "))
    }

    fn reason(&self) -> Option<String> {
        let refused = match self.result {
            Err(error) => return Some(error.reason()),
            Ok(refused) => refused,
        };
        let reason = refused.first()?.error.reason();
        let (some, all) = (refused.len(), message::all_recipients(self.message).len());
        Some(match all {
            1 => reason,
            _ => format!("{some} of {all} recipients were refused: {reason}"),
        })
    }
}

/// When to try again after so many attempts: 30 s, doubled each time up to an hour, less up to a quarter of it, so that
/// what failed together does not come back together. None: it has been a day.
fn next_attempt(attempts: i64, now: Timestamp, random: u8) -> Option<Timestamp> {
    let delay = |attempt: i64| (FIRST_DELAY << (attempt - 1).clamp(0, 10)).min(MAX_DELAY);
    let in_all: i64 = (1..=attempts).map(delay).sum();
    if in_all > MAX_DELAYS {
        return None;
    }
    let millis = delay(attempts) * 1_000;
    let jitter = millis / 4 * i64::from(random) / 255;
    Some(now + chrono::TimeDelta::milliseconds(millis - jitter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_an_hour_for_a_day() {
        let now = Timestamp::default();
        let seconds = |attempts, random| {
            next_attempt(attempts, now, random)
                .map(|next| (*next - *now).num_milliseconds() as f64 / 1_000.0)
        };
        for (attempts, delay) in [
            (1, 30.0),
            (2, 60.0),
            (3, 120.0),
            (7, 1_920.0),
            (8, 3_600.0),
            (29, 3_600.0),
        ] {
            assert_eq!(seconds(attempts, 0), Some(delay), "{attempts}");
            assert_eq!(seconds(attempts, 255), Some(delay * 0.75), "{attempts}");
        }
        assert_eq!(seconds(30, 0), None);
        assert_eq!(seconds(1_000, 0), None);
    }
}
