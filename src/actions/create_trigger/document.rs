//! The document of `triggers` `create`: everything that is wrong with it is noted.

use serde_json::{Map, Value};

use crate::error::{Error, ErrorCode, FieldError};
use crate::ids::StatusId;
use crate::lenient;
use crate::project::snapshot::Project;
use crate::project::trigger::{AndOr, Condition, Effect, Trigger};
use crate::users::answers;

/// Products of a trigger, and its conditions.
const MAX_ENTRIES: usize = 100;

/// # Errors
///
/// 404 when a product, status or field is unknown, else 422; with everything that is wrong.
pub(super) fn read(project: &Project, doc: &Map<String, Value>) -> Result<Trigger, Error> {
    let mut reader = Reader {
        project,
        errors: Vec::new(),
    };
    let reverse_trigger = lenient::flag(doc.get("reverse_trigger"));
    let reverse_trigger = reader
        .keep("doc.reverse_trigger", reverse_trigger)
        .flatten()
        .unwrap_or(true);
    let action = reader.action(doc.get("action"));
    let (andor, conditions) = reader.conditions(doc.get("conditions"));
    match action {
        Some(action) if reader.errors.is_empty() => Ok(Trigger {
            id: 0,
            name: String::new(),
            reverse_trigger: Some(reverse_trigger),
            andor,
            conditions,
            action,
        }),
        _ => Err(refusal(reader.errors)),
    }
}

/// One error for all that is wrong: what is unknown gives it its code.
fn refusal(errors: Vec<FieldError>) -> Error {
    let unknown = [
        (
            "product_not_found",
            ErrorCode::ProductNotFound,
            "The project has no such product.",
        ),
        (
            "status_not_found",
            ErrorCode::StatusNotFound,
            "The project has no such status.",
        ),
        (
            "field_not_found",
            ErrorCode::FieldNotFound,
            "The project has no such field.",
        ),
    ];
    let found = unknown
        .iter()
        .find(|(word, ..)| errors.iter().any(|error| error.code == *word));
    match found {
        Some((_, code, msg)) => Error::new(*code, *msg).with_errors(errors),
        None => Error::validation(errors),
    }
}

/// Reads the document, and notes everything that is wrong with it.
struct Reader<'a> {
    project: &'a Project,
    errors: Vec<FieldError>,
}

