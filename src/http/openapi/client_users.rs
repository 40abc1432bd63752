//! The operations of the client-users API.

use serde_json::{Map, Value, json};

use super::Described;
use super::operation::{Answer, Operation, body, query, reference};
use super::values::{TEXT, document};
use crate::http::client_users::{Asked, Route};

pub(super) fn operations() -> Vec<Described> {
    Route::ALL.into_iter().flat_map(of_route).collect()
}

fn of_route(route: Route) -> Vec<Described> {
    let methods = route.methods().iter();
    let operations = methods.filter_map(|method| {
        let asked = Asked::of(route, method)?;
        Some(Described {
            path: format!("{}/", route.path()),
            method: method.clone(),
            operation: operation(route, asked)?,
        })
    });
    operations.collect()
}

/// None: what is not told of each URL.
fn operation(route: Route, asked: Asked) -> Option<Operation> {
    let (id, summary, description, success) = told(asked)?;
    let parameters = match asked {
        Asked::List => filters(),
        _ if route == Route::People => Vec::new(),
        _ => vec![json!({
            "name": "id",
            "in": "path",
            "required": true,
            "schema": { "type": "string", "format": "uuid" },
        })],
    };
    let takes_body = matches!(asked, Asked::Create | Asked::Change);
    let body = takes_body.then(|| {
        let mut body = body(reference("ClientUserFields"));
        body["required"] = false.into();
        body
    });
    let answers = [success].into_iter().chain(failures(asked, takes_body));
    Some(Operation {
        id: id.to_owned(),
        tag: "Client users",
        summary,
        description,
        parameters,
        body,
        answers: answers.collect(),
        security: json!([{ "bearer": [] }]),
    })
}

/// The name, the summary, the description, and the answer when all is well.
fn told(asked: Asked) -> Option<(&'static str, &'static str, &'static str, Answer)> {
    let user =
        |status, description: &str| Answer::new(status, description, reference("ClientUser"));
    Some(match asked {
        Asked::Options => return None,
        Asked::List => (
            "client_users_list",
            "List people",
            "In the order in which they were made. Filters are ANDed; of a parameter that is there twice the last one \
             counts, and unknown ones are passed over.",
            Answer::new(200, "A page.", reference("ClientUserPage")),
        ),
        Asked::Create => (
            "client_users_create",
            "Create somebody",
            "Read-only and unknown keys are passed over.",
            user(201, "Somebody new.").with_links(&[
                "client_users_read",
                "client_users_change",
                "client_users_delete",
            ]),
        ),
        Asked::Read => (
            "client_users_read",
            "Look somebody up",
            "",
            user(200, "The person."),
        ),
        Asked::Change => (
            "client_users_change",
            "Change somebody",
            "What is not named stays. `custom_properties` are replaced as a whole.",
            user(200, "The person as it is now."),
        ),
        Asked::Delete => (
            "client_users_delete",
            "Delete somebody",
            "The person is gone from every answer; its data stay, and it can be restored.",
            Answer::empty(204, "Gone."),
        ),
        Asked::Restore => (
            "client_users_restore",
            "Undo a deletion",
            "",
            user(200, "The person is back."),
        ),
    })
}

fn failures(asked: Asked, takes_body: bool) -> Vec<Answer> {
    let detail =
        |status, description: &str| Answer::new(status, description, reference("ClientFailure"));
    let mut failures = Vec::new();
    if takes_body || [Asked::Delete, Asked::List, Asked::Restore].contains(&asked) {
        let description = "What is wrong, by field; or no JSON.";
        failures.push(Answer::new(400, description, reference("ClientErrors")));
    }
    let missing = "There are no credentials, or they are not valid.";
    failures.push(detail(401, missing).with_header("WWW-Authenticate"));
    failures.push(detail(403, "A publishable key."));
    if asked != Asked::Create {
        failures.push(detail(404, "Nobody, or a page that there is not."));
    }
    failures.push(detail(405, "The URL does not take this method."));
    if takes_body {
        failures.push(detail(413, "The body has more than 1 MiB."));
        failures.push(detail(415, "The body is not said to be JSON."));
    }
    failures.push(detail(500, "A mistake on our side."));
    failures.push(detail(503, "Not now."));
    failures
}

fn filters() -> Vec<Value> {
    let text = || json!({ "type": "string", "pattern": TEXT });
    let number = |most: Option<i64>| {
        let mut number = json!({ "type": "integer", "format": "int64", "minimum": 1 });
        if let Some(most) = most {
            number["maximum"] = most.into();
        }
        number
    };
    let moment = || {
        json!({ "anyOf": [
            { "type": "string", "format": "date-time" },
            { "type": "string", "format": "date" },
        ] })
    };
    let mut properties = query(
        "custom_properties",
        "`custom_properties__<key>=<text>`: by a leaf of the custom properties; the key is a dotted path. At most nine, beside `external_id`.",
        json!({
            "type": "object",
            "propertyNames": { "pattern": "^custom_properties__[A-Za-z0-9_.-]+$" },
            "additionalProperties": text(),
            "maxProperties": 9,
        }),
    );
    properties["style"] = "form".into();
    properties["explode"] = true.into();
    vec![
        query("page", "From 1.", number(None)),
        query(
            "page_size",
            "100, where there is none.",
            number(Some(1_000)),
        ),
        query(
            "external_id",
            "`external_id` of the custom properties.",
            text(),
        ),
        properties,
        query("email", "Without regard to case.", text()),
        query(
            "locale",
            "One of the organization's.",
            json!({ "type": "string", "format": "organization-locale" }),
        ),
        query("created_after", "From this moment on.", moment()),
        query("created_before", "Up to this moment.", moment()),
        query(
            "cursor",
            "Instead of `page`, as fast at any depth: an empty one begins, `next` and `previous` go on.",
            json!({ "type": "string", "format": "cursor" }),
        ),
        query(
            "with_count",
            "Whether to count with a cursor.",
            json!({ "type": "string", "enum": ["true", "false", "1", "0"] }),
        ),
    ]
}

pub(super) fn components() -> Map<String, Value> {
    let mut properties = document(json!({
        "external_id": { "type": ["string", "null"], "pattern": TEXT },
    }));
    properties["type"] = json!(["object", "null"]);
    properties["description"] = "At most 16 KiB and 8 levels.".into();
    let user = json!({
        "type": "object",
        "properties": {
            "email": { "type": ["string", "null"], "format": "email", "maxLength": 254 },
            "locale": {
                "description": "One of the organization's; its first, where there is none.",
                "type": "string",
                "format": "organization-locale",
            },
            "custom_properties": properties,
        },
    });
    let sentences = json!({ "type": "array", "items": { "type": "string" } });
    let components = [
        ("ClientUserFields", user),
        (
            "ClientErrors",
            json!({
                "description": "Field → sentences; `detail` → one, where the body is no JSON.",
                "type": "object",
                "additionalProperties": { "anyOf": [{ "type": "string" }, sentences] },
            }),
        ),
        (
            "ClientFailure",
            json!({
                "type": "object",
                "properties": { "detail": { "type": "string" } },
                "required": ["detail"],
            }),
        ),
    ];
    Map::from_iter(components.map(|(name, schema)| (name.to_owned(), schema)))
}
