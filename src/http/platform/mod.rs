//! The platform-users API on the wire: its URLs, and the way of a request to one.

mod credentials;
pub(super) mod errors;
mod events;
mod given;
mod oauth;
mod users;

use std::panic::AssertUnwindSafe;

use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, Resource, Scope};
use futures_util::FutureExt;
use serde_json::Value;

pub use self::errors::not_found;
use self::given::Given;
pub(super) use self::oauth::SURFACE as OAUTH;
use super::action_api::{JSON, LogFields};
use super::middleware::request_id;
use super::{Surface, Url, auth, cursor};
use crate::actions::{Caller, Worker};
use crate::app::App;
use crate::error::Error;
use crate::events::{CallEvents, Details, Operation};
use crate::ids::CloginId;
use crate::project::file::AdminKind;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    CreateUser,
    ListUsers,
    SearchUsers,
    ReadUser,
    ChangeUser,
    DeleteUser,
    ListCredentials,
    RecordCredential,
    ListEvents,
    ListEventTypes,
}

pub(super) type Methods = &'static [(Method, Route)];

/// Paths below a prefix; of each the methods, and what they ask for.
pub(super) const ROUTES: [(&str, Methods); 7] = [
    (
        "/users",
        &[
            (Method::GET, Route::ListUsers),
            (Method::POST, Route::CreateUser),
        ],
    ),
    ("/users/search", &[(Method::POST, Route::SearchUsers)]),
    (
        "/users/{id}",
        &[
            (Method::GET, Route::ReadUser),
            (Method::PUT, Route::ChangeUser),
            (Method::DELETE, Route::DeleteUser),
        ],
    ),
    (
        "/users/{id}/credentials",
        &[
            (Method::GET, Route::ListCredentials),
            (Method::POST, Route::RecordCredential),
        ],
    ),
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
            Route::CreateUser => "platform/create_user",
            Route::ListUsers => "platform/list_users",
            Route::SearchUsers => "platform/search_users",
            Route::ReadUser => "platform/read_user",
            Route::ChangeUser => "platform/change_user",
            Route::DeleteUser => "platform/delete_user",
            Route::ListCredentials => "platform/list_credentials",
            Route::RecordCredential => "platform/record_credential",
            Route::ListEvents => "platform/list_events",
            Route::ListEventTypes => "platform/list_event_types",
        }
    }

    fn takes_body(self) -> bool {
        matches!(
            self,
            Route::CreateUser | Route::SearchUsers | Route::ChangeUser | Route::RecordCredential
        )
    }

    /// What its events say was done.
    fn operation(self) -> Option<Operation> {
        match self {
            Route::CreateUser => Some(Operation::Create),
            Route::ListUsers => Some(Operation::RetrieveList),
            Route::SearchUsers => Some(Operation::Search),
            Route::ReadUser => Some(Operation::Retrieve),
            Route::ChangeUser | Route::RecordCredential => Some(Operation::Update),
            Route::DeleteUser => Some(Operation::Delete),
            Route::ListCredentials => Some(Operation::CredentialRetrieveList),
            Route::ListEvents | Route::ListEventTypes => None,
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

/// What is told of a call, as far as it is known.
struct Telling {
    events: CallEvents,
    start: Details,
    /// Of a read: that of a change is told in its transaction.
    success: Option<(Details, Option<CloginId>)>,
}

impl Telling {
    /// Says more at the START.
    fn start(&mut self, say: impl FnOnce(Details) -> Details) {
        self.start = say(self.start.clone());
    }

    /// What a read that succeeds says, and of whom it is alone.
    fn success(&mut self, about: Option<CloginId>, say: impl FnOnce(Details) -> Details) {
        self.success = Some((say(self.events.details()), about));
    }

    fn finish<T>(self, app: &App, result: &Result<T, Error>) {
        let told = match (result, self.success) {
            (Err(error), _) => self.events.failed(app, self.start, error),
            (Ok(_), Some((success, about))) => {
                let told = self.events.succeeded(app, self.start, success);
                told.about(about)
            }
            (Ok(_), None) => return,
        };
        app.events.push(told);
    }
}

/// Either reaches the same.
pub(super) const PREFIXES: [&str; 2] = ["/core/v1", "/v1"];

pub(super) const SURFACE: Surface = Surface {
    urls: || {
        let url = |prefix: &str, path: &str, methods: Methods| {
            let methods: Vec<_> = methods.iter().map(|(method, _)| method.clone()).collect();
            Url::new(format!("{prefix}{path}"), methods)
        };
        let below = |prefix| ROUTES.map(|(path, methods)| url(prefix, path, methods));
        PREFIXES.into_iter().flat_map(below).collect()
    },
    serve: |service| {
        for prefix in PREFIXES {
            service.service(scope(prefix));
        }
    },
};

/// Everything below a prefix.
fn scope(prefix: &str) -> Scope {
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
    let Some(operation) = route.operation() else {
        let call = Call {
            worker,
            caller: &caller,
            given,
        };
        return match route {
            Route::ListEvents => events::list(&call).await,
            _ => Ok(events::types()),
        };
    };
    let organization = &caller.setup.organization;
    let id = request_id(request);
    let events = CallEvents::begin(&worker.app, organization, caller.admin_id(), &id, operation);
    let mut telling = Telling {
        start: events.details(),
        events,
        success: None,
    };
    let result = async {
        if route.takes_body() {
            given.read_body(request, payload).await?;
        }
        let call = Call {
            worker,
            caller: &caller,
            given,
        };
        about_users(&call, route, &mut telling).await
    }
    .await;
    telling.finish(&worker.app, &result);
    result
}

async fn about_users(call: &Call<'_>, route: Route, tell: &mut Telling) -> Result<Answer, Error> {
    match route {
        Route::CreateUser => users::create(call, tell).await,
        Route::ListUsers => users::list(call, tell).await,
        Route::SearchUsers => users::search(call, tell).await,
        Route::ReadUser => users::read(call, tell).await,
        Route::ChangeUser => users::change(call, tell).await,
        Route::DeleteUser => users::delete(call, tell).await,
        Route::ListCredentials => credentials::list(call, tell).await,
        Route::RecordCredential => credentials::record(call, tell).await,
        Route::ListEvents | Route::ListEventTypes => {
            Err(Error::internal("a route about events is not about users"))
        }
    }
}

/// A publishable key is for browsers: it sees nobody.
fn refuse_publishable(caller: &Caller) -> Result<(), Error> {
    if caller.admin.kind == AdminKind::Publishable {
        return Err(errors::forbidden());
    }
    Ok(())
}
