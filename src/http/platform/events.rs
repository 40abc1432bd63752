//! Analytics events: which there are, and which types of them.

use serde_json::{Map, Value, json};

use super::given::{Given, of_query};
use super::{Answer, cursor};
use crate::actions::{Caller, Worker};
use crate::clock::rfc3339_millis;
use crate::error::{Error, FieldError};
use crate::events::{self, CATEGORY, Filter, KnownEvent, Operation};

/// Values that a list has at most.
const MAX_VALUES: usize = 100;
/// Each has a query for each type.
const MAX_CLIENTS: usize = 20;

pub(super) async fn list(worker: &Worker, caller: &Caller, given: &Given) -> Result<Answer, Error> {
    let found = match read_filter(given)? {
        Some(filter) => events::list(&worker.app, caller.organization_id(), filter).await?,
        None => Vec::new(),
    };
    let next = found
        .last()
        .map(|event| cursor::write(cursor::TIMESTAMP, event.at, &event.id));
    let mut body = Map::new();
    body.insert("data".to_owned(), found.iter().map(shown).collect());
    body.extend(next.map(|next| ("nextCursor".to_owned(), next.into())));
    Ok(Answer::ok(Value::Object(body)))
}

fn shown(event: &KnownEvent) -> Value {
    json!({
        "id": event.id,
        "type": event.kind,
        "timestamp": rfc3339_millis(event.at),
        "category": CATEGORY,
        "requestId": event.request_id,
        "metadata": event.metadata,
        "data": event.data,
    })
}

/// The types that there are, by category.
pub(super) fn types() -> Answer {
    Answer::ok(json!({ "data": [{ "category": CATEGORY, "types": kinds() }] }))
}

fn kinds() -> Vec<&'static str> {
    Operation::ALL
        .into_iter()
        .flat_map(Operation::kinds)
        .collect()
}

/// None: nothing can be found, as it is of a category that has no events.
fn read_filter(given: &Given) -> Result<Option<Filter>, Error> {
    let mut errors = Vec::new();
    let mut filter = Filter {
        limit: given.limit(&mut errors),
        ids: lower_case(given.list("ids", MAX_VALUES, &mut errors)),
        requests: given.list("requestIds", MAX_VALUES, &mut errors),
        kinds: given.list("types", MAX_VALUES, &mut errors),
        ..Filter::default()
    };
    filter.before = given.cursor(&mut errors).map(|(_, before)| before);
    let mut moments = |name| {
        let text = given.text(name, &mut errors)?;
        let moments = cursor::moment_of(text);
        if moments.is_none() {
            errors.push(of_query(
                name,
                "must be a date or a date and time as in ISO 8601",
            ));
        }
        moments
    };
    filter.from = moments("dateFrom").map(|from| from.start);
    filter.to = moments("dateTo").map(|to| to.end);
    filter.admins = clients(given, &mut errors);
    let known = kinds();
    if !filter
        .kinds
        .iter()
        .all(|kind| known.contains(&kind.as_str()))
    {
        let rule = "must be types of events: /analytics/event-types lists them";
        errors.push(of_query("types", rule));
    }
    let categories = given.list("categories", MAX_VALUES, &mut errors);
    if !errors.is_empty() {
        return Err(Error::validation(errors));
    }
    let has_events = categories.iter().any(|category| category == CATEGORY);
    if has_events {
        // All of the category, or these types of it.
        filter.kinds.clear();
    }
    let nothing = !categories.is_empty() && !has_events && filter.kinds.is_empty();
    Ok((!nothing).then_some(filter))
}

/// As ids are written; a UUID may be given otherwise.
fn lower_case(ids: Vec<String>) -> Vec<String> {
    ids.iter().map(|id| id.to_ascii_lowercase()).collect()
}

fn clients(given: &Given, errors: &mut Vec<FieldError>) -> Vec<i64> {
    let ids = given.list("clientIds", MAX_CLIENTS, errors);
    let numbers: Result<Vec<_>, _> = ids.iter().map(|id| id.parse()).collect();
    numbers.unwrap_or_else(|_| {
        errors.push(of_query(
            "clientIds",
            "must be ids of API admins, as Api-id has them",
        ));
        Vec::new()
    })
}
