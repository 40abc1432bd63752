//! The client-users API on the wire, with the conventions of Django REST framework: see `docs/client-users-api.md`.

mod answers;
mod query;

use std::panic::AssertUnwindSafe;

use actix_web::http::{Method, header};
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, Resource};
use futures_util::FutureExt;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::action_api::{LogFields, check_media_type, read_body};
use super::auth;
use crate::actions::users::{self, RestCall};
use crate::actions::{Caller, Worker};
use crate::error::{Error, ErrorCode};
use crate::events::Operation;
use crate::http::middleware::request_id;
use crate::json;
use crate::users::views::{Given, python_type};

/// What a URL is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    People,
    Person,
    Restore,
}

impl Route {
    const ALL: [Route; 3] = [Route::People, Route::Person, Route::Restore];

    /// Without the slash that may follow.
    fn path(self) -> &'static str {
        match self {
            Route::People => "/api/v1/users",
            Route::Person => "/api/v1/users/{id}",
            Route::Restore => "/api/v1/users/{id}/restore",
        }
    }

    fn allowed(self) -> &'static str {
        match self {
            Route::People => "GET, POST, HEAD, OPTIONS",
            Route::Person => "GET, PATCH, DELETE, HEAD, OPTIONS",
            Route::Restore => "POST, OPTIONS",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Route::People => "User List",
            Route::Person => "User Instance",
            Route::Restore => "User Restore",
        }
    }
}

/// Every URL of the surface, with and without the slash at its end; and whatever else is below it.
pub fn resources() -> Vec<Resource> {
    let paths = Route::ALL
        .into_iter()
        .flat_map(|route| ["", "/"].map(|slash| (route, format!("{}{slash}", route.path()))));
    let mut resources: Vec<_> = paths.map(|(route, path)| resource(route, path)).collect();
    resources.push(web::resource("/api/v1/{rest:.*}").default_service(web::to(answers::not_found)));
    resources
}

fn resource(route: Route, path: String) -> Resource {
    let handler = move |request: HttpRequest, payload: Payload, worker: Data<Worker>| async move {
        let mut log = LogFields::default();
        let answer = answer(&request, payload, &worker, route, &mut log);
        let result = AssertUnwindSafe(answer)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(Error::internal("a panic while answering")));
        let mut response = result.unwrap_or_else(|error| {
            log.code = Some(error.code());
            answers::failure(&request, &error, route.allowed())
        });
        response.extensions_mut().insert(log);
        response
    };
    web::resource(path).default_service(web::to(handler))
}

async fn answer(
    request: &HttpRequest,
    payload: Payload,
    worker: &Worker,
    route: Route,
    log: &mut LogFields,
) -> Result<HttpResponse, Error> {
    let caller = authenticate(request, worker).await?;
    log.admin = Some(caller.admin_id());
    let call = RestCall::new(worker, &caller)?;
    let call = match operation(route, request.method()) {
        Some(operation) => call.telling_of(operation, &request_id(request)),
        None => call,
    };
    let result = act(request, payload, &call, route, log).await;
    if let Err(error) = &result {
        call.tell_failure(error);
    }
    result
}

/// What the events of a call say was done: there are none of reads here.
fn operation(route: Route, method: &Method) -> Option<Operation> {
    match (route, method) {
        (Route::People, &Method::POST) => Some(Operation::Create),
        (Route::Person, &Method::PATCH) | (Route::Restore, &Method::POST) => {
            Some(Operation::Update)
        }
        (Route::Person, &Method::DELETE) => Some(Operation::Delete),
        _ => None,
    }
}

