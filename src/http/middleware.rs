//! Around every request: its id, and its log line.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};

use super::cors;
use super::frame::LogFields;
use crate::app::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: the caller's, when it is 1 to 64 of `A-Za-z0-9._-`, else one of ours.
#[derive(Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    fn new(given: Option<&HeaderValue>, app: &App) -> Self {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        let given = given.filter(|value| {
            (1..=64).contains(&value.len()) && value.as_bytes().iter().all(allowed)
        });
        let made = || HeaderValue::from_str(&app.ids.uuid(app.clock.now()).to_string()).ok();
        RequestId(
            given
                .cloned()
                .or_else(made)
                .unwrap_or_else(|| HeaderValue::from_static("-")),
        )
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// The id of a request on its way.
pub fn request_id(request: &HttpRequest) -> String {
    let extensions = request.extensions();
    let id = extensions.get::<RequestId>().map(RequestId::as_str);
    id.unwrap_or_default().to_owned()
}

pub async fn around<B: MessageBody + 'static>(
    app: web::Data<App>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let began = Instant::now();
    let id = RequestId::new(request.headers().get(REQUEST_ID), &app);
    let origin = request.headers().get(header::ORIGIN).cloned();
    request.extensions_mut().insert(id.clone());
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id.0.clone());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    cors::expose(&app, origin, headers);
    log_request(&response, &id, began);
    Ok(response)
}

/// One line a request: never a body, a query or a header, and of the path only what is the same for every caller. What
/// stands in the place of an id may be an e-mail address, and so may a URL at which there is nothing.
fn log_request<B>(response: &ServiceResponse<B>, id: &RequestId, began: Instant) {
    let extensions = response.response().extensions();
    let fields = extensions.get::<LogFields>().copied().unwrap_or_default();
    let code = fields.code.and_then(|code| serde_json::to_value(code).ok());
    log::info!(
        target: "clogin::request",
        id = id.as_str(),
        admin = fields.admin.map(|admin| admin.0),
        action = fields.trail.action,
        group = fields.trail.group.map(|group| group.0),
        status = response.status().as_u16(),
        code = code.as_ref().and_then(|code| code.as_str()),
        us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        "{} {}",
        method(response.request()),
        response.request().match_pattern().as_deref().unwrap_or("-")
    );
}

/// A method that is not among the usual ones is a text of the caller's.
fn method(request: &HttpRequest) -> &'static str {
    const USUAL: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE",
    ];
    let method = request.method().as_str();
    USUAL
        .into_iter()
        .find(|usual| *usual == method)
        .unwrap_or("-")
}
