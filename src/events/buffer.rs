//! What is told outside of transactions waits here: nobody waits for it, and what does not fit is dropped and counted.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Event, Told};
use crate::app::App;
use crate::db::Outcome;
use crate::error::Error;

/// Events that wait at most.
const CAPACITY: usize = 10_000;
/// Events that one transaction writes: calls come in between.
const WRITTEN_AT_ONCE: usize = 100;

pub struct EventBuffer {
    events: Mutex<VecDeque<Event>>,
    capacity: usize,
    dropped: AtomicU64,
}

impl Default for EventBuffer {
    fn default() -> Self {
        EventBuffer {
            events: Mutex::default(),
            capacity: CAPACITY,
            dropped: AtomicU64::new(0),
        }
    }
}

impl EventBuffer {
    /// Takes both events, or, where there is no room for both, none.
    pub fn push(&self, told: Told) {
        let mut events = self.events();
        if events.len() + 2 > self.capacity {
            self.drop_events(2);
        } else {
            events.extend([told.start, told.end]);
        }
    }

    /// How many have been dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub fn len(&self) -> usize {
        self.events().len()
    }

    pub fn is_empty(&self) -> bool {
        self.events().is_empty()
    }

    fn take(&self) -> Vec<Event> {
        let mut events = self.events();
        let count = events.len().min(WRITTEN_AT_ONCE);
        events.drain(..count).collect()
    }

    /// Back to where they were, as many as there is room for.
    fn put_back(&self, taken: Vec<Event>) {
        let mut events = self.events();
        let room = self.capacity.saturating_sub(events.len());
        self.drop_events(taken.len().saturating_sub(room));
        for event in taken.into_iter().take(room).rev() {
            events.push_front(event);
        }
    }

    fn drop_events(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.dropped.fetch_add(count, Ordering::Relaxed);
    }

    fn events(&self) -> MutexGuard<'_, VecDeque<Event>> {
        // Whoever panicked while holding it left whole events behind.
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes everything that waits.
///
/// # Errors
///
/// When the database cannot do it; then the rest goes on waiting.
pub async fn flush(app: &App) -> Result<(), Error> {
    loop {
        let events = app.events.take();
        if events.is_empty() {
            return Ok(());
        }
        let rows = events.clone();
        let written = app.db.write(move |conn| {
            rows.iter().try_for_each(|event| event.insert(conn, None))?;
            Ok(Outcome::Keep(()))
        });
        if let Err(error) = written.await {
            app.events.put_back(events);
            return Err(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AdminId, OrganizationId};

    fn event(id: usize) -> Event {
        Event {
            organization: OrganizationId(1),
            id: id.to_string(),
            kind: "USER_CREATE_START",
            request_id: String::new(),
            admin: AdminId(1),
            metadata: "{}".to_owned(),
            data: None,
        }
    }

    fn told(number: usize) -> Told {
        Told {
            start: event(2 * number),
            end: event(2 * number + 1),
        }
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted() {
        let buffer = EventBuffer::default();
        (0..CAPACITY).for_each(|number| buffer.push(told(number)));
        assert_eq!(buffer.len(), CAPACITY);
        assert_eq!(buffer.dropped(), CAPACITY as u64);
        // The first have stayed.
        let ids: Vec<_> = buffer.take().into_iter().map(|event| event.id).collect();
        let first: Vec<_> = (0..WRITTEN_AT_ONCE).map(|id| id.to_string()).collect();
        assert_eq!(ids, first);
    }

    #[test]
    fn what_cannot_be_written_goes_back_where_there_is_room() {
        let buffer = EventBuffer {
            capacity: 4,
            ..EventBuffer::default()
        };
        (0..2).for_each(|number| buffer.push(told(number)));
        let taken = buffer.take();
        buffer.push(told(2));
        buffer.put_back(taken);
        let ids: Vec<_> = buffer.take().into_iter().map(|event| event.id).collect();
        assert_eq!(ids, ["0", "1", "4", "5"]);
        assert_eq!(buffer.dropped(), 2);
    }
}
