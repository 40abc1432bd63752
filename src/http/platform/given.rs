//! What a request gives: parameters of its query, of its path, and a body.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde_json::{Map, Value};
use url::form_urlencoded;
use uuid::Uuid;

use super::cursor;
use crate::db::rest_lists::Position;
use crate::error::{Error, ErrorCode, FieldError, Place};
use crate::http::action_api::{check_media_type, read_body};
use crate::json;

/// What a page has at most, and unless something else is asked for.
const MAX_LIMIT: usize = 1_000;
pub(super) const DEFAULT_LIMIT: usize = 100;

pub(super) struct Given {
    query: Vec<(String, String)>,
    path: Vec<(String, String)>,
    pub(super) body: Value,
}

impl Given {
    pub(super) fn new(request: &HttpRequest) -> Self {
        let query = form_urlencoded::parse(request.query_string().as_bytes());
        let path = request.match_info().iter();
        Given {
            query: query.into_owned().collect(),
            path: path
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: Value::Null,
        }
    }

    /// Reads the body, which has to be a JSON object.
    pub(super) async fn read_body(
        &mut self,
        request: &HttpRequest,
        payload: Payload,
    ) -> Result<(), Error> {
        check_media_type(request)?;
        let body = read_body(payload).await?;
        let invalid = |msg: String| Error::new(ErrorCode::InvalidJson, msg);
        self.body = json::parse(&body)
            .map_err(|reason| invalid(format!("The body is not valid JSON: {reason}")))?;
        if !self.body.is_object() {
            return Err(invalid("The body must be a JSON object.".to_owned()));
        }
        let mut errors = json::control_characters(&self.body);
        errors.extend(json::rounded_numbers(&body, &self.body, ""));
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::validation(errors))
        }
    }

    /// What was given at a place; null where nothing was.
    pub(super) fn value(&self, place: Place, name: &str) -> Value {
        let text = |parameters: &[(String, String)]| {
            let found = parameters.iter().find(|(known, _)| known == name);
            found.map_or(Value::Null, |(_, value)| value.as_str().into())
        };
        match place {
            Place::Query => text(&self.query),
            Place::Path => text(&self.path),
            Place::Body => at(&self.body, name).cloned().unwrap_or_default(),
        }
    }

    /// The id in the path.
    ///
    /// # Errors
    ///
    /// `validation_failed`: it is no UUID.
    pub(super) fn id(&self) -> Result<String, Error> {
        let name = "id";
        let text = self.value(Place::Path, name);
        let text = text.as_str().unwrap_or_default();
        let is_hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
        match Uuid::try_parse(text) {
            Ok(id) if is_hyphenated => Ok(id.to_string()),
            _ => {
                let error = FieldError::new(name, "invalid", "must be a UUID");
                Err(Error::validation(vec![error.of(Place::Path)]))
            }
        }
    }

    /// The body, which is an object.
    pub(super) fn object(&self) -> Result<&Map<String, Value>, Error> {
        let object = self.body.as_object();
        object.ok_or_else(|| Error::internal("a body was not read"))
    }

    /// Where a page begins, as it was given and as it is understood.
    pub(super) fn cursor(&self, errors: &mut Vec<FieldError>) -> Option<(&str, Position)> {
        let text = self.text("cursor", errors)?;
        let position = cursor::read(text);
        if position.is_none() {
            errors.push(of_query("cursor", cursor::RULE));
        }
        Some((text, position?))
    }

    /// A parameter of the query. Notes an error where it is there twice.
    pub(super) fn text(&self, name: &str, errors: &mut Vec<FieldError>) -> Option<&str> {
        let mut values = self.query.iter().filter(|(known, _)| known == name);
        let first = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() {
            errors.push(of_query(name, "must be given once"));
        }
        first
    }

    /// The values of a parameter that takes several, separated by commas.
    pub(super) fn list(
        &self,
        name: &str,
        most: usize,
        errors: &mut Vec<FieldError>,
    ) -> Vec<String> {
        let given = self.query.iter().filter(|(known, _)| known == name);
        let values = given.flat_map(|(_, value)| value.split(','));
        let mut values: Vec<_> = values.map(|value| value.trim().to_owned()).collect();
        values.sort();
        values.dedup();
        let whole = |value: &String| !value.is_empty() && !value.contains(char::is_control);
        if !values.iter().all(whole) {
            errors.push(of_query(
                name,
                "must have a value between the commas, of visible characters",
            ));
        }
        if values.len() > most {
            errors.push(of_query(name, format!("must have at most {most} values")));
        }
        values
    }

    /// How many a page is to have at most.
    pub(super) fn limit(&self, errors: &mut Vec<FieldError>) -> usize {
        let Some(text) = self.text("limit", errors) else {
            return DEFAULT_LIMIT;
        };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let limit = text.parse().ok().filter(|_| digits);
        checked_limit(limit).unwrap_or_else(|rule| {
            errors.push(of_query("limit", rule));
            DEFAULT_LIMIT
        })
    }
}

/// A number as a page's limit.
pub(super) fn checked_limit(limit: Option<usize>) -> Result<usize, String> {
    limit
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| format!("must be from 1 to {MAX_LIMIT}"))
}

/// An error of a parameter of the query.
pub(super) fn of_query(name: &str, rule: impl Into<String>) -> FieldError {
    FieldError::new(name, "invalid", rule).of(Place::Query)
}

/// What stands in a document at the dotted path of an error, or under a key that looks like a path.
fn at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(value) = document.get(path) {
        return Some(value);
    }
    let mut value = document;
    for part in path.split('.') {
        let mut names = part.split('[');
        let name = names.next().unwrap_or_default();
        value = value.get(name)?;
        for index in names {
            let index: usize = index.strip_suffix(']')?.parse().ok()?;
            value = value.get(index)?;
        }
    }
    Some(value)
}
