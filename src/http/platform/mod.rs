//! The platform-users API on the wire: its URLs, and the way of a request to one.

mod credentials;
pub(super) mod errors;
mod events;
mod given;
mod oauth;
mod telling;
mod users;

use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, Resource, Scope};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

pub use self::errors::not_found;
use self::given::Given;
pub(super) use self::oauth::SURFACE as OAUTH;
use self::telling::Telling;
use super::action_api::JSON;
use super::frame::{LogFields, guarded};
use super::middleware::request_id;
use super::{Surface, Url, auth, cursor};
use crate::actions::users::RestCall;
use crate::actions::{Caller, Worker};
use crate::error::Error;
use crate::events::{CallEvents, Operation};

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Events tell of it.
    Task(Task),
    ListEvents,
    ListEventTypes,
}

/// What can be done to people, or asked of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    CreateUser,
    ListUsers,
    SearchUsers,
    ReadUser,
    ChangeUser,
    DeleteUser,
    ListCredentials,
    RecordCredential,
}

pub(super) type Methods = &'static [(Method, Route)];

/// Paths below a prefix; of each the methods, and what they ask for.
pub(super) const ROUTES: [(&str, Methods); 7] = [
    (
        "/users",
        &[
            (Method::GET, Route::Task(Task::ListUsers)),
            (Method::POST, Route::Task(Task::CreateUser)),
        ],
    ),
    (
        "/users/search",
        &[(Method::POST, Route::Task(Task::SearchUsers))],
    ),
    (
        "/users/{id}",
        &[
            (Method::GET, Route::Task(Task::ReadUser)),
            (Method::PUT, Route::Task(Task::ChangeUser)),
            (Method::DELETE, Route::Task(Task::DeleteUser)),
        ],
    ),
    (
        "/users/{id}/credentials",
        &[
            (Method::GET, Route::Task(Task::ListCredentials)),
            (Method::POST, Route::Task(Task::RecordCredential)),
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
            Route::Task(task) => task.name(),
            Route::ListEvents => "platform/list_events",
            Route::ListEventTypes => "platform/list_event_types",
        }
    }
}

impl Task {
    fn name(self) -> &'static str {
        match self {
            Task::CreateUser => "platform/create_user",
            Task::ListUsers => "platform/list_users",
            Task::SearchUsers => "platform/search_users",
            Task::ReadUser => "platform/read_user",
            Task::ChangeUser => "platform/change_user",
            Task::DeleteUser => "platform/delete_user",
            Task::ListCredentials => "platform/list_credentials",
            Task::RecordCredential => "platform/record_credential",
        }
    }

    fn takes_body(self) -> bool {
        matches!(
            self,
            Task::CreateUser | Task::SearchUsers | Task::ChangeUser | Task::RecordCredential
        )
    }

    /// What its events say was done.
    fn operation(self) -> Operation {
        match self {
            Task::CreateUser => Operation::Create,
            Task::ListUsers => Operation::RetrieveList,
            Task::SearchUsers => Operation::Search,
            Task::ReadUser => Operation::Retrieve,
            Task::ChangeUser | Task::RecordCredential => Operation::Update,
            Task::DeleteUser => Operation::Delete,
            Task::ListCredentials => Operation::CredentialRetrieveList,
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
    rest: RestCall<'a>,
    given: &'a Given,
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
    let mut log = LogFields::of(route.name());
    let mut given = Given::new(request);
    let answer = answer(request, payload, worker, route, &mut given, &mut log);
    let result = guarded(answer).await;
    log.respond(result, |result| match result {
        Ok(Answer { status, body }) => {
            let mut response = HttpResponse::build(status);
            match body {
                Some(body) => response.content_type(JSON).body(body.to_string()),
                None => response.finish(),
            }
        }
        Err(error) => errors::failure(request, &error, &given),
    })
}

async fn answer(
    request: &HttpRequest,
    payload: Payload,
    worker: &Worker,
    route: Route,
    given: &mut Given,
    log: &mut LogFields,
) -> Result<Answer, Error> {
    let caller = auth::authenticate_rest(worker, request.headers()).await?;
    log.admin = Some(caller.admin_id());
    let rest = rest_call(worker, &caller)?;
    let task = match route {
        Route::ListEvents => {
            return Box::pin(events::list(worker, &caller, given)).await;
        }
        Route::ListEventTypes => return Ok(events::types()),
        Route::Task(task) => task,
    };
    let (app, admin) = (&worker.app, caller.admin_id());
    let (organization, id) = (&caller.setup.organization, request_id(request));
    let events = CallEvents::begin(app, organization, admin, &id, task.operation());
    let mut telling = Telling::begin(events);
    let result = async {
        if task.takes_body() {
            given.read_body(request, payload).await?;
        }
        let call = Call { rest, given };
        run(&call, task, &mut telling).await
    }
    .await;
    telling.finish(app, &result);
    result
}

async fn run(call: &Call<'_>, task: Task, tell: &mut Telling) -> Result<Answer, Error> {
    // Each on the heap, as the action API has its actions.
    let running: LocalBoxFuture<'_, _> = match task {
        Task::CreateUser => Box::pin(users::create(call, tell)),
        Task::ListUsers => Box::pin(users::list(call, tell)),
        Task::SearchUsers => Box::pin(users::search(call, tell)),
        Task::ReadUser => Box::pin(users::read(call, tell)),
        Task::ChangeUser => Box::pin(users::change(call, tell)),
        Task::DeleteUser => Box::pin(users::delete(call, tell)),
        Task::ListCredentials => Box::pin(credentials::list(call, tell)),
        Task::RecordCredential => Box::pin(credentials::record(call, tell)),
    };
    running.await
}

/// A publishable key is for browsers: it sees nobody.
fn rest_call<'a>(worker: &'a Worker, caller: &'a Caller) -> Result<RestCall<'a>, Error> {
    RestCall::new(worker, caller).map_err(|_| errors::forbidden())
}
