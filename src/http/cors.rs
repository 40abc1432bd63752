//! What browsers ask before and after a call from another origin. Only the origins that publishable keys name are
//! answered; whether a call may come from one is decided with its key.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use super::action_api;
use crate::app::App;
use crate::error::{Error, ErrorCode};

const ALLOWED_HEADERS: &str = "Api-id, Api-user, Api-token, Authorization, Content-Type, Idempotency-Key, Timestamp, X-Idempotency-Key, X-Request-Id";
const EXPOSED_HEADERS: &str = "Idempotent-Replayed, Retry-After, X-Request-Id";
/// Seconds for which a browser remembers the answer to its preflight.
const MAX_AGE: &str = "600";

/// Answers `OPTIONS`: a browser's preflight, from an origin that some publishable key names.
pub async fn preflight(request: HttpRequest, app: web::Data<App>) -> HttpResponse {
    let headers = request.headers();
    if !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return action_api::not_post(request).await;
    }
    if origin(headers).is_some_and(|origin| app.projects.current().knows_origin(origin)) {
        return HttpResponse::NoContent()
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "POST"))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE))
            .finish();
    }
    action_api::failure(&request, &origin_forbidden())
}

pub fn origin_forbidden() -> Error {
    let msg = "A publishable key is accepted only from the web origins that it names.";
    Error::new(ErrorCode::OriginForbidden, msg)
}

pub fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN)?.to_str().ok()
}

/// Lets a browser read an answer, whatever it is, when its origin is known.
pub fn expose(app: &App, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let known = |origin: &HeaderValue| {
        origin
            .to_str()
            .is_ok_and(|origin| app.projects.current().knows_origin(origin))
    };
    if let Some(origin) = origin.filter(known) {
        const EXPOSE: HeaderName = header::ACCESS_CONTROL_EXPOSE_HEADERS;
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(EXPOSE, HeaderValue::from_static(EXPOSED_HEADERS));
    }
}
