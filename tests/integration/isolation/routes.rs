//! Every other URL and method with every kind of id of the other organization.

use serde_json::{Value, json};
use uuid::Uuid;

use super::ours::{Key, SECRET};
use super::theirs::{Kind, Theirs};
use super::{Cell, Refusal};

const OPEN: [&str; 5] = [
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/docs/",
    "/docs/{file}",
];

const FOUND: Refusal = (200, "");

/// A URL and a method of the table; None: it is not in the matrix.
pub fn cells(path: &str, method: &str, kind: Kind, theirs: &Theirs) -> Option<Vec<Cell>> {
    let id = theirs.text(kind);
    let cell = |path: String, body: Value, expected: [Refusal; 4]| Cell {
        method: method.to_owned(),
        path,
        body,
        expected,
    };
    if OPEN.contains(&path) {
        let found = if path.contains("{file}") {
            (404, "not_found")
        } else {
            FOUND
        };
        let path = format!("{}?id={id}", path.replace("{file}", &id));
        return Some(vec![cell(path, Value::Null, [found; 4])]);
    }
    if path == "/oauth/token" {
        let body = json!({
            "grant_type": "client_credentials", "client_id": theirs.id(kind), "client_secret": SECRET,
        });
        return Some(vec![cell(
            path.to_owned(),
            body,
            [(401, "access_denied"); 4],
        )]);
    }
    let (requests, refusals): (_, fn(Refusal) -> [Refusal; 4]) = match path.strip_prefix("/api/v1")
    {
        Some(rest) => (client(rest, method, kind, theirs)?, of_client),
        None => {
            let rest = path
                .strip_prefix("/core/v1")
                .or_else(|| path.strip_prefix("/v1"))?;
            (platform(rest, method, kind, theirs)?, of_platform)
        }
    };
    let made = requests.into_iter().map(|(query, body, right)| {
        let path = format!("{}{query}", path.replace("{id}", &id));
        cell(path, body, refusals(right))
    });
    Some(made.collect())
}

fn of_client(right: Refusal) -> [Refusal; 4] {
    Key::ALL.map(|key| match key {
        Key::Right => right,
        Key::Publishable => (403, "You do not have permission to perform this action."),
        Key::Revoked => (401, "Invalid token."),
        Key::None => (401, "Authentication credentials were not provided."),
    })
}

fn of_platform(right: Refusal) -> [Refusal; 4] {
    Key::ALL.map(|key| match key {
        Key::Right => right,
        Key::Publishable => (403, "Forbidden"),
        Key::Revoked | Key::None => (401, "Unauthorized"),
    })
}

/// What is sent: a query, a body, and what it is answered.
type Sent = Vec<(String, Value, Refusal)>;

fn cursor(kind: Kind, otherwise: Refusal) -> Refusal {
    if kind == Kind::Cursor {
        FOUND
    } else {
        otherwise
    }
}

fn client(rest: &str, method: &str, kind: Kind, theirs: &Theirs) -> Option<Sent> {
    let id = theirs.text(kind);
    let unknown = (404, "Not found.");
    let query = |name: &str| format!("?{name}={id}");
    Some(match (rest.trim_end_matches('/'), method) {
        ("/users", "GET") => {
            let filters = ["external_id", "custom_properties__external_id", "email"];
            let filters = filters.map(|name| (query(name), Value::Null, FOUND));
            let wrong = cursor(kind, (404, "Invalid cursor"));
            let position = (query("cursor"), Value::Null, wrong);
            filters.into_iter().chain([position]).collect()
        }
        // Read-only keys are passed over, so that the rest decides.
        ("/users", "POST") => {
            let body = json!({ "id": id, kind.key(): id, "email": "no" });
            vec![(String::new(), body, (400, ""))]
        }
        ("/users/{id}", "PATCH") => vec![(String::new(), json!({ "email": null }), unknown)],
        ("/users/{id}", "GET" | "DELETE") | ("/users/{id}/restore", "POST") => {
            vec![(String::new(), Value::Null, unknown)]
        }
        _ => return None,
    })
}

fn platform(rest: &str, method: &str, kind: Kind, theirs: &Theirs) -> Option<Sent> {
    let id = theirs.text(kind);
    let bad = (400, "BadRequest");
    // Whose id it is shows only where it is the id of a person at all.
    let person = |answer| {
        if Uuid::parse_str(&id).is_ok() {
            answer
        } else {
            bad
        }
    };
    let unknown = person((404, "NotFound"));
    let query = |name: &str, answer| (format!("?{name}={id}"), Value::Null, answer);
    let body = |body: Value, answer| vec![(String::new(), body, answer)];
    Some(match (rest, method) {
        ("/users", "GET") => vec![query("cursor", cursor(kind, bad))],
        ("/users", "POST") => body(json!({ "id": id, kind.key(): id, "claims": 7 }), bad),
        ("/users/search", "POST") => [
            body(json!({ "claims": { "external_id": id } }), FOUND),
            body(
                json!({ "authenticationProvider": { "subjectId": id } }),
                FOUND,
            ),
            body(json!({ "cursor": id }), cursor(kind, bad)),
        ]
        .concat(),
        ("/users/{id}", "GET" | "DELETE") => body(Value::Null, unknown),
        ("/users/{id}", "PUT") => body(json!({ "claims": {} }), unknown),
        ("/users/{id}/credentials", "GET") => body(Value::Null, person(FOUND)),
        ("/users/{id}/credentials", "POST") => body(json!({ "profile": "p" }), unknown),
        ("/analytics/events" | "/events", "GET") => vec![
            query("ids", FOUND),
            query("requestIds", FOUND),
            query("clientIds", client_id(kind, theirs)),
            query("cursor", cursor(kind, bad)),
        ],
        ("/analytics/event-types", "GET") => vec![query("ids", FOUND)],
        _ => return None,
    })
}

/// Admins are named by numbers.
fn client_id(kind: Kind, theirs: &Theirs) -> Refusal {
    match theirs.text(kind).parse::<i64>() {
        Ok(_) => FOUND,
        Err(_) => (400, "BadRequest"),
    }
}
