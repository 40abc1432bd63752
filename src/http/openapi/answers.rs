//! What each action answers: its own keys, then what all answers have.

use serde_json::{Map, Value, json};

use super::operation::reference;
use super::values::closed;
use crate::actions::{Action, Endpoint};

/// The name of an answer's schema.
pub(super) fn name(action: Action) -> String {
    format!("{action:?}Answer")
}

pub(super) fn components() -> Map<String, Value> {
    let answers = Action::ALL
        .into_iter()
        .map(|action| (name(action), schema(action)));
    let line = closed(
        &["p_id", "cart_id", "name", "q", "price", "total"],
        json!({
            "p_id": { "type": ["integer", "null"] },
            "cart_id": { "type": "integer" },
            "name": text(),
            "q": { "type": "integer" },
            "price": text(),
            "total": text(),
            "waiting": { "type": "boolean" },
        }),
    );
    let optional = || json!({ "type": ["string", "null"] });
    let payment = closed(
        &[
            "payment_id",
            "amount",
            "kind",
            "status",
            "reference",
            "paid_at",
            "created_at",
        ],
        json!({
            "payment_id": { "type": "integer" },
            "amount": text(),
            "kind": text(),
            "status": text(),
            "reference": optional(),
            "paid_at": optional(),
            "created_at": text(),
        }),
    );
    let mut user = json!({
        "user_info": reference("UserInfo"),
        "meta_info": reference("MetaInfo"),
        "doc": { "type": "object" },
    });
    let child = closed(&["user_info", "meta_info"], user.clone());
    user["children"] = many(reference("ListedChild"));
    let user = closed(&["user_info", "meta_info"], user);
    let parts = [
        ("CartLine", line),
        ("Payment", payment),
        ("ListedChild", child),
        ("ListedUser", user),
    ];
    let parts = parts.map(|(name, schema)| (name.to_owned(), schema));
    answers.chain(parts).collect()
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn many(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn schema(action: Action) -> Value {
    let (mut properties, optional) = own(action);
    let mut required: Vec<_> = properties.keys().cloned().collect();
    required.retain(|key| !optional.contains(&key.as_str()));
    let mut add = |key: &str, schema: Value| {
        properties.insert(key.to_owned(), schema);
    };
    add("success", json!({ "type": "boolean", "enum": [true] }));
    required.push("success".to_owned());
    if action.endpoint() == Endpoint::Users {
        add("trace", many(reference("Look")));
        add("emails", many(reference("QueuedEmail")));
        let nobody = action == Action::GetUserList;
        for (key, schema) in [("user_info", "UserInfo"), ("meta_info", "MetaInfo")] {
            let null = json!({ "type": "null" });
            add(key, if nobody { null } else { reference(schema) });
            required.push(key.to_owned());
        }
    }
    let required: Vec<_> = required.iter().map(String::as_str).collect();
    closed(&required, Value::Object(properties))
}

/// An action's own keys, and which of them are not always there.
fn own(action: Action) -> (Map<String, Value>, &'static [&'static str]) {
    let integer = || json!({ "type": "integer" });
    let mut optional: &[&str] = &[];
    let properties = match action {
        Action::Create | Action::CreateChild | Action::MoveChild => {
            json!({ "msg": text(), "system_action": many(text()) })
        }
        Action::Login | Action::Authenticate => json!({
            "msg": text(),
            "system_action": many(text()),
            "user_token": { "type": "string", "format": "uuid" },
        }),
        Action::VerifyToken | Action::Delete => json!({ "msg": text() }),
        Action::Update => json!({ "msg": text(), "updated": many(text()) }),
        Action::AddProduct => {
            optional = &["replaced"];
            let lines = || many(reference("CartLine"));
            json!({ "msg": text(), "products": lines(), "replaced": lines() })
        }
        Action::RemoveProduct => {
            json!({ "msg": text(), "products": many(reference("CartLine")) })
        }
        Action::AddPayment => json!({
            "msg": text(),
            "system_action": many(text()),
            "payment": reference("Payment"),
        }),
        Action::CreateProduct => json!({ "msg": text(), "msg_type": text(), "p_id": integer() }),
        Action::CreateCategory | Action::EditCategory => {
            json!({ "msg": text(), "msg_type": text(), "category_id": integer() })
        }
        Action::AddEmail => json!({ "msg": text(), "email_ids": many(integer()) }),
        Action::GetInfo => {
            optional = &["doc"];
            json!({ "doc": { "type": "object" } })
        }
        Action::SetStatus => json!({
            "msg": text(),
            "msg_type": text(),
            "users": many(integer()),
            "effected_users": integer(),
        }),
        Action::GetUserList => json!({
            "users": many(reference("ListedUser")),
            "children": many(reference("ListedUser")),
            "totals": closed(
                &["users", "order", "paid", "balance"],
                json!({ "users": integer(), "order": text(), "paid": text(), "balance": text() }),
            ),
            "total_users": integer(),
            "records_per_page": integer(),
            "next_cursor": { "type": ["string", "null"] },
        }),
        Action::CreateStatus => {
            json!({ "msg": text(), "msg_type": text(), "status_id": integer() })
        }
        Action::CreateTrigger => json!({
            "trigger_id": integer(),
            "undo_trigger": { "type": "boolean" },
            "action": { "type": "object" },
            "log_conds": { "type": "object" },
            "text_qv": text(),
        }),
    };
    match properties {
        Value::Object(properties) => (properties, optional),
        _ => (Map::new(), optional),
    }
}
