//! Reading events: an organization's latest, or those that filters find.

use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::connection::DbConn;
use crate::db::events::{self, EventRow, Range};
use crate::db::rest_lists::Position;
use crate::error::Error;
use crate::ids::{OrganizationId, first_uuid};

/// Above every id.
const NO_ID_IS_ABOVE: &str = "g";

/// Which events. Lists are sets: an empty one says nothing, and no value is in one twice.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub ids: Vec<String>,
    pub requests: Vec<String>,
    pub kinds: Vec<String>,
    pub admins: Vec<i64>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// Earlier than an event of this moment and id, whether there is one or not.
    pub before: Option<Position>,
    pub limit: usize,
}

/// An event that is in the database.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownEvent {
    pub id: String,
    pub at: Timestamp,
    pub kind: String,
    pub request_id: String,
    pub metadata: Value,
    /// Null at level 1.
    pub data: Value,
}

/// The latest events that a filter finds, the latest first.
///
/// # Errors
///
/// When the database cannot be read, or holds a document that does not parse.
pub async fn list(
    app: &App,
    organization: OrganizationId,
    filter: Filter,
) -> Result<Vec<KnownEvent>, Error> {
    let find = move |conn: &mut DbConn| filter.find(conn, organization);
    let rows = app.db.read_consistently(find).await?;
    rows.into_iter().map(KnownEvent::read).collect()
}

impl Filter {
    fn find(
        &self,
        conn: &mut DbConn,
        organization: OrganizationId,
    ) -> Result<Vec<EventRow>, Error> {
        if !self.ids.is_empty() {
            let mut rows = events::by_ids(conn, organization, &self.ids)?;
            rows.retain(|row| self.holds(row));
            return Ok(self.latest(rows));
        }
        if self.requests.is_empty() {
            let ids = self.last_ids(conn, organization)?;
            return Ok(self.latest(events::by_ids(conn, organization, &ids)?));
        }
        let mut found = Vec::new();
        for request in &self.requests {
            let after = self.floor(found.iter().map(|row: &EventRow| &row.id));
            found.extend(self.of_request(conn, organization, request, &after)?);
            found = self.latest(found);
        }
        Ok(found)
    }

    /// The latest of a request, and of everything else that is asked for. A request has few events, as a rule.
    fn of_request(
        &self,
        conn: &mut DbConn,
        organization: OrganizationId,
        request: &str,
        after: &str,
    ) -> Result<Vec<EventRow>, Error> {
        let range = Range::Request(request.to_owned());
        let mut before = self.before();
        let mut found = Vec::new();
        loop {
            let between = (after, before.as_str());
            let ids = events::last_ids(conn, organization, &range, between, self.rows())?;
            let mut rows = events::by_ids(conn, organization, &ids)?;
            rows.retain(|row| self.holds(row));
            found.extend(rows);
            match ids.last() {
                Some(last) if ids.len() == self.limit && found.len() < self.limit => {
                    before.clone_from(last);
                }
                _ => return Ok(found),
            }
        }
    }

    /// Looks into each range of an index that may hold some, and keeps the latest of all.
    fn last_ids(
        &self,
        conn: &mut DbConn,
        organization: OrganizationId,
    ) -> Result<Vec<String>, Error> {
        let before = self.before();
        let mut found: Vec<String> = Vec::new();
        for range in self.ranges(conn, organization)? {
            let after = self.floor(found.iter());
            let between = (after.as_str(), before.as_str());
            let more = events::last_ids(conn, organization, &range, between, self.rows())?;
            found.extend(more);
            found.sort_unstable_by(|one, other| other.cmp(one));
            found.truncate(self.limit);
        }
        Ok(found)
    }

    fn ranges(&self, conn: &mut DbConn, organization: OrganizationId) -> Result<Vec<Range>, Error> {
        if self.kinds.is_empty() && self.admins.is_empty() {
            return Ok(vec![Range::All]);
        }
        let kinds = if self.kinds.is_empty() {
            all_kinds()
        } else {
            self.kinds.clone()
        };
        let mut ranges = Vec::new();
        for kind in kinds {
            let admins = if self.admins.is_empty() {
                events::admins_of(conn, organization, &kind)?
            } else {
                self.admins.clone()
            };
            ranges.extend(admins.into_iter().map(|admin| Range::KindBy {
                kind: kind.clone(),
                admin,
            }));
        }
        Ok(ranges)
    }

