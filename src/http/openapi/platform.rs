//! The operations of the platform-users API, below both prefixes, and of `/oauth/token`.

mod schemas;

pub(super) use self::schemas::components;

use actix_web::http::Method;
use serde_json::{Value, json};

use self::schemas::{cursor, limit};
use super::Described;
use super::operation::{Answer, JSON, Operation, body, query, reference};
use crate::events::Operation as Told;
use crate::http::platform::{PREFIXES, ROUTES, Route, Task};

pub(super) fn operations() -> Vec<Described> {
    let below = |prefix: &'static str| {
        let of_path = move |(path, methods): (&str, &'static [(Method, Route)])| {
            let path = format!("{prefix}{path}");
            methods.iter().map(move |(method, route)| Described {
                path: path.clone(),
                method: method.clone(),
                operation: operation(prefix, &path, *route),
            })
        };
        ROUTES.into_iter().flat_map(of_path)
    };
    let below = PREFIXES.into_iter().flat_map(below);
    below.chain([token()]).collect()
}

fn operation(prefix: &str, path: &str, route: Route) -> Operation {
    let (name, summary, description, success) = told(route, &|name| id(prefix, path, name));
    let of_somebody = path.contains("{id}");
    let mut parameters = Vec::new();
    if of_somebody {
        parameters.push(json!({
            "name": "id",
            "in": "path",
            "required": true,
            "schema": { "type": "string", "format": "uuid" },
        }));
    }
    match route {
        Route::Task(Task::ListUsers) | Route::Task(Task::ListCredentials) => {
            parameters.extend(paging())
        }
        Route::ListEvents => parameters.extend(paging().into_iter().chain(event_filters())),
        _ => {}
    }
    let schema = match route {
        Route::Task(Task::CreateUser) => Some(reference("PlatformUserFields")),
        Route::Task(Task::ChangeUser) => {
            Some(json!({ "anyOf": [reference("ClaimsChange"), reference("ProviderChange")] }))
        }
        Route::Task(Task::SearchUsers) => Some(reference("PlatformUserSearch")),
        Route::Task(Task::RecordCredential) => Some(reference("CredentialMetadata")),
        _ => None,
    };
    let failure =
        |status, description: &str| Answer::new(status, description, reference("PlatformFailure"));
    let mut answers = vec![success];
    if route != Route::ListEventTypes {
        answers.push(failure(400, "What is wrong with the request."));
    }
    let missing = "There are no credentials, or they are not valid.";
    answers.push(failure(401, missing).with_header("WWW-Authenticate"));
    answers.push(failure(403, "A publishable key."));
    if of_somebody && route != Route::Task(Task::ListCredentials) {
        answers.push(failure(404, "Nobody has this id."));
    }
    answers.push(failure(405, "The URL does not take this method."));
    if schema.is_some() {
        answers.push(failure(413, "The body has more than 1 MiB."));
        answers.push(failure(415, "The body is not said to be JSON."));
    }
    answers.push(failure(500, "A mistake on our side."));
    answers.push(failure(503, "Not now."));
    Operation {
        id: id(prefix, path, name),
        tag: "Platform users",
        summary,
        description,
        parameters,
        body: schema.map(body),
        answers,
        security: json!([{ "bearer": [] }]),
    }
}

/// The name of an operation: each is there below both prefixes, and one below two paths.
fn id(prefix: &str, path: &str, name: &str) -> String {
    let short = if path.ends_with("/events") && !path.ends_with("/analytics/events") {
        "_short"
    } else {
        ""
    };
    if prefix == PREFIXES[0] {
        format!("platform_{name}{short}")
    } else {
        format!("platform_{name}{short}_v1")
    }
}