impl Reader<'_> {
    fn refuse(&mut self, path: &str, code: &'static str, rule: &str) {
        self.errors.push(FieldError::new(path, code, rule));
    }

    fn keep<T>(&mut self, path: &str, result: Result<T, &'static str>) -> Option<T> {
        result
            .map_err(|rule| self.refuse(path, "invalid", rule))
            .ok()
    }

    fn id(&mut self, path: &str, value: Option<&Value>) -> Option<i64> {
        let id = self.keep(path, lenient::id(value))?;
        if id.is_none() {
            self.refuse(path, "required", "is required");
        }
        id
    }

    fn text(&mut self, path: &str, value: Option<&Value>) -> Option<String> {
        match value {
            None | Some(Value::Null) => {
                self.refuse(path, "required", "is required");
                None
            }
            Some(value) => self.keep(path, lenient::text(value)),
        }
    }

    fn product(&mut self, path: &str, value: Option<&Value>) -> Option<i64> {
        let id = self.id(path, value)?;
        if self.project.product(id).is_none() {
            self.refuse(
                path,
                "product_not_found",
                "is not a product of this project",
            );
        }
        Some(id)
    }

    /// One, or an array of them; who is named twice is there once.
    fn products(&mut self, value: Option<&Value>) -> Vec<i64> {
        let path = "doc.action.product_id";
        let Some(Value::Array(items)) = value else {
            return self.product(path, value).into_iter().collect();
        };
        let mut products = Vec::new();
        if !(1..=MAX_ENTRIES).contains(&items.len()) {
            let rule = format!("must be a product, or an array of 1 to {MAX_ENTRIES} of them");
            self.refuse(path, "invalid", &rule);
        }
        for (index, item) in items.iter().enumerate().take(MAX_ENTRIES) {
            let product = self.product(&format!("{path}[{index}]"), Some(item));
            products.extend(product.filter(|product| !products.contains(product)));
        }
        products
    }

    fn action(&mut self, value: Option<&Value>) -> Option<Effect> {
        let Some(action) = value.and_then(Value::as_object) else {
            self.refuse(
                "doc.action",
                "required",
                "must be an object {product_id, action_type}",
            );
            return None;
        };
        self.only_keys("doc.action", action, &["product_id", "action_type"]);
        let products = self.products(action.get("product_id"));
        let action_type = self.text("doc.action.action_type", action.get("action_type"))?;
        match action_type.as_str() {
            "add_product_no_show" => Some(Effect::AddProductNoShow { products }),
            "add_product" => Some(Effect::AddProduct { products }),
            "show_prod_in_list" => Some(Effect::ShowProdInList { products }),
            "remove_prod_from_list" => Some(Effect::RemoveProdFromList { products }),
            _ => {
                let rule = "must be add_product_no_show, add_product, show_prod_in_list or remove_prod_from_list";
                self.refuse("doc.action.action_type", "invalid", rule);
                None
            }
        }
    }

    fn conditions(&mut self, value: Option<&Value>) -> (AndOr, Vec<Condition>) {
        let Some(conditions) = value.and_then(Value::as_object) else {
            let rule = "must be an object {andor, condition_list}";
            self.refuse("doc.conditions", "required", rule);
            return (AndOr::And, Vec::new());
        };
        self.only_keys("doc.conditions", conditions, &["andor", "condition_list"]);
        let andor = conditions.get("andor").filter(|andor| !andor.is_null());
        let andor = match andor.map(Value::as_str) {
            None | Some(Some("and")) => AndOr::And,
            Some(Some("or")) => AndOr::Or,
            Some(_) => {
                self.refuse(
                    "doc.conditions.andor",
                    "invalid",
                    "must be \"and\" or \"or\"",
                );
                AndOr::And
            }
        };
        let list = match conditions.get("condition_list") {
            Some(Value::Array(list)) if (1..=MAX_ENTRIES).contains(&list.len()) => list.as_slice(),
            _ => {
                let rule = "must be an array of 1 to 100 conditions";
                self.refuse("doc.conditions.condition_list", "invalid", rule);
                &[]
            }
        };
        let read = list.iter().enumerate().filter_map(|(index, condition)| {
            self.condition(
                &format!("doc.conditions.condition_list[{index}]"),
                condition,
            )
        });
        let read = read.collect();
        (andor, read)
    }

    fn condition(&mut self, path: &str, value: &Value) -> Option<Condition> {
        let empty = Map::new();
        let condition = value.as_object().unwrap_or(&empty);
        let at = |key: &str| format!("{path}.{key}");
        if condition.contains_key("field_id") {
            return self.field_condition(path, condition);
        }
        let action = condition.get("action").and_then(Value::as_str);
        if condition.contains_key("product_id") && action == Some("product_added") {
            self.only_keys(path, condition, &["product_id", "action"]);
            let product = self.product(&at("product_id"), condition.get("product_id"))?;
            return Some(Condition::ProductAdded { product });
        }
        if condition.contains_key("status_id") && action == Some("set_status") {
            self.only_keys(path, condition, &["status_id", "action"]);
            let id = StatusId(self.id(&at("status_id"), condition.get("status_id"))?);
            if self.project.status(id).is_none() {
                let rule = "is not a status of this project";
                self.refuse(&at("status_id"), "status_not_found", rule);
            }
            return Some(Condition::Status { status: id });
        }
        let rule = "must be {field_id, field_value}, {product_id, action: product_added} or {status_id, action: set_status}";
        self.refuse(path, "invalid", rule);
        None
    }

    fn field_condition(&mut self, path: &str, condition: &Map<String, Value>) -> Option<Condition> {
        let at = |key: &str| format!("{path}.{key}");
        self.only_keys(path, condition, &["field_id", "field_value"]);
        let field = self.text(&at("field_id"), condition.get("field_id"))?;
        let value = self.text(&at("field_value"), condition.get("field_value"))?;
        match self.project.field(&field) {
            // As for the project file: what no answer can be is a condition that never comes true.
            Some((_, found)) => {
                if let Err((code, rule)) = answers::named(found, &value) {
                    self.refuse(&at("field_value"), code, &rule);
                }
            }
            None => {
                let rule = "is not a field of this project";
                self.refuse(&at("field_id"), "field_not_found", rule);
            }
        }
        let (one_of, at_least, at_most) = (None, None, None);
        Some(Condition::Field {
            field,
            value: Some(value),
            one_of,
            at_least,
            at_most,
        })
    }

    fn only_keys(&mut self, path: &str, object: &Map<String, Value>, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let rule = format!("is unknown; known are {}", known.join(", "));
            self.refuse(&format!("{path}.{key}"), "unknown_parameter", &rule);
        }
    }
}
