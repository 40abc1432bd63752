//! The platform-users API on the wire: its URLs, and the way of a request to one.

mod cursor;
mod errors;
mod events;
mod given;
mod oauth;

use std::panic::AssertUnwindSafe;

use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Resource, Scope};
use futures_util::FutureExt;
use serde_json::Value;

pub use self::errors::not_found;
use self::given::Given;
pub use self::oauth::resources as oauth_resources;
use super::action_api::{JSON, LogFields};
use super::auth;
use super::middleware::RequestId;
use crate::actions::{Caller, Worker};
use crate::error::Error;
use crate::project::file::AdminKind;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    ListEvents,
    ListEventTypes,
}

/// Paths below a prefix; of each the methods, and what they ask for.
const ROUTES: [(&str, &[(Method, Route)]); 3] = [
    ("/analytics/events", &[(Method::GET, Route::ListEvents)]),
    ("/events", &[(Method::GET, Route::ListEvents)]),
    (
        "/analytics/event-types",
        &[(Method::GET, Route::ListEventTypes)],
    ),
];

impl Route {
    /// As the log has it.
    fn name(self) -> &'static str {
        match self {
            Route::ListEvents => "platform/list_events",
            Route::ListEventTypes => "platform/list_event_types",
        }
    }

    fn takes_body(self) -> bool {
        match self {
            Route::ListEvents | Route::ListEventTypes => false,
        }
    }
}

/// An answer that is no error.
struct Answer {
    status: StatusCode,
    /// None: there is no body.
    body: Option<Value>,
}

impl Answer {
    fn ok(body: Value) -> Self {
        Answer {
            status: StatusCode::OK,
            body: Some(body),
        }
    }
}

/// A request on its way.
struct Call<'a> {
    worker: &'a Worker,
    caller: &'a Caller,
    given: &'a Given,
}

/// Everything below a prefix.
pub fn scope(prefix: &str) -> Scope {
    ROUTES
        .into_iter()
        .flat_map(|(path, methods)| {
            [path.to_owned(), format!("{path}/")].map(|path| (path, methods))
        })
        .fold(web::scope(prefix), |scope, (path, methods)| {
            scope.service(resource(path, methods))
        })
        .default_service(web::to(not_found))
}

fn resource(path: String, methods: &'static [(Method, Route)]) -> Resource {
    let handler = move |request: HttpRequest, payload: Payload, worker: Data<Worker>| async move {
        // HEAD is answered as GET is, and the server leaves the body out.
        let method = match request.method() {
            &Method::HEAD => &Method::GET,
            method => method,
        };
        match methods.iter().find(|(known, _)| known == method) {
            Some((_, route)) => respond(&request, payload, &worker, *route).await,
            None => errors::method_not_allowed(&request, methods.iter().map(|(method, _)| method)),
        }
    };
    web::resource(path).route(web::route().to(handler))
}

async fn respond(
    request: &HttpRequest,
    payload: Payload,
    worker: &Worker,
    route: Route,
) -> HttpResponse {
    let mut log = LogFields::default();
    log.trail.action = Some(route.name());
    let mut given = Given::new(request);
    let answer = answer(request, payload, worker, route, &mut given, &mut log);
    let result = AssertUnwindSafe(answer)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Error::internal("a panic while answering")));
    let mut response = match result {
        Ok(Answer { status, body }) => {
            let mut response = HttpResponse::build(status);
            match body {
                Some(body) => response.content_type(JSON).body(body.to_string()),
                None => response.finish(),
            }
        }
        Err(error) => {
            log.code = Some(error.code());
            errors::failure(request, &error, &given)
        }
    };
    response.extensions_mut().insert(log);
    response
}

async fn answer(
    request: &HttpRequest,
    payload: Payload,
    worker: &Worker,
    route: Route,
    given: &mut Given,
    log: &mut LogFields,
) -> Result<Answer, Error> {
    let caller = auth::authenticate(worker, request.headers()).await?;
    log.admin = Some(caller.admin_id());
    refuse_publishable(&caller)?;
    if route.takes_body() {
        given.read_body(request, payload).await?;
    }
    let call = Call {
        worker,
        caller: &caller,
        given,
    };
    match route {
        Route::ListEvents => events::list(&call).await,
        Route::ListEventTypes => Ok(events::types()),
    }
}

/// A publishable key is for browsers: it sees nobody.
fn refuse_publishable(caller: &Caller) -> Result<(), Error> {
    if caller.admin.kind == AdminKind::Publishable {
        return Err(errors::forbidden());
    }
    Ok(())
}

fn request_id(request: &HttpRequest) -> String {
    let extensions = request.extensions();
    let id = extensions.get::<RequestId>().map(RequestId::as_str);
    id.unwrap_or_default().to_owned()
}
