//! `triggers` `create`: adds a trigger to a project. It looks at a user at the user's next changing call.

mod document;

use serde_json::{Value, json};

use super::Call;
use super::making::{Place, see};
use super::reply::{Body, Reply};
use crate::db::config::ItemKind;
use crate::error::Error;
use crate::project::snapshot::Project;
use crate::project::trigger::{AndOr, Condition, Trigger};

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    call.envelope
        .check_doc_keys(&["reverse_trigger", "action", "conditions"])?;
    document::read(&call.project, &call.envelope.doc)?;
    let (place, doc) = (Place::of(call), call.envelope.doc.clone());
    let body = call
        .write(move |conn| {
            let change = place.begin(conn)?;
            let project = change.project(conn)?;
            let trigger = document::read(&project, &doc)?;
            let text = sentence(&project, &trigger);
            let id = change.insert(conn, ItemKind::Trigger, |id| Trigger {
                id,
                name: format!("Trigger {id}"),
                ..trigger.clone()
            })?;
            Ok(reply(id, &trigger, &text))
        })
        .await?;
    see(call).await;
    Ok(body)
}

/// [doc] The answer, in the words of the documented API.
fn reply(id: i64, trigger: &Trigger, text: &str) -> Reply {
    let products = match trigger.action.products() {
        [one] => json!(one.to_string()),
        many => many.iter().map(ToString::to_string).collect(),
    };
    let conditions: Vec<Value> = trigger.conditions.iter().map(log_condition).collect();
    let kind = serde_json::to_value(&trigger.action).map(|action| action["type"].clone());
    Reply::plain()
        .with("trigger_id", id)
        .with("undo_trigger", trigger.is_reversed())
        .with(
            "action",
            json!({
                "action_vars": { "product_id": products },
                "action_type": kind.unwrap_or_default(),
            }),
        )
        .with(
            "log_conds",
            json!({ "andor": trigger.andor, "conditions": conditions }),
        )
        .with("text_qv", text)
}

fn log_condition(condition: &Condition) -> Value {
    match condition {
        Condition::ProductAdded { product } => json!({
            "log_ex_id": "product_added",
            "vars": { "product_id": product.to_string() },
            "multi_id": format!("multi_product_added_{product}"),
        }),
        Condition::Status { status } => json!({
            "log_ex_id": "set_status",
            "vars": { "status_id": status.to_string() },
            "multi_id": format!("multi_set_status_{status}"),
        }),
        Condition::Field { field, value, .. } => json!({
            "log_ex_id": "field_set_to",
            "vars": { "field_id": field, "field_value": value },
        }),
        // The action makes no other.
        _ => Value::Null,
    }
}

/// The conditions as a sentence of HTML; names and values are escaped.
fn sentence(project: &Project, trigger: &Trigger) -> String {
    let span = |text: &str| format!("<span>{}</span>", html_escape::encode_text(text));
    let words = trigger.conditions.iter().map(|condition| match condition {
        Condition::Field { field, value, .. } => {
            let label = project
                .field(field)
                .map_or(field.as_str(), |(_, field)| field.label());
            format!(
                "{} <em>is</em> {}",
                span(label),
                span(value.as_deref().unwrap_or_default())
            )
        }
        Condition::ProductAdded { product } => {
            let name = project
                .product(*product)
                .map_or("", |product| product.name.as_str());
            format!("{} <em>is added</em>", span(name))
        }
        Condition::Status { status } => {
            let name = project
                .status(*status)
                .map_or("", |status| status.name.as_str());
            format!("{} <em>is set to</em> {}", span("Status"), span(name))
        }
        _ => String::new(),
    });
    let andor = match trigger.andor {
        AndOr::And => " <em>and</em> ",
        AndOr::Or => " <em>or</em> ",
    };
    words.collect::<Vec<_>>().join(andor)
}
