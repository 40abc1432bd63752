//! The one error of the program. It gets its meaning where that is known, each surface renders it in its own shape,
//! and what is internal is logged once, at the edge, and never reaches a client.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::error::{DbFailure, UniqueIndex, classify};
use crate::users::person::Person;

/// How many errors an answer lists at most: a body of a mebibyte can have a hundred thousand.
pub const MAX_ERRORS: usize = 1_000;

/// In characters, of a path in an error: keys are the caller's, and can be as long as the body.
const MAX_PATH_LENGTH: usize = 256;

/// The stable words of the contract. A code is here only when something produces it, and a test pins each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    InvalidJson,
    UnknownAction,
    Unauthenticated,
    StaleTimestamp,
    InvalidCredentials,
    TokenInvalid,
    GroupForbidden,
    ActionForbidden,
    OriginForbidden,
    UserExcluded,
    NotFound,
    UserNotFound,
    StatusNotFound,
    ProductNotFound,
    CategoryNotFound,
    FieldNotFound,
    MethodNotAllowed,
    UsernameTaken,
    AlreadyRegistered,
    ProductUnavailable,
    QuotaExceeded,
    ProductLocked,
    BodyTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
    UnknownParameter,
    NotAChildOf,
    NotAFamilyProject,
    HasChildren,
    IdempotencyMismatch,
    Internal,
    Unavailable,
}

impl ErrorCode {
    pub const ALL: [ErrorCode; 32] = [
        ErrorCode::InvalidJson,
        ErrorCode::UnknownAction,
        ErrorCode::Unauthenticated,
        ErrorCode::StaleTimestamp,
        ErrorCode::InvalidCredentials,
        ErrorCode::TokenInvalid,
        ErrorCode::GroupForbidden,
        ErrorCode::ActionForbidden,
        ErrorCode::OriginForbidden,
        ErrorCode::UserExcluded,
        ErrorCode::NotFound,
        ErrorCode::UserNotFound,
        ErrorCode::StatusNotFound,
        ErrorCode::ProductNotFound,
        ErrorCode::CategoryNotFound,
        ErrorCode::FieldNotFound,
        ErrorCode::MethodNotAllowed,
        ErrorCode::UsernameTaken,
        ErrorCode::AlreadyRegistered,
        ErrorCode::ProductUnavailable,
        ErrorCode::QuotaExceeded,
        ErrorCode::ProductLocked,
        ErrorCode::BodyTooLarge,
        ErrorCode::UnsupportedMediaType,
        ErrorCode::ValidationFailed,
        ErrorCode::UnknownParameter,
        ErrorCode::NotAChildOf,
        ErrorCode::NotAFamilyProject,
        ErrorCode::HasChildren,
        ErrorCode::IdempotencyMismatch,
        ErrorCode::Internal,
        ErrorCode::Unavailable,
    ];

    /// The HTTP status: `action-api.md`, Answers.
    pub fn status(self) -> u16 {
        match self {
            ErrorCode::InvalidJson | ErrorCode::UnknownAction => 400,
            ErrorCode::Unauthenticated
            | ErrorCode::StaleTimestamp
            | ErrorCode::InvalidCredentials
            | ErrorCode::TokenInvalid => 401,
            ErrorCode::GroupForbidden
            | ErrorCode::ActionForbidden
            | ErrorCode::OriginForbidden
            | ErrorCode::UserExcluded => 403,
            ErrorCode::NotFound
            | ErrorCode::UserNotFound
            | ErrorCode::StatusNotFound
            | ErrorCode::ProductNotFound
            | ErrorCode::CategoryNotFound
            | ErrorCode::FieldNotFound => 404,
            ErrorCode::MethodNotAllowed => 405,
            ErrorCode::UsernameTaken
            | ErrorCode::AlreadyRegistered
            | ErrorCode::ProductUnavailable
            | ErrorCode::QuotaExceeded
            | ErrorCode::ProductLocked => 409,
            ErrorCode::BodyTooLarge => 413,
            ErrorCode::UnsupportedMediaType => 415,
            ErrorCode::ValidationFailed
            | ErrorCode::UnknownParameter
            | ErrorCode::NotAChildOf
            | ErrorCode::NotAFamilyProject
            | ErrorCode::HasChildren
            | ErrorCode::IdempotencyMismatch => 422,
            ErrorCode::Internal => 500,
            ErrorCode::Unavailable => 503,
        }
    }
}

/// In which part of a request something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Body,
    Query,
    Path,
}

/// One thing that is wrong with the input: where, a stable word, and a sentence that says what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where `path` begins: only the platform-users API tells.
    #[serde(skip)]
    pub place: Place,
    pub path: String,
    pub code: &'static str,
    pub msg: String,
}

