//! The action API on the wire: `action-api.md`, Answers.

use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Resource};
use serde::Serialize;
use utoipa::ToSchema;

use super::frame::{LogFields, guarded};
use super::middleware::{RequestId, request_id};
use super::{Surface, Url, auth, cors};
use crate::actions::{self, Body, Endpoint, IdempotencyKey, Request, Worker};
use crate::error::{Error, ErrorCode, FieldError};
use crate::users::person::{MetaInfo, Person, UserInfo};

const MAX_BODY_BYTES: usize = 1024 * 1024;
pub const JSON: &str = "application/json; charset=utf-8";
/// Seconds after which a call that was answered 503 may be tried again.
pub const RETRY_AFTER: &str = "1";

pub(super) const SURFACE: Surface = Surface {
    urls: || {
        let url = |endpoint: Endpoint| Url::new(format!("{}/", endpoint.path()), [Method::POST]);
        Endpoint::ALL.map(url).into()
    },
    serve: |service| {
        for endpoint in Endpoint::ALL {
            // One each: a resource with several paths is found by regular expressions.
            let path = endpoint.path();
            for path in [path.to_owned(), format!("{path}/")] {
                service.service(resource(endpoint, path));
            }
        }
    },
};

fn resource(endpoint: Endpoint, path: String) -> Resource {
    let handler = move |request: HttpRequest, payload: Payload, worker: Data<Worker>| async move {
        let mut log = LogFields::default();
        let result = guarded(answer(&request, payload, &worker, endpoint, &mut log)).await;
        log.respond(result, |result| match result {
            Ok(body) => success(body),
            Err(error) => failure(&request, &error),
        })
    };
    web::resource(path)
        .route(web::post().to(handler))
        .route(web::method(Method::OPTIONS).to(cors::preflight))
        .default_service(web::to(not_post))
}

async fn answer(
    request: &HttpRequest,
    payload: Payload,
    worker: &Worker,
    endpoint: Endpoint,
    log: &mut LogFields,
) -> Result<Body, Error> {
    let caller = auth::authenticate(worker, request.headers()).await?;
    log.admin = Some(caller.admin_id());
    check_media_type(request)?;
    let idempotency_key = idempotency_key(request)?;
    let body = read_body(payload).await?;
    let request_id = request_id(request);
    let request = Request {
        endpoint,
        idempotency_key,
        request_id: &request_id,
        body: &body,
    };
    actions::dispatch(worker, &caller, request, &mut log.trail).await
}

/// A missing Content-Type is taken as JSON.
pub fn check_media_type(request: &HttpRequest) -> Result<(), Error> {
    let refused = |msg: &'static str| Err(Error::new(ErrorCode::UnsupportedMediaType, msg));
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return refused("The body must not be compressed.");
    }
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| part.strip_prefix("charset="));
    let utf8 = charset.is_none_or(|charset| ["utf-8", "utf8"].contains(&charset.trim_matches('"')));
    if media_type == "application/json" && utf8 {
        return Ok(());
    }
    refused("The body must be JSON in UTF-8: send Content-Type: application/json.")
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<IdempotencyKey>, Error> {
    let headers = request.headers();
    let value = headers
        .get("Idempotency-Key")
        .or_else(|| headers.get("X-Idempotency-Key"));
    // What is no text is no key either.
    value
        .map(|value| IdempotencyKey::new(value.to_str().unwrap_or_default()))
        .transpose()
}

pub async fn read_body(payload: Payload) -> Result<web::Bytes, Error> {
    match payload.to_bytes_limited(MAX_BODY_BYTES).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Error::new(
            ErrorCode::InvalidJson,
            "The body was not received in full.",
        )),
        Err(_) => Err(Error::new(
            ErrorCode::BodyTooLarge,
            "The body must have at most 1 MiB.",
        )),
    }
}

fn success(body: Body) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type(JSON);
    if body.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    response.body(body.json)
}

/// Why a call was refused.
#[derive(Serialize, ToSchema)]
pub(super) struct Failure<'a> {
    success: bool,
    msg: &'a str,
    msg_type: &'static str,
    code: ErrorCode,
    errors: &'a [FieldError],
    request_id: &'a str,
    #[schema(required = true)]
    user_info: Option<UserInfo>,
    #[schema(required = true)]
    meta_info: Option<MetaInfo>,
}

/// Renders an error, and logs its cause: here, and nowhere else.
pub fn failure(request: &HttpRequest, error: &Error) -> HttpResponse {
    let extensions = request.extensions();
    let request_id = extensions.get::<RequestId>().map_or("", RequestId::as_str);
    if let Some(cause) = error.cause() {
        log::error!(id = request_id; "{cause}");
    }
    let failure = Failure {
        success: false,
        msg: error.msg(),
        msg_type: "error",
        code: error.code(),
        errors: error.errors(),
        request_id,
        user_info: error.person().map(Person::user_info),
        meta_info: error.person().and_then(|person| person.meta_info().ok()),
    };
    let status =
        StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if error.code() == ErrorCode::Unavailable {
        response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
    }
    response
        .content_type(JSON)
        .body(serde_json::to_string(&failure).unwrap_or_default())
}

pub async fn not_found(request: HttpRequest) -> HttpResponse {
    failure(
        &request,
        &Error::new(ErrorCode::NotFound, "There is nothing at this URL."),
    )
}

/// `allowed`: the methods that the URL takes.
pub fn method_not_allowed(request: &HttpRequest, allowed: &'static str) -> HttpResponse {
    let msg = format!("This URL takes {} only.", allowed.replace(", ", " and "));
    let mut response = failure(request, &Error::new(ErrorCode::MethodNotAllowed, msg));
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// What an endpoint of actions takes.
pub async fn not_post(request: HttpRequest) -> HttpResponse {
    method_not_allowed(&request, "POST")
}
