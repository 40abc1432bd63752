//! What the query of a list asks for: the page, and the filters.

use std::collections::HashSet;

use actix_web::HttpRequest;
use serde_json::Value;
use url::form_urlencoded;

use crate::actions::users::list::{Paging, WithCount};
use crate::clock::Timestamp;
use crate::db::rest_lists::{Position, Selection, Start};
use crate::error::{Error, ErrorCode, FieldError};
use crate::http::cursor::{self, CREATED_AT};
use crate::ids::OrganizationId;
use crate::json;
use crate::users::{username, values, views};

const DEFAULT_SIZE: i64 = 100;
const MAX_SIZE: i64 = 1_000;

/// A filter by the leaf of custom properties whose dotted path follows.
const PROPERTY: &str = "custom_properties__";
/// Each is looked up for everybody whom the first one finds.
const MAX_PROPERTIES: usize = 10;

/// What stands before a cursor that goes backwards. No other begins so.
const BACKWARD: &str = "-";

/// (Name, value), decoded, as they stand in the URL.
pub(super) type Parameters = Vec<(String, String)>;

pub(super) fn parameters(request: &HttpRequest) -> Parameters {
    form_urlencoded::parse(request.query_string().as_bytes())
        .into_owned()
        .collect()
}

pub(super) struct Wanted {
    pub(super) selection: Selection,
    pub(super) paging: Paging,
    pub(super) size: i64,
}

/// Of a parameter that is there twice the last one counts; unknown ones are passed over.
///
/// # Errors
///
/// `validation_failed`, each with the name of its parameter; `not_found`, of a page or a cursor that is none.
pub(super) fn read(
    parameters: &Parameters,
    organization: OrganizationId,
    locales: &[String],
) -> Result<Wanted, Error> {
    let mut errors = Vec::new();
    let size = read_size(parameters).unwrap_or_else(|error| {
        errors.push(error);
        DEFAULT_SIZE
    });
    let count = read_with_count(parameters).unwrap_or_else(|error| {
        errors.push(error);
        WithCount::No
    });
    let selection = read_filters(parameters, organization, locales, &mut errors);
    if !errors.is_empty() {
        return Err(Error::validation(errors));
    }
    Ok(Wanted {
        selection,
        paging: read_paging(parameters, count)?,
        size,
    })
}

fn last<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    let mut named = parameters.iter().rev();
    named
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

/// The language that is looked for, as it is given.
pub(super) fn locale(parameters: &Parameters) -> Option<&str> {
    last(parameters, "locale")
}

fn read_size(parameters: &Parameters) -> Result<i64, FieldError> {
    let Some(text) = last(parameters, "page_size") else {
        return Ok(DEFAULT_SIZE);
    };
    let size = text.parse().ok();
    size.filter(|size| (1..=MAX_SIZE).contains(size))
        .ok_or_else(|| {
            let msg = format!("Ensure this value is a whole number from 1 to {MAX_SIZE}.");
            FieldError::new("page_size", "out_of_range", msg)
        })
}

fn read_with_count(parameters: &Parameters) -> Result<WithCount, FieldError> {
    match last(parameters, "with_count") {
        Some("true" | "1") => Ok(WithCount::Yes),
        None | Some("false" | "0") => Ok(WithCount::No),
        Some(_) => {
            let msg = "Must be a valid boolean.";
            Err(FieldError::new("with_count", "invalid", msg))
        }
    }
}

fn read_paging(parameters: &Parameters, count: WithCount) -> Result<Paging, Error> {
    let not_found = |msg: &'static str| Error::new(ErrorCode::NotFound, msg);
    if let Some(cursor) = last(parameters, "cursor") {
        let start = read_cursor(cursor).ok_or_else(|| not_found("Invalid cursor"))?;
        return Ok(Paging::Cursor { start, count });
    }
    let page = last(parameters, "page").unwrap_or("1").parse();
    match page {
        Ok(page) if page >= 1 => Ok(Paging::Number(page)),
        _ => Err(not_found("Invalid page.")),
    }
}

/// An empty one is the beginning.
fn read_cursor(text: &str) -> Option<Start> {
    match text.strip_prefix(BACKWARD) {
        None if text.is_empty() => Some(Start::Offset(0)),
        None => cursor::read(text).map(Start::After),
        Some(text) => cursor::read(text).map(Start::Before),
    }
}

pub(super) fn write_cursor(start: &Start) -> String {
    let write = |place: &Position| cursor::write(CREATED_AT, place.created_at, &place.uuid);
    match start {
        Start::Offset(_) => String::new(),
        Start::After(place) => write(place),
        Start::Before(place) => format!("{BACKWARD}{}", write(place)),
    }
}

fn read_filters(
    parameters: &Parameters,
    organization: OrganizationId,
    locales: &[String],
    errors: &mut Vec<FieldError>,
) -> Selection {
    let mut selection = Selection::all(organization);
    let mut seen = HashSet::new();
    for (name, value) in parameters.iter().rev() {
        if !seen.insert(name) {
            continue;
        }
        if let Err((code, msg)) = read_filter(&mut selection, name, value, locales) {
            errors.push(FieldError::new(name.as_str(), code, msg));
        }
    }
    if selection.keys.len() > MAX_PROPERTIES {
        let msg = format!("No more than {MAX_PROPERTIES} custom properties can be searched by.");
        errors.push(FieldError::new("non_field_errors", "too_many", msg));
    }
    selection
}

fn read_filter(
    selection: &mut Selection,
    name: &str,
    value: &str,
    locales: &[String],
) -> Result<(), views::Refusal> {
    let property = match name {
        "external_id" => Some(name),
        _ => name.strip_prefix(PROPERTY),
    };
    let is_text = |text: &str| json::control_characters(&Value::from(text)).is_empty();
    match name {
        "email" | "locale" | "created_after" | "created_before" => {}
        _ if property.is_some() => {}
        _ => return Ok(()),
    }
    if !is_text(value) || !is_text(name) {
        return Err(("control_character", views::CONTROL_CHARACTERS.to_owned()));
    }
    match name {
        "email" => selection.email_key = Some(username::key(value)),
        "locale" => selection.locale = Some(views::read_locale(&Value::from(value), locales)?),
        "created_after" => selection.created_from = Some(moment(value)?),
        "created_before" => selection.created_to = Some(moment(value)?),
        _ => {
            let path = property.unwrap_or_default();
            selection.keys.push(values::property_key(path, value));
        }
    }
    Ok(())
}

/// A date, which is its first moment, or a date and a time; in UTC without an offset.
fn moment(text: &str) -> Result<Timestamp, views::Refusal> {
    cursor::moment_of(text)
        .map(|moments| moments.start)
        .ok_or_else(|| {
            let msg = "Enter a valid date/time: YYYY-MM-DD, or RFC 3339.";
            ("invalid", msg.to_owned())
        })
}