async fn act(
    request: &HttpRequest,
    payload: Payload,
    call: &RestCall<'_>,
    route: Route,
    log: &mut LogFields,
) -> Result<HttpResponse, Error> {
    let mut action = |name| log.trail.action = Some(name);
    match (route, request.method().clone()) {
        (_, Method::OPTIONS) => Ok(answers::options(route.name(), route.allowed())),
        (Route::People, Method::GET | Method::HEAD) => {
            action("client_users/list");
            list(request, call).await
        }
        (Route::People, Method::POST) => {
            action("client_users/create");
            let given = given(request, payload, call).await?;
            answers::created(&users::create::create(call, given).await?)
        }
        (Route::Person, Method::GET | Method::HEAD) => {
            action("client_users/read");
            answers::user(&users::read::read(call, &id(request)?).await?)
        }
        (Route::Person, Method::PATCH) => {
            action("client_users/change");
            let id = id(request)?;
            // Of somebody who is not there nothing is said, whatever is sent.
            users::read::read(call, &id).await?;
            let given = given(request, payload, call).await?;
            answers::user(&users::change::change(call, &id, given).await?)
        }
        (Route::Person, Method::DELETE) => {
            action("client_users/delete");
            users::remove::remove(call, &id(request)?).await?;
            Ok(HttpResponse::NoContent().finish())
        }
        (Route::Restore, Method::POST) => {
            action("client_users/restore");
            answers::user(&users::restore::restore(call, &id(request)?).await?)
        }
        (_, method) => {
            let msg = format!("Method \"{method}\" not allowed.");
            Err(Error::new(ErrorCode::MethodNotAllowed, msg))
        }
    }
}

async fn authenticate(request: &HttpRequest, worker: &Worker) -> Result<Caller, Error> {
    let unauthenticated = |msg: &'static str| Error::new(ErrorCode::Unauthenticated, msg);
    let has_token = |value: &str| {
        let scheme = value.split_once(' ').map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
    };
    let sent = request.headers().get(header::AUTHORIZATION);
    if !sent.is_some_and(|value| value.to_str().is_ok_and(has_token)) {
        let msg = "Authentication credentials were not provided.";
        return Err(unauthenticated(msg));
    }
    let found = auth::authenticate(worker, request.headers()).await;
    found.map_err(|error| match error.code() {
        ErrorCode::Unauthenticated => unauthenticated("Invalid token."),
        _ => error,
    })
}

async fn list(request: &HttpRequest, call: &RestCall<'_>) -> Result<HttpResponse, Error> {
    let parameters = query::parameters(request);
    let wanted = query::read(&parameters, call.organization(), call.locales())?;
    let page = users::list::list(call, wanted.selection, wanted.paging, wanted.size).await?;
    answers::page(request, &parameters, page)
}

/// The id in the URL. One that is no UUID is nobody's.
fn id(request: &HttpRequest) -> Result<String, Error> {
    let text = request.match_info().get("id").unwrap_or_default();
    let is_hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
    match Uuid::try_parse(text) {
        Ok(id) if is_hyphenated => Ok(id.to_string()),
        _ => Err(Error::new(ErrorCode::UserNotFound, "Not found.")),
    }
}

/// What the body says of a person. No body says nothing.
async fn given(
    request: &HttpRequest,
    payload: Payload,
    call: &RestCall<'_>,
) -> Result<Given, Error> {
    let body = read_body(payload).await?;
    if body.is_empty() {
        return Given::read_client(&Map::new(), call.locales());
    }
    check_media_type(request).map_err(|_| {
        let sent = request.headers().get(header::CONTENT_TYPE);
        let sent = sent.map_or_else(String::new, |value| {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        });
        let msg = format!("Unsupported media type \"{sent}\" in request.");
        Error::new(ErrorCode::UnsupportedMediaType, msg)
    })?;
    match json::parse(&body).map_err(|reason| Error::new(ErrorCode::InvalidJson, reason))? {
        Value::Object(object) => Given::read_client(&object, call.locales()),
        other => {
            let kind = python_type(&other);
            let msg = format!("Invalid data. Expected a dictionary, but got {kind}.");
            Err(Error::new(ErrorCode::ValidationFailed, msg))
        }
    }
}
