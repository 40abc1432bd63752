//! The definitions that rows of the configuration keep: the JSON of the project file's own types.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::file::{Category, EmailTemplate, Form, Group, Product, Status};
use super::trigger::Trigger;
use crate::db::config::ItemKind;
use crate::error::Error;

/// A project as its own row keeps it: its lists are rows beside it.
pub fn without_lists(group: &Group) -> Group {
    Group {
        id: group.id,
        name: group.name.clone(),
        structure: group.structure,
        settings: group.settings.clone(),
        forms: Vec::new(),
        categories: Vec::new(),
        products: Vec::new(),
        statuses: Vec::new(),
        email_templates: Vec::new(),
        triggers: Vec::new(),
    }
}

/// Those of a project's items of a kind, in order.
///
/// # Errors
///
/// When one cannot be written.
pub fn definitions(group: &Group, kind: ItemKind) -> Result<Vec<String>, Error> {
    match kind {
        ItemKind::Form => group.forms.iter().map(to_json).collect(),
        ItemKind::Category => group.categories.iter().map(to_json).collect(),
        ItemKind::Product => group.products.iter().map(to_json).collect(),
        ItemKind::Status => group.statuses.iter().map(to_json).collect(),
        ItemKind::EmailTemplate => group.email_templates.iter().map(to_json).collect(),
        ItemKind::Trigger => group.triggers.iter().map(to_json).collect(),
    }
}

/// As [`rewritten`], for an item.
///
/// # Errors
///
/// When it does not parse.
pub fn rewritten_item(kind: ItemKind, definition: &str) -> Result<String, Error> {
    match kind {
        ItemKind::Form => rewritten::<Form>(definition),
        ItemKind::Category => rewritten::<Category>(definition),
        ItemKind::Product => rewritten::<Product>(definition),
        ItemKind::Status => rewritten::<Status>(definition),
        ItemKind::EmailTemplate => rewritten::<EmailTemplate>(definition),
        ItemKind::Trigger => rewritten::<Trigger>(definition),
    }
}

/// A stored definition as this version writes it: a default that is new is no change.
///
/// # Errors
///
/// When it does not parse.
pub fn rewritten<T: DeserializeOwned + Serialize>(definition: &str) -> Result<String, Error> {
    to_json(&parse::<T>(definition)?)
}

/// # Errors
///
/// When the value has no JSON: a mistake in the program.
pub fn to_json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal(format!("a definition cannot be written: {error}")))
}

/// # Errors
///
/// When a definition in the database is not of this type. What serde says of it may quote the definition, an admin's
/// e-mail address for one: only the place is told.
pub fn parse<T: DeserializeOwned>(definition: &str) -> Result<T, Error> {
    serde_json::from_str(definition).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Error::internal(format!(
            "a definition does not parse at line {line}, column {column}"
        ))
    })
}
