//! What is told outside of transactions waits here: nobody waits for it, and what does not fit is dropped and counted.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Told;
use crate::app::App;
use crate::db::connection::DbConn;
use crate::db::{Outcome, events, users};
use crate::error::Error;
use crate::ids::{CloginId, OrganizationId};

/// In bytes, of the data of an event that waits: they take memory together.
const MAX_DATA_BYTES: usize = 4 * 1024;
/// Calls whose events one transaction writes: others write in between.
const WRITTEN_AT_ONCE: usize = 256;

pub struct EventBuffer {
    calls: Mutex<VecDeque<Told>>,
    /// In calls.
    capacity: usize,
    dropped: AtomicU64,
}

impl EventBuffer {
    /// For so many events, two of each call; for none, none is made or counted.
    pub fn new(events: usize) -> Self {
        EventBuffer {
            calls: Mutex::default(),
            capacity: events.div_ceil(2),
            dropped: AtomicU64::new(0),
        }
    }

    /// Takes the events of a call; where there is no room for them, they are not even made. Data that are too long are left
    /// out.
    pub fn push(&self, told: impl FnOnce() -> Told) {
        if self.capacity == 0 {
            return;
        }
        if self.calls().len() >= self.capacity {
            return self.drop_calls(1);
        }
        let mut told = told();
        for row in &mut told.rows {
            let data = row.data.as_ref();
            if data.is_some_and(|data| data.len() > MAX_DATA_BYTES) {
                row.data = Some("{}".to_owned());
            }
        }
        self.calls().push_back(told);
    }

    /// How many have been dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Of events.
    pub fn len(&self) -> usize {
        2 * self.calls().len()
    }

    pub fn is_empty(&self) -> bool {
        self.calls().is_empty()
    }

    fn take(&self, at_most: usize) -> Vec<Told> {
        let mut calls = self.calls();
        let count = calls.len().min(at_most);
        calls.drain(..count).collect()
    }

    /// Back to where they were, as many as there is room for.
    fn put_back(&self, taken: Vec<Told>) {
        let mut calls = self.calls();
        let room = self.capacity.saturating_sub(calls.len());
        self.drop_calls(taken.len().saturating_sub(room));
        for told in taken.into_iter().take(room).rev() {
            calls.push_front(told);
        }
    }

    fn drop_calls(&self, count: usize) {
        let events = u64::try_from(2 * count).unwrap_or(u64::MAX);
        self.dropped.fetch_add(events, Ordering::Relaxed);
    }

    fn calls(&self) -> MutexGuard<'_, VecDeque<Told>> {
        // Whoever panicked while holding it left whole events behind.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whom events say something of, and who is there still: they stay until the transaction ends.
fn people(
    conn: &mut DbConn,
    calls: &[Told],
) -> Result<BTreeSet<(OrganizationId, CloginId)>, Error> {
    let mut asked: BTreeMap<OrganizationId, BTreeSet<i64>> = BTreeMap::new();
    for told in calls {
        if let Some((organization, clogin)) = told.person() {
            asked.entry(organization).or_default().insert(clogin.0);
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
fn write(conn: &mut DbConn, calls: &[Told]) -> Result<(), Error> {
    let there = people(conn, calls)?;
    let rows: Vec<_> = calls
        .iter()
        .flat_map(|told| match told.person() {
            Some(person) if !there.contains(&person) => told.clone().without_data().rows,
            _ => told.clone().into_rows(),
        })
        .collect();
    events::insert_many(conn, &rows)?;
    Ok(())
}

/// Writes what waits now. What comes meanwhile waits for the next time: however many calls there are, they do not pay for
/// more events than there is room for.
///
/// # Errors
///
/// When the database cannot do it; then the rest goes on waiting.
pub async fn flush(app: &App) -> Result<(), Error> {
    let mut left = app.events.len() / 2;
    while left > 0 {
        let calls = app.events.take(left.min(WRITTEN_AT_ONCE));
        left -= calls.len();
        if calls.is_empty() {
            return Ok(());
        }
        let rows = calls.clone();
        let written = app.db.write(move |conn| {
            write(conn, &rows)?;
            Ok(Outcome::Keep(()))
        });
        if let Err(error) = written.await {
            app.events.put_back(calls);
            return Err(error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::events::NewEvent;

    fn row(id: usize) -> NewEvent {
        NewEvent {
            organization_id: 1,
            id: id.to_string(),
            kind: "USER_CREATE_START",
            request_id: String::new(),
            admin_id: 1,
            clogin_id: None,
            metadata: "{}".to_owned(),
            data: None,
        }
    }

    fn told(number: usize) -> Told {
        Told {
            rows: [row(2 * number), row(2 * number + 1)],
            about: None,
        }
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted() {
        let buffer = EventBuffer::new(10_000);
        (0..5_000).for_each(|number| buffer.push(|| told(number)));
        buffer.push(|| panic!("there is no room"));
        assert_eq!(buffer.len(), 10_000);
        assert_eq!(buffer.dropped(), 2);
        // The first have stayed.
        assert_eq!(ids(buffer.take(2)), ["0", "1", "2", "3"]);
    }

    #[test]
    fn without_room_for_any_none_is_made_or_counted() {
        let buffer = EventBuffer::new(0);
        buffer.push(|| panic!("none is kept"));
        assert_eq!((buffer.len(), buffer.dropped()), (0, 0));
    }

    #[test]
    fn what_cannot_be_written_goes_back_where_there_is_room() {
        let buffer = EventBuffer::new(4);
        (0..2).for_each(|number| buffer.push(|| told(number)));
        let taken = buffer.take(WRITTEN_AT_ONCE);
        buffer.push(|| told(2));
        buffer.put_back(taken);
        assert_eq!(ids(buffer.take(WRITTEN_AT_ONCE)), ["0", "1", "4", "5"]);
        assert_eq!(buffer.dropped(), 2);
    }

    fn ids(calls: Vec<Told>) -> Vec<String> {
        let rows = calls.into_iter().flat_map(|told| told.rows);
        rows.map(|row| row.id).collect()
    }
}
