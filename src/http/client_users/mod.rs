//! The client-users API on the wire, with the conventions of Django REST framework: see `docs/client-users-api.md`.

pub(super) mod answers;
mod query;

use actix_web::http::{Method, header};
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, Resource};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::action_api::{check_media_type, read_body};
use super::frame::{LogFields, guarded};
use super::middleware::request_id;
use super::{Surface, Url, auth};
use crate::actions::users::{self, RestCall};
use crate::actions::{Caller, Worker};
use crate::error::{Error, ErrorCode, FieldError};
use crate::events::{CallEvents, Details, Operation};
use crate::json;
use crate::users::views::{self, Given};

/// What a URL is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    People,
    Person,
    Restore,
}

impl Route {
    pub(super) const ALL: [Route; 3] = [Route::People, Route::Person, Route::Restore];

    /// Without the slash that may follow.
    pub(super) fn path(self) -> &'static str {
        match self {
            Route::People => "/api/v1/users",
            Route::Person => "/api/v1/users/{id}",
            Route::Restore => "/api/v1/users/{id}/restore",
        }
    }

    /// Beside HEAD, which is answered as GET is, and OPTIONS.
    pub(super) fn methods(self) -> &'static [Method] {
        match self {
            Route::People => &[Method::GET, Method::POST],
            Route::Person => &[Method::GET, Method::PATCH, Method::DELETE],
            Route::Restore => &[Method::POST],
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

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Options,
    List,
    Create,
    Read,
    Change,
    Delete,
    Restore,
}

impl Asked {
    /// None: the URL does not take the method. HEAD is answered as GET is, and the server leaves the body out.
    pub(super) fn of(route: Route, method: &Method) -> Option<Self> {
        match (route, method) {
            (_, &Method::OPTIONS) => Some(Asked::Options),
            (Route::People, &Method::GET | &Method::HEAD) => Some(Asked::List),
            (Route::People, &Method::POST) => Some(Asked::Create),
            (Route::Person, &Method::GET | &Method::HEAD) => Some(Asked::Read),
            (Route::Person, &Method::PATCH) => Some(Asked::Change),
            (Route::Person, &Method::DELETE) => Some(Asked::Delete),
            (Route::Restore, &Method::POST) => Some(Asked::Restore),
            _ => None,
        }
    }

    /// As the log has it.
    fn name(self) -> &'static str {
        match self {
            Asked::Options => "client_users/options",
            Asked::List => "client_users/list",
            Asked::Create => "client_users/create",
            Asked::Read => "client_users/read",
            Asked::Change => "client_users/change",
            Asked::Delete => "client_users/delete",
            Asked::Restore => "client_users/restore",
        }
    }

    /// What its events say was done. Reads have none on this surface.
    fn operation(self) -> Option<Operation> {
        match self {
            Asked::Options | Asked::List | Asked::Read => None,
            Asked::Create => Some(Operation::Create),
            Asked::Change | Asked::Restore => Some(Operation::Update),
            Asked::Delete => Some(Operation::Delete),
        }
    }
}

/// Every URL of the surface, with and without the slash at its end; and whatever else is below it.
pub(super) const SURFACE: Surface = Surface {
    urls: || {
        let url = |route: Route| Url::new(format!("{}/", route.path()), route.methods());
        Route::ALL.map(url).into()
    },
    serve: |service| {
        for route in Route::ALL {
            for slash in ["", "/"] {
                service.service(resource(route, format!("{}{slash}", route.path())));
            }
        }
        service.service(
            web::resource("/api/v1/{rest:.*}").default_service(web::to(answers::not_found)),
        );
    },
};

