//! The operations of the action API: one for each endpoint, with a schema for each of its actions.

use actix_web::http::Method;
use serde_json::{Map, Value, json};

use super::operation::{Answer, JSON, Operation, reference};
use super::{Described, answers, calls};
use crate::actions::{Action, Endpoint};
use crate::error::ErrorCode;

const DESCRIPTION: &str = "One URL for many actions: `action` says which, `group_id` in which project, `clogin_id` of whom.\n\n\
Scalars are read leniently: an id may be decimal digits, a flag 0 or 1, a text a number. Objects are read strictly: an \
unknown key is refused, and so are the same key twice, more than 32 levels, and control characters other than tab and \
line breaks. A body has at most 1 MiB.\n\n\
Optional headers beside those below: `Timestamp` (Unix seconds; refused when more than 300 seconds off) and \
`X-Idempotency-Key`, another name of `Idempotency-Key`. A publishable key is taken only with an `Origin` that it names.";

pub(super) fn operations() -> Vec<Described> {
    Endpoint::ALL.map(described).into()
}

fn described(endpoint: Endpoint) -> Described {
    let (id, summary) = match endpoint {
        Endpoint::Users => ("users_action", "People: register, change, look up, list"),
        Endpoint::Statuses => ("statuses_action", "Statuses of a project"),
        Endpoint::Triggers => ("triggers_action", "Triggers of a project"),
        Endpoint::Products => (
            "products_action",
            "Products of a project, and their categories",
        ),
    };
    let actions: Vec<_> = Action::ALL
        .into_iter()
        .filter(|action| action.endpoint() == endpoint)
        .collect();
    let names = actions.iter().map(|action| answers::name(*action));
    let schema = any_of(names.collect());
    let success = Answer::new(200, "Done.", schema).with_header("Idempotent-Replayed");
    let operation = Operation {
        id: id.to_owned(),
        tag: "Action API",
        summary,
        description: DESCRIPTION,
        parameters: vec![
            header(
                "Idempotency-Key",
                "The same call with the same key is done once, within 24 hours.",
                json!({ "type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$" }),
            ),
            header(
                "X-Request-Id",
                "Named in the answer, the log and the events.",
                json!({ "type": "string" }),
            ),
        ],
        body: Some(body(&actions)),
        answers: [success].into_iter().chain(failures()).collect(),
        security: json!([{ "apiId": [], "apiUser": [], "apiToken": [] }, { "bearer": [] }]),
    };
    Described {
        path: format!("{}/", endpoint.path()),
        method: Method::POST,
        operation,
    }
}

fn header(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "header", "description": description, "schema": schema })
}

/// One of these schemas, and no further wrapping where there is one only.
fn any_of(mut names: Vec<String>) -> Value {
    match names.pop() {
        Some(name) if names.is_empty() => reference(&name),
        last => {
            let names = names.into_iter().chain(last);
            json!({ "anyOf": names.map(|name| reference(&name)).collect::<Vec<_>>() })
        }
    }
}

fn body(actions: &[Action]) -> Value {
    let schema = match actions {
        [action] => reference(&calls::name(*action)),
        _ => {
            let path = |action: &Action| format!("#/components/schemas/{}", calls::name(*action));
            let mapping = actions
                .iter()
                .map(|action| (action.name().to_owned(), path(action).into()));
            let schemas: Vec<_> = actions
                .iter()
                .map(|action| reference(&calls::name(*action)))
                .collect();
            json!({
                "oneOf": schemas,
                "discriminator": {
                    "propertyName": "action",
                    "mapping": mapping.collect::<Map<String, Value>>(),
                },
            })
        }
    };
    let examples = actions.iter().map(|action| {
        (
            action.name().to_owned(),
            json!({ "value": example(*action) }),
        )
    });
    let examples: Map<_, _> = examples.collect();
    json!({ "required": true, "content": { JSON: { "schema": schema, "examples": examples } } })
}

/// A body that a fixture sends.
fn example(action: Action) -> Value {
    let fixture = match action {
        Action::Create => include_str!("../../../fixtures/create/new_parent.json"),
        Action::CreateChild => include_str!("../../../fixtures/create_child/sample.json"),
        Action::Login => include_str!("../../../fixtures/login/sample.json"),
        Action::Authenticate => include_str!("../../../fixtures/authenticate/right.json"),
        Action::VerifyToken => include_str!("../../../fixtures/verify_token/once.json"),
        Action::Update => include_str!("../../../fixtures/update/sample.json"),
        Action::AddProduct => include_str!("../../../fixtures/add_product/several.json"),
        Action::RemoveProduct => include_str!("../../../fixtures/remove_product/one.json"),
        Action::AddEmail => include_str!("../../../fixtures/add_email/sample.json"),
        Action::GetInfo => include_str!("../../../fixtures/get_info/all_at_once.json"),
        Action::SetStatus => include_str!("../../../fixtures/set_status/sample.json"),
        Action::GetUserList => include_str!("../../../fixtures/get_user_list/shape.json"),
        Action::Delete => include_str!("../../../fixtures/delete/child.json"),
        Action::CreateStatus => include_str!("../../../fixtures/create_status/sample.json"),
        Action::CreateTrigger => include_str!("../../../fixtures/create_trigger/sample.json"),
        Action::AddPayment => include_str!("../../../fixtures/add_payment/one.json"),
        Action::MoveChild => include_str!("../../../fixtures/move_child/one.json"),
        Action::CreateProduct => include_str!("../../../fixtures/create_product/sample.json"),
        Action::CreateCategory => include_str!("../../../fixtures/create_category/sample.json"),
        Action::EditCategory => include_str!("../../../fixtures/edit_category/sample.json"),
    };
    // What an earlier exchange of the fixture has named.
    let fixture = ["{{me}}", "{{kid}}", "{{other}}", "{{a}}", "{{category}}"]
        .iter()
        .fold(fixture.replace("{{unique}}", "k3v9"), |text, name| {
            text.replace(name, "9001")
        });
    let fixture: Value = serde_json::from_str(&fixture).unwrap_or_default();
    fixture["request"]["body"].clone()
}

/// Every failure that the program knows, by its status.
fn failures() -> Vec<Answer> {
    let mut statuses: Vec<_> = ErrorCode::ALL.map(ErrorCode::status).into();
    statuses.sort_unstable();
    statuses.dedup();
    let answer = |status: u16| {
        let codes = ErrorCode::ALL
            .into_iter()
            .filter(|code| code.status() == status);
        let codes = codes.filter_map(|code| serde_json::to_value(code).ok());
        let codes: Vec<_> = codes
            .map(|code| format!("`{}`", code.as_str().unwrap_or_default()))
            .collect();
        Answer::new(status, codes.join(", "), reference("Failure"))
    };
    statuses.into_iter().map(answer).collect()
}
