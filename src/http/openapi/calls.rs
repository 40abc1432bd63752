//! What each action takes: its envelope, with its document. An action without one does not compile.

mod products;

use serde_json::{Map, Value, json};

use super::operation::reference;
use super::values::{closed, one_or_many};
use crate::actions::{Action, Endpoint};
use crate::users::profile::READABLE;

/// The name of an action's schema.
pub(super) fn name(action: Action) -> String {
    format!("{action:?}Call")
}

/// The whole body.
pub(super) fn schema(action: Action) -> Value {
    let mut required = vec!["action", "group_id"];
    let mut properties = json!({
        "action": { "type": "string", "enum": [action.name()] },
        "group_id": reference("Id"),
        "clogin_id": reference("OptionalId"),
        "connected_to": reference("OptionalId"),
        "submit_forms": reference("Flag"),
        "disable_email_sending": reference("Flag"),
    });
    if action.needs_clogin_id() {
        properties["clogin_id"] = reference("Id");
        required.push("clogin_id");
    }
    if action.endpoint() == Endpoint::Users {
        properties["trace"] = reference("Flag");
        properties["dry_run"] = reference("Flag");
    }
    if action == Action::CreateChild {
        properties["connected_to"] = reference("Id");
        required.push("connected_to");
    }
    if action == Action::SetStatus {
        properties["status_id"] = reference("OptionalId");
        required.push("status_id");
    }
    let document = match document(action) {
        Document::None => reference("NoDocument"),
        Document::Optional(schema) => json!({ "anyOf": [schema, reference("NoDocument")] }),
        Document::Required(schema) => {
            required.push("doc");
            schema
        }
        Document::Products(list) => {
            let list = json!({ "anyOf": [one_or_many(&list), { "type": "null" }, { "type": "array", "items": {}, "maxItems": 0 }] });
            let inside = closed(&[], json!({ "product_list": list }));
            properties["product_list"] = list;
            json!({ "anyOf": [inside, reference("NoDocument")] })
        }
    };
    properties["doc"] = document;
    closed(&required, properties)
}

enum Document {
    None,
    Optional(Value),
    Required(Value),
    /// `product_list`, at the top level or in `doc`, of such entries.
    Products(Value),
}

fn document(action: Action) -> Document {
    match action {
        Action::Create | Action::CreateChild => Document::Optional(registration()),
        Action::Update => Document::Optional(answers(Map::new())),
        Action::Login | Action::SetStatus | Action::Delete => Document::None,
        Action::Authenticate => Document::Required(closed(
            &["username", "password"],
            json!({ "username": reference("Text"), "password": reference("Text") }),
        )),
        Action::VerifyToken => Document::Required(closed(
            &["user_token"],
            json!({ "user_token": reference("Text") }),
        )),
        Action::AddProduct => Document::Products(reference("NewCartLine")),
        Action::RemoveProduct => {
            Document::Products(closed(&["cart_id"], json!({ "cart_id": reference("Id") })))
        }
        Action::AddEmail => Document::Required(closed(
            &["email_list"],
            json!({ "email_list": one_or_many(&reference("SentEmail")) }),
        )),
        Action::GetInfo => Document::Optional(wanted(Map::new())),
        Action::GetUserList => Document::Optional(list_options()),
        Action::CreateStatus => Document::Required(closed(
            &["status_name"],
            json!({
                "status_name": reference("Text"),
                "color": { "type": ["string", "null"], "pattern": "^(#[0-9A-Fa-f]{6})?$" },
                "is_excluded": reference("Flag"),
            }),
        )),
        Action::CreateTrigger => Document::Required(trigger()),
        Action::AddPayment => Document::Required(closed(
            &["amount", "kind", "status"],
            json!({
                "amount": reference("Text"),
                "kind": { "type": "string", "enum": ["payment", "refund"] },
                "status": { "type": "string", "enum": ["approved", "pending", "failed"] },
                "reference": reference("OptionalText"),
                "paid_at": {
                    "description": "RFC 3339, or YYYY-MM-DD.",
                    "type": ["string", "null"],
                },
            }),
        )),
        Action::MoveChild => Document::Required(closed(
            &["connected_to"],
            json!({ "connected_to": reference("Id") }),
        )),
        Action::CreateProduct => Document::Required(products::product()),
        Action::CreateCategory => {
            let required = ["category_name"];
            Document::Required(closed(&required, Value::Object(products::category())))
        }
        Action::EditCategory => {
            let id = [("category_id".to_owned(), reference("Id"))];
            let properties: Map<_, _> = products::category().into_iter().chain(id).collect();
            Document::Required(closed(&["category_id"], Value::Object(properties)))
        }
    }
}