fn resource(route: Route, path: String) -> Resource {
    let handler = move |request: HttpRequest, payload: Payload, worker: Data<Worker>| async move {
        let mut log = LogFields::default();
        let result = guarded(answer(&request, payload, &worker, route, &mut log)).await;
        log.respond(result, |result| {
            result.unwrap_or_else(|error| answers::failure(&request, &error, route.allowed()))
        })
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
    let Some(asked) = Asked::of(route, request.method()) else {
        let msg = format!("Method \"{}\" not allowed.", request.method());
        return Err(Error::new(ErrorCode::MethodNotAllowed, msg));
    };
    log.trail.action = Some(asked.name());
    match asked.operation() {
        Some(operation) => {
            let id = request_id(request);
            let organization = &caller.setup.organization;
            let app = &worker.app;
            let events = CallEvents::begin(app, organization, caller.admin_id(), &id, operation);
            let result = Box::pin(change(request, payload, asked, call, &events)).await;
            result.inspect_err(|error| {
                app.events
                    .push(|| events.failed(app, events.details(), error))
            })
        }
        None if asked == Asked::List => Box::pin(list(request, &call)).await,
        None if asked == Asked::Read => {
            answers::user(&users::read::read(&call, &id(request)?).await?)
        }
        None => Ok(answers::options(route.name(), route.allowed())),
    }
}

/// What changes somebody.
async fn change(
    request: &HttpRequest,
    payload: Payload,
    asked: Asked,
    call: RestCall<'_>,
    events: &CallEvents,
) -> Result<HttpResponse, Error> {
    if asked == Asked::Create {
        let body = body(request, payload).await?;
        let given = call
            .read_with_locales(|locales| Given::read_client(&body, locales))
            .await?;
        let call = call.telling(events, start(events, &body));
        return answers::created(&users::create::create(&call, given).await?);
    }
    let id = id(request)?;
    match asked {
        Asked::Delete => {
            let call = call.telling(events, events.details());
            users::remove::remove(&call, &id).await?;
            Ok(HttpResponse::NoContent().finish())
        }
        Asked::Restore => {
            let call = call.telling(events, events.details());
            answers::user(&users::restore::restore(&call, &id).await?)
        }
        _ => {
            // Of somebody who is not there nothing is said, whatever is sent.
            let user = users::read::read(&call, &id).await?;
            let body = body(request, payload).await?;
            // Its own it keeps, when the project file no longer names that.
            let own = [user.locale];
            let given = call
                .read_with_locales(|locales| Given::read_client(&body, &[locales, &own].concat()))
                .await?;
            let call = call.telling(events, start(events, &body));
            answers::user(&users::change::change(&call, &id, given).await?)
        }
    }
}

/// What START says of a body.
fn start(events: &CallEvents, body: &Map<String, Value>) -> Details {
    let given = views::CLIENT_KEYS
        .into_iter()
        .filter_map(|key| Some((key, body.get(key)?)));
    let fields: Vec<_> = given.clone().map(|(key, _)| key).collect();
    let details = events.details().with_impersonal("fields", || fields.into());
    given.fold(details, |details, (key, value)| {
        details.with_personal(key, || value.clone())
    })
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
    let found = auth::authenticate_rest(worker, request.headers()).await;
    found.map_err(|error| match error.code() {
        ErrorCode::Unauthenticated => unauthenticated("Invalid token."),
        _ => error,
    })
}

async fn list(request: &HttpRequest, call: &RestCall<'_>) -> Result<HttpResponse, Error> {
    let parameters = query::parameters(request);
    let kept = users::list::kept_locale(call, query::locale(&parameters)).await?;
    let read = |locales: &[String]| {
        let locales = [locales, kept.as_slice()].concat();
        query::read(&parameters, call.organization(), &locales)
    };
    let wanted = call.read_with_locales(read).await?;
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

/// The body, an object. None says nothing.
async fn body(request: &HttpRequest, payload: Payload) -> Result<Map<String, Value>, Error> {
    let body = read_body(payload).await?;
    if body.is_empty() {
        return Ok(Map::new());
    }
    check_media_type(request).map_err(|error| {
        if request.headers().contains_key(header::CONTENT_ENCODING) {
            return error;
        }
        let sent = request.headers().get(header::CONTENT_TYPE);
        let sent = sent.map_or_else(String::new, |value| {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        });
        let msg = format!("Unsupported media type \"{sent}\" in request.");
        Error::new(ErrorCode::UnsupportedMediaType, msg)
    })?;
    let value = json::parse(&body).map_err(|reason| Error::new(ErrorCode::InvalidJson, reason))?;
    let rounded = rounded_properties(&body, &value);
    match value {
        Value::Object(_) if !rounded.is_empty() => Err(Error::validation(rounded)),
        Value::Object(object) => Ok(object),
        Value::Null => Err(Error::new(ErrorCode::ValidationFailed, "No data provided")),
        other => {
            let kind = views::python_type(&other);
            let msg = format!("Invalid data. Expected a dictionary, but got {kind}.");
            Err(Error::new(ErrorCode::ValidationFailed, msg))
        }
    }
}

/// Numbers in custom properties that cannot be kept as they are sent; whatever else is in a body is passed over.
fn rounded_properties(text: &[u8], body: &Value) -> Vec<FieldError> {
    let key = "custom_properties";
    json::rounded_numbers(text, body, &format!("{key}."))
        .into_iter()
        .map(|error| FieldError::new(key, error.code, format!("{} {}.", error.path, error.msg)))
        .collect()
}
