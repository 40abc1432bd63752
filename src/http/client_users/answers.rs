//! Answers in the shape of Django REST framework: people, pages, and the one error.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::{Map, Value, json};
use url::form_urlencoded;
use utoipa::ToSchema;

use super::query::{self, Parameters};
use crate::actions::users::list::{Page, Paging};
use crate::db::rest_users::RestUser;
use crate::error::{Error, ErrorCode};
use crate::http::action_api::RETRY_AFTER;
use crate::http::middleware::RequestId;
use crate::users::views::ClientUser;

const JSON: &str = "application/json";

fn json_answer(status: StatusCode, body: &impl Serialize) -> Result<HttpResponse, Error> {
    let body = serde_json::to_string(body)
        .map_err(|error| Error::internal(format!("an answer cannot be written: {error}")))?;
    Ok(HttpResponse::build(status).content_type(JSON).body(body))
}

pub(super) fn user(user: &RestUser) -> Result<HttpResponse, Error> {
    json_answer(StatusCode::OK, &ClientUser::of(user)?)
}

pub(super) fn created(user: &RestUser) -> Result<HttpResponse, Error> {
    json_answer(StatusCode::CREATED, &ClientUser::of(user)?)
}

/// A page of people.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientUserPage)]
pub(in crate::http) struct Listed {
    /// How many there are on all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    count: Option<i64>,
    /// The URL of the next page; null at the end.
    #[schema(required = true)]
    next: Option<String>,
    #[schema(required = true)]
    previous: Option<String>,
    results: Vec<ClientUser>,
}

pub(super) fn page(
    request: &HttpRequest,
    parameters: &Parameters,
    page: Page,
) -> Result<HttpResponse, Error> {
    let link = |paging: Option<Paging>| paging.map(|paging| link(request, parameters, &paging));
    let results: Result<Vec<_>, Error> = page.users.iter().map(ClientUser::of).collect();
    let listed = Listed {
        count: page.count,
        next: link(page.next),
        previous: link(page.previous),
        results: results?,
    };
    json_answer(StatusCode::OK, &listed)
}

/// The URL of another page of the same list: absolute, with the other parameters, in the order of their names.
fn link(request: &HttpRequest, parameters: &Parameters, paging: &Paging) -> String {
    let mut pairs: Parameters = parameters
        .iter()
        .filter(|(name, _)| name != "page" && name != "cursor")
        .cloned()
        .collect();
    match paging {
        // The first one is what is there without it.
        Paging::Number(1) => {}
        Paging::Number(page) => pairs.push(("page".to_owned(), page.to_string())),
        Paging::Cursor { start, .. } => {
            pairs.push(("cursor".to_owned(), query::write_cursor(start)))
        }
    }
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let info = request.connection_info();
    let address = format!("{}://{}{}", info.scheme(), info.host(), request.path());
    if query.is_empty() {
        address
    } else {
        format!("{address}?{query}")
    }
}

pub(super) fn options(name: &str, allowed: &'static str) -> HttpResponse {
    let body = json!({ "name": name, "description": "", "renders": [JSON], "parses": [JSON] });
    HttpResponse::Ok()
        .insert_header((header::ALLOW, allowed))
        .content_type(JSON)
        .body(body.to_string())
}

pub(super) async fn not_found(request: HttpRequest) -> HttpResponse {
    failure(&request, &Error::new(ErrorCode::NotFound, "Not found."), "")
}

/// Renders an error, and logs its cause. `allowed`: the methods that the URL takes.
pub(super) fn failure(request: &HttpRequest, error: &Error, allowed: &'static str) -> HttpResponse {
    if let Some(cause) = error.cause() {
        let extensions = request.extensions();
        let request_id = extensions.get::<RequestId>().map_or("", RequestId::as_str);
        log::error!(id = request_id; "{cause}");
    }
    // What is wrong with a request is one status here.
    let status = match error.code().status() {
        409 | 422 => StatusCode::BAD_REQUEST,
        status => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let mut response = HttpResponse::build(status);
    match status {
        StatusCode::UNAUTHORIZED => {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            response.insert_header((header::ALLOW, HeaderValue::from_static(allowed)));
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
        }
        _ => {}
    }
    response.content_type(JSON).body(body(error).to_string())
}

fn body(error: &Error) -> Value {
    let detail = |msg: &str| json!({ "detail": msg });
    match error.code() {
        ErrorCode::InvalidJson => detail(&format!("JSON parse error - {}", error.msg())),
        ErrorCode::OriginForbidden => detail("You do not have permission to perform this action."),
        ErrorCode::Internal => detail("A server error occurred."),
        ErrorCode::Unavailable => detail("Service temporarily unavailable, try again later."),
        code if [409, 422].contains(&code.status()) => by_field(error),
        _ => detail(error.msg()),
    }
}

/// Field → sentences; what is about no one field is under `non_field_errors`.
fn by_field(error: &Error) -> Value {
    if error.errors().is_empty() {
        return json!({ "non_field_errors": [error.msg()] });
    }
    let mut fields: Map<String, Value> = Map::new();
    for wrong in error.errors() {
        let sentences = fields
            .entry(wrong.path.as_str())
            .or_insert_with(|| json!([]));
        if let Some(sentences) = sentences.as_array_mut() {
            sentences.push(wrong.msg.as_str().into());
        }
    }
    Value::Object(fields)
}