/// What the documents are made of.
pub(super) fn components() -> Map<String, Value> {
    let none = json!({ "type": "boolean", "enum": [false] });
    let text_or_none = json!({ "anyOf": [reference("OptionalText"), none] });
    let line = closed(
        &[],
        json!({
            "p_id": reference("OptionalId"),
            "name": text_or_none,
            "price": text_or_none,
            "q": reference("OptionalText"),
            "product_remark": reference("OptionalText"),
            "recurring_start_date": text_or_none,
            "date_structure": text_or_none,
        }),
    );
    let email = closed(
        &["from", "to"],
        json!({
            "from": reference("Text"),
            "to": reference("Text"),
            "subject": reference("OptionalText"),
            "body": reference("OptionalText"),
            "cc": reference("OptionalText"),
            "bcc": reference("OptionalText"),
            "admin_id": reference("OptionalId"),
        }),
    );
    let calls = Action::ALL
        .into_iter()
        .map(|action| (name(action), schema(action)));
    let parts = [("NewCartLine", line), ("SentEmail", email)];
    let parts = parts.map(|(name, schema)| (name.to_owned(), schema));
    calls.chain(parts).collect()
}

/// Answers to fields by id or name, and these special fields.
fn answers(special: Map<String, Value>) -> Value {
    let names = READABLE.into_iter().chain(["password"]);
    let names = names.map(|name| (name.to_owned(), reference("OptionalText")));
    json!({
        "type": "object",
        "properties": names.chain(special).collect::<Map<_, _>>(),
        "additionalProperties": reference("FieldAnswer"),
    })
}

fn registration() -> Value {
    let utm = ["campaign", "content", "id", "medium", "source", "term"]
        .map(|key| (key.to_owned(), reference("OptionalText")));
    let utm = closed(&[], Value::Object(Map::from_iter(utm)));
    let date = json!({
        "description": "RFC 3339, or YYYY-MM-DD; now where there is none.",
        "type": ["string", "null"],
    });
    answers(Map::from_iter([
        ("_application_date".to_owned(), date),
        (
            "_utm".to_owned(),
            json!({ "anyOf": [utm, reference("NoDocument")] }),
        ),
    ]))
}

/// Keys of what is asked for: fields by id or name, special fields, `_allfields`, `_family`, …
fn wanted(others: Map<String, Value>) -> Value {
    let filter = closed(
        &[],
        json!({ "p_id": reference("OptionalId"), "category": reference("OptionalId") }),
    );
    let cart = json!({ "anyOf": [reference("Flag"), filter] });
    let own = [("_usercart".to_owned(), cart)];
    json!({
        "type": "object",
        "properties": own.into_iter().chain(others).collect::<Map<_, _>>(),
        "additionalProperties": reference("Flag"),
    })
}

fn list_options() -> Value {
    let flags = [
        "with_excluded",
        "only_excluded",
        "only_parents",
        "only_children",
        "return_families",
    ];
    let flags = flags.map(|name| (name.to_owned(), reference("Flag")));
    let starts = ["starting_position", "cursor"];
    let starts = starts.map(|name| (name.to_owned(), reference("OptionalId")));
    wanted(flags.into_iter().chain(starts).collect())
}

fn trigger() -> Value {
    let action_types = [
        "add_product_no_show",
        "add_product",
        "show_prod_in_list",
        "remove_prod_from_list",
    ];
    let action = closed(
        &["product_id", "action_type"],
        json!({
            "product_id": one_or_many(&reference("Id")),
            "action_type": { "type": "string", "enum": action_types },
        }),
    );
    let said = |action: &str| json!({ "type": "string", "enum": [action] });
    let condition = json!({ "anyOf": [
        closed(
            &["field_id", "field_value"],
            json!({ "field_id": reference("Text"), "field_value": reference("Text") }),
        ),
        closed(
            &["product_id", "action"],
            json!({ "product_id": reference("Id"), "action": said("product_added") }),
        ),
        closed(
            &["status_id", "action"],
            json!({ "status_id": reference("Id"), "action": said("set_status") }),
        ),
    ] });
    let conditions = closed(
        &["condition_list"],
        json!({
            "andor": { "enum": ["and", "or", null] },
            "condition_list": { "type": "array", "items": condition, "minItems": 1 },
        }),
    );
    closed(
        &["action", "conditions"],
        json!({
            "reverse_trigger": reference("Flag"),
            "action": action,
            "conditions": conditions,
        }),
    )
}
