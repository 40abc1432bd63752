//! What is told outside of transactions waits here: nobody waits for it, and what does not fit is dropped and counted.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Event, Told};
use crate::app::App;
use crate::db::connection::DbConn;
use crate::db::{Outcome, users};
use crate::error::Error;
use crate::ids::{CloginId, OrganizationId};

/// Events that wait at most.
const CAPACITY: usize = 10_000;
/// In bytes, of the data of an event that waits: they take memory together.
const MAX_DATA_BYTES: usize = 4 * 1024;
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
    /// Takes both events, or, where there is no room for both, none. Data that are too long are left out.
    pub fn push(&self, mut told: Told) {
        for event in [&mut told.start, &mut told.end] {
            if event
                .data
                .as_ref()
                .is_some_and(|data| data.len() > MAX_DATA_BYTES)
            {
                event.data = Some("{}".to_owned());
            }
        }
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

/// Whom events say something of, and who is there still: they stay until the transaction ends.
fn people(
    conn: &mut DbConn,
    events: &[Event],
) -> Result<BTreeSet<(OrganizationId, CloginId)>, Error> {
    let mut asked: BTreeMap<OrganizationId, BTreeSet<i64>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.data.is_some()) {
        if let Some(clogin) = event.about {
            let ids = asked.entry(event.organization).or_default();
            ids.insert(clogin.0);
        }
    }
    let mut there = BTreeSet::new();
    for (organization, ids) in asked {
        let ids: Vec<_> = ids.into_iter().collect();
        let found = users::keep(conn, organization, &ids)?;
        there.extend(found.into_iter().map(|id| (organization, id)));
    }
    Ok(there)
}

/// What is said of somebody who has been deleted since is left out.
fn write(conn: &mut DbConn, events: &[Event]) -> Result<(), Error> {
    let there = people(conn, events)?;
    for event in events {
        match event.about.filter(|_| event.data.is_some()) {
            Some(clogin) if !there.contains(&(event.organization, clogin)) => {
                let data = Some("{}".to_owned());
                let event = Event {
                    data,
                    ..event.clone()
                };
                event.insert(conn, None)?;
            }
            about => event.insert(conn, about)?,
        }
    }
    Ok(())
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
            write(conn, &rows)?;
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
    use crate::ids::AdminId;

    fn event(id: usize) -> Event {
        Event {
            organization: OrganizationId(1),
            id: id.to_string(),
            kind: "USER_CREATE_START",
            request_id: String::new(),
            admin: AdminId(1),
            metadata: "{}".to_owned(),
            data: None,
            about: None,
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