    /// Whether an event is what is asked for.
    fn holds(&self, row: &EventRow) -> bool {
        fn is_one<T: PartialEq>(values: &[T], value: &T) -> bool {
            values.is_empty() || values.contains(value)
        }
        self.after() < row.id
            && row.id < self.before()
            && is_one(&self.requests, &row.request_id)
            && is_one(&self.kinds, &row.kind)
            && is_one(&self.admins, &row.admin_id)
    }

    /// The latest first, as many as a page has.
    fn latest(&self, mut rows: Vec<EventRow>) -> Vec<EventRow> {
        rows.sort_unstable_by(|one, other| other.id.cmp(&one.id));
        rows.truncate(self.limit);
        rows
    }

    /// What is not later than a full page cannot come onto it. `found`: the latest first.
    fn floor<'a>(&self, mut found: impl Iterator<Item = &'a String>) -> String {
        let last = self.limit.checked_sub(1);
        let last = last.and_then(|last| found.nth(last));
        last.cloned().unwrap_or_else(|| self.after())
    }

    fn rows(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX)
    }

    /// The id that all are above.
    fn after(&self) -> String {
        // The text that ends before the first id's last character is below it, and above every id of an earlier moment.
        let first = first_uuid(self.from.unwrap_or_default()).to_string();
        first[..first.len() - 1].to_owned()
    }

    /// The id that all are below.
    fn before(&self) -> String {
        let to = self.to.map(|to| first_uuid(next(to)).to_string());
        let position = self.before.as_ref().map(|position| {
            let (first, end) = (
                first_uuid(position.created_at).to_string(),
                first_uuid(next(position.created_at)).to_string(),
            );
            position.uuid.clone().clamp(first, end)
        });
        [to, position]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or_else(|| NO_ID_IS_ABOVE.to_owned())
    }
}

fn all_kinds() -> Vec<String> {
    super::Operation::ALL
        .into_iter()
        .flat_map(super::Operation::kinds)
        .map(str::to_owned)
        .collect()
}

fn next(at: Timestamp) -> Timestamp {
    at + chrono::TimeDelta::milliseconds(1)
}

impl KnownEvent {
    fn read(row: EventRow) -> Result<Self, Error> {
        let id = &row.id;
        let parse = |text: &str| {
            serde_json::from_str(text)
                .map_err(|error| Error::internal(format!("event {id} does not parse: {error}")))
        };
        Ok(KnownEvent {
            at: moment(id).ok_or_else(|| Error::internal(format!("event {id} has no time")))?,
            metadata: parse(&row.metadata)?,
            data: row.data.as_deref().map_or(Ok(Value::Null), parse)?,
            id: row.id,
            kind: row.kind,
            request_id: row.request_id,
        })
    }
}

/// When a UUID of version 7 was made.
fn moment(id: &str) -> Option<Timestamp> {
    let (seconds, nanos) = Uuid::parse_str(id).ok()?.get_timestamp()?.to_unix();
    let at = chrono::DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)?;
    Some(at.naive_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        chrono::DateTime::from_timestamp_millis(millis)
            .unwrap()
            .naive_utc()
            .into()
    }

    #[test]
    fn a_position_stands_between_moments_whatever_its_id() {
        let moment = at(1_799_139_600_000);
        let (first, next) = (
            first_uuid(moment).to_string(),
            first_uuid(next(moment)).to_string(),
        );
        let bound = |id: &str| {
            let filter = Filter {
                before: Some(Position {
                    created_at: moment,
                    uuid: id.to_owned(),
                }),
                ..Filter::default()
            };
            filter.before()
        };
        assert_eq!(bound("a"), next);
        assert_eq!(bound(""), first);
        let within = format!("{}8", &first[..35]);
        assert_eq!(bound(&within), within);
    }

    #[test]
    fn the_first_id_of_a_moment_is_within_it() {
        let filter = |from, to| Filter {
            from: Some(at(from)),
            to: Some(at(to)),
            ..Filter::default()
        };
        let id = first_uuid(at(5)).to_string();
        let within = |from, to| {
            let filter = filter(from, to);
            filter.after() < id && id < filter.before()
        };
        assert!(within(5, 5));
        assert!(within(4, 6));
        assert!(!within(6, 6));
        assert!(!within(4, 4));
        assert_eq!(super::moment(&id), Some(at(5)));
    }
}
