//! The one error in the shape of this surface: `{code, message, details}`.

use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::given::Given;
use crate::error::{Error, ErrorCode, FieldError, Place};
use crate::http::action_api::{JSON, RETRY_AFTER};
use crate::http::middleware::request_id;

/// Why a call was refused.
#[derive(Serialize, ToSchema)]
#[schema(as = PlatformFailure)]
pub(in crate::http) struct Failure<'a> {
    code: &'static str,
    message: &'a str,
    details: Vec<Detail<'a>>,
}

/// One thing that is wrong with the input.
#[derive(Serialize, ToSchema)]
#[schema(as = PlatformDetail)]
struct Detail<'a> {
    /// As it was given; null where it was not.
    value: Value,
    msg: String,
    param: &'a str,
    location: &'static str,
}

/// The status and the word of a code. What is wrong with the input is one status here.
fn status(code: ErrorCode) -> (StatusCode, &'static str) {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match status {
        StatusCode::UNAUTHORIZED => (status, "Unauthorized"),
        StatusCode::FORBIDDEN => (status, "Forbidden"),
        StatusCode::NOT_FOUND => (status, "NotFound"),
        StatusCode::METHOD_NOT_ALLOWED => (status, "MethodNotAllowed"),
        StatusCode::PAYLOAD_TOO_LARGE => (status, "PayloadTooLarge"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (status, "UnsupportedMediaType"),
        StatusCode::SERVICE_UNAVAILABLE => (status, "ServiceUnavailable"),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            (StatusCode::BAD_REQUEST, "BadRequest")
        }
        StatusCode::CONFLICT => (StatusCode::BAD_REQUEST, "Conflict"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
    }
}

/// Renders an error, and logs its cause. `given`: where the values of the details are looked up.
pub(super) fn failure(request: &HttpRequest, error: &Error, given: &Given) -> HttpResponse {
    if let Some(cause) = error.cause() {
        log::error!(id = request_id(request); "{cause}");
    }
    let (status, code) = status(error.code());
    let failure = Failure {
        code,
        message: match error.code() {
            ErrorCode::ValidationFailed => "Validation Error",
            ErrorCode::Unauthenticated => "Unauthorized",
            _ => error.msg(),
        },
        details: error
            .errors()
            .iter()
            .map(|error| detail(error, given))
            .collect(),
    };
    let mut response = HttpResponse::build(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
    }
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    response
        .content_type(JSON)
        .body(serde_json::to_string(&failure).unwrap_or_default())
}

fn detail<'a>(error: &'a FieldError, given: &Given) -> Detail<'a> {
    Detail {
        value: given.value(error.place, &error.path),
        msg: sentence(&error.msg),
        param: &error.path,
        location: match error.place {
            Place::Body => "body",
            Place::Query => "query",
            Place::Path => "params",
        },
    }
}

/// With a capital letter in front: elsewhere it follows a path.
fn sentence(msg: &str) -> String {
    let mut letters = msg.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

pub(super) fn forbidden() -> Error {
    Error::new(
        ErrorCode::ActionForbidden,
        "A publishable key may not do this.",
    )
}

/// Of URLs below the prefixes of this surface.
pub async fn not_found(request: HttpRequest) -> HttpResponse {
    let error = Error::new(ErrorCode::NotFound, "There is nothing at this URL.");
    failure(&request, &error, &Given::new(&request))
}

pub(super) fn method_not_allowed<'a>(
    request: &HttpRequest,
    allowed: impl Iterator<Item = &'a Method>,
) -> HttpResponse {
    let mut words = Vec::new();
    for method in allowed {
        words.push(method.as_str());
        if method == Method::GET {
            words.push(Method::HEAD.as_str());
        }
    }
    let words = words.join(", ");
    let error = Error::new(
        ErrorCode::MethodNotAllowed,
        format!("This URL takes {words} only."),
    );
    let mut response = failure(request, &error, &Given::new(request));
    if let Ok(value) = HeaderValue::from_str(&words) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}