impl FieldError {
    /// Of the body. The path is kept as an answer can hold it.
    pub fn new(path: impl Into<String>, code: &'static str, msg: impl Into<String>) -> Self {
        FieldError {
            place: Place::Body,
            path: shown(path.into()),
            code,
            msg: msg.into(),
        }
    }

    /// Of another part of the request.
    #[must_use]
    pub fn of(mut self, place: Place) -> Self {
        self.place = place;
        self
    }
}

/// A path with control characters escaped, cut off where it is too long.
fn shown(path: String) -> String {
    if path.len() <= MAX_PATH_LENGTH && !path.contains(char::is_control) {
        return path;
    }
    let mut shown = String::new();
    for (index, letter) in path.chars().enumerate() {
        if index == MAX_PATH_LENGTH {
            shown.push('…');
            break;
        }
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Boxed, so that a `Result` stays as small as its success.
#[derive(Debug)]
pub struct Error(Box<Details>);

#[derive(Debug)]
struct Details {
    code: ErrorCode,
    msg: Cow<'static, str>,
    errors: Vec<FieldError>,
    about: Option<Person>,
    failure: Option<DbFailure>,
    cause: Option<String>,
}

impl Error {
    pub fn new(code: ErrorCode, msg: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Details {
            code,
            msg: msg.into(),
            errors: Vec::new(),
            about: None,
            failure: None,
            cause: None,
        }))
    }

    /// 422 for one path.
    pub fn invalid(path: impl Into<String>, code: &'static str, msg: impl Into<String>) -> Self {
        Self::validation(vec![FieldError::new(path, code, msg)])
    }

    /// 422 for everything that is wrong.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        Error::new(ErrorCode::ValidationFailed, "The request is not valid.").with_errors(errors)
    }

    pub fn user_not_found() -> Self {
        Error::new(ErrorCode::UserNotFound, "No such user in this project.")
    }

    pub fn unavailable(cause: impl Into<String>) -> Self {
        let mut error = Error::new(
            ErrorCode::Unavailable,
            "The service cannot answer now. Please try again.",
        );
        error.0.cause = Some(cause.into());
        error
    }

    /// A mistake in the program; `cause` is for the log only.
    pub fn internal(cause: impl Into<String>) -> Self {
        let mut error = Error::new(ErrorCode::Internal, "Something went wrong on our side.");
        error.0.cause = Some(cause.into());
        error
    }

    /// Keeps the first [`MAX_ERRORS`].
    #[must_use]
    pub fn with_errors(mut self, mut errors: Vec<FieldError>) -> Self {
        errors.truncate(MAX_ERRORS);
        self.0.errors = errors;
        self
    }

    /// The user whose state the answer shows. Only for a caller that may see it.
    #[must_use]
    pub fn about(mut self, person: Person) -> Self {
        // Of somebody who is not there nothing is shown. With a path, it is somebody else who is not there.
        if self.0.code != ErrorCode::UserNotFound || !self.0.errors.is_empty() {
            self.0.about = Some(person);
        }
        self
    }

    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    pub fn msg(&self) -> &str {
        &self.0.msg
    }

    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    pub fn person(&self) -> Option<&Person> {
        self.0.about.as_ref()
    }

    /// What the log says; never sent to a client.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The unique index in the way, if that is what failed.
    pub fn taken(&self) -> Option<UniqueIndex> {
        match self.0.failure {
            Some(DbFailure::Taken(index)) => Some(index),
            _ => None,
        }
    }

    /// Whether somebody whom a row was to belong to is not there.
    pub fn is_gone(&self) -> bool {
        self.0.failure == Some(DbFailure::Gone)
    }

    /// Whether the same transaction may succeed when it runs again.
    pub fn is_transient(&self) -> bool {
        self.0.failure == Some(DbFailure::Transient)
    }

    /// Whether the connection should not be used again.
    pub fn is_of_the_connection(&self) -> bool {
        matches!(
            self.0.failure,
            Some(DbFailure::Unavailable | DbFailure::Transient)
        )
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        let failure = classify(&error);
        // A message of PostgreSQL may hold the row: only its first line, which names the constraint, goes to the log.
        let cause = error.to_string();
        let cause = cause.lines().next().unwrap_or_default();
        let mut mapped = match failure {
            DbFailure::Transient | DbFailure::Unavailable => Error::unavailable(cause),
            DbFailure::Gone => Error::user_not_found(),
            DbFailure::Taken(_) | DbFailure::Unexpected => Error::internal(cause),
        };
        mapped.0.failure = Some(failure);
        mapped
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.cause().unwrap_or(self.msg()))
    }
}

impl std::error::Error for Error {}