/// The name, the summary, the description, and the answer when all is well.
fn told(
    route: Route,
    id: &dyn Fn(&str) -> String,
) -> (&'static str, &'static str, &'static str, Answer) {
    let user =
        |status, description: &str| Answer::new(status, description, reference("PlatformUser"));
    let users = || Answer::new(200, "A page.", reference("PlatformUserPage"));
    match route {
        Route::Task(Task::CreateUser) => {
            let of_it = [
                "read_user",
                "change_user",
                "delete_user",
                "list_credentials",
            ]
            .map(id);
            let of_it: Vec<_> = of_it.iter().map(String::as_str).collect();
            (
                "create_user",
                "Create somebody",
                "Unknown keys are passed over.",
                user(201, "Somebody new.").with_links(&of_it),
            )
        }
        Route::Task(Task::ListUsers) => ("list_users", "List people", "Oldest first.", users()),
        Route::Task(Task::SearchUsers) => (
            "search_users",
            "Search people",
            "Everything that is given is ANDed. Claims match by containment: every leaf that is given is there with the \
             same value and type; an element of an array is contained in some element.",
            users(),
        ),
        Route::Task(Task::ReadUser) => (
            "read_user",
            "Look somebody up",
            "",
            user(200, "The person."),
        ),
        Route::Task(Task::ChangeUser) => (
            "change_user",
            "Change somebody",
            "What is given replaces what was there as a whole.",
            user(200, "The person as it is now."),
        ),
        Route::Task(Task::DeleteUser) => (
            "delete_user",
            "Delete somebody for good",
            "Every personal datum goes, on every surface. Metadata of credentials stay, without the person.",
            Answer::empty(204, "Gone."),
        ),
        Route::Task(Task::ListCredentials) => (
            "list_credentials",
            "Metadata of somebody's credentials",
            "Of somebody unknown there are none.",
            Answer::new(200, "A page.", reference("CredentialPage")),
        ),
        Route::Task(Task::RecordCredential) => (
            "record_credential",
            "Record metadata of a credential that was issued elsewhere",
            "Further keys are kept as given. Without an `id` one is made.",
            Answer::new(201, "As it is kept.", reference("Credential")),
        ),
        Route::ListEvents => (
            "list_events",
            "What was done to people",
            "Newest first. Lists are separated by commas; (categories OR types) AND the rest.",
            Answer::new(200, "A page.", reference("EventPage")),
        ),
        Route::ListEventTypes => (
            "list_event_types",
            "The types of events, by category",
            "",
            Answer::new(200, "All of them.", reference("EventTypes")),
        ),
    }
}

fn token() -> Described {
    let asked = || {
        // The demo data's.
        let example = json!({
            "client_id": "501",
            "client_secret": "5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11",
            "grant_type": "client_credentials",
        });
        json!({ "schema": reference("TokenRequest"), "examples": { "demo": { "value": example } } })
    };
    let content = json!({ JSON: asked(), "application/x-www-form-urlencoded": asked() });
    let failure =
        |status, description: &str| Answer::new(status, description, reference("PlatformFailure"));
    let operation = Operation {
        id: "oauth_token".to_owned(),
        tag: "Platform users",
        summary: "An access token for an API admin's id and secret",
        description: "It is a bearer token on every surface.",
        parameters: Vec::new(),
        body: Some(json!({ "required": true, "content": content })),
        answers: vec![
            Answer::new(200, "The token.", reference("AccessToken")),
            failure(400, "The body was not received in full."),
            Answer::new(
                401,
                "Anything is wrong with the request.",
                reference("TokenFailure"),
            )
            .with_header("WWW-Authenticate"),
            failure(403, "A publishable key."),
            failure(405, "The URL does not take this method."),
            failure(413, "The body has more than 1 MiB."),
            failure(500, "A mistake on our side."),
            failure(503, "Not now."),
        ],
        security: json!([]),
    };
    Described {
        path: "/oauth/token".to_owned(),
        method: Method::POST,
        operation,
    }
}

fn paging() -> Vec<Value> {
    vec![
        query("limit", "100, where there is none.", limit()),
        query("cursor", "The nextCursor of an answer.", cursor()),
    ]
}

/// Values separated by commas, none of them blank, without control characters.
fn list_pattern() -> String {
    const CONTROL: &str = "\\u0000-\\u001f\\u007f-\\u009f";
    let value = format!("[^,{CONTROL}]*[^,\\s{CONTROL}][^,{CONTROL}]*");
    format!("^{value}(,{value}){{0,99}}$")
}

fn event_filters() -> Vec<Value> {
    let list = || json!({ "type": "string", "pattern": list_pattern() });
    let kinds: Vec<_> = Told::ALL.into_iter().flat_map(Told::kinds).collect();
    let kind = format!("({})", kinds.join("|"));
    let moment = || {
        json!({ "anyOf": [
            { "type": "string", "format": "date-time" },
            { "type": "string", "format": "date" },
        ] })
    };
    vec![
        query("ids", "", list()),
        query("requestIds", "", list()),
        query("categories", "", list()),
        query(
            "types",
            "As /analytics/event-types lists them.",
            json!({ "type": "string", "pattern": format!("^{kind}(,{kind}){{0,20}}$") }),
        ),
        query(
            "dateFrom",
            "From this moment on; of a day its first one.",
            moment(),
        ),
        query(
            "dateTo",
            "Up to this moment; of a day its last one.",
            moment(),
        ),
        query(
            "clientIds",
            "Ids of API admins.",
            json!({ "type": "string", "pattern": "^[0-9]{1,18}(,[0-9]{1,18}){0,19}$" }),
        ),
    ]
}
