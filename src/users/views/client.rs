//! Reads what a call of the client-users surface gives, and says what is wrong with it as Django REST framework does.

use serde_json::{Map, Value};

use super::Given;
use crate::error::{Error, FieldError};
use crate::json;
use crate::users::{email, values};

/// What a body can say of a person.
pub const CLIENT_KEYS: [&str; 3] = ["email", "locale", "custom_properties"];

/// Of custom properties, as compact JSON.
const MAX_PROPERTIES_BYTES: usize = 16 * 1024;
/// Of custom properties, the object itself counted.
const MAX_PROPERTIES_LEVELS: usize = 8;
/// In characters, of a value that an error names.
const MAX_SHOWN_LENGTH: usize = 100;

impl Given {
    /// Reads what a call of the client-users surface gives; read-only and unknown keys are passed over.
    ///
    /// # Errors
    ///
    /// `validation_failed`: everything that is wrong, each with the name of its key.
    pub fn read_client(body: &Map<String, Value>, locales: &[String]) -> Result<Self, Error> {
        let mut given = Given::default();
        let mut errors = Vec::new();
        let mut note = |key: &str, code, msg| errors.push(FieldError::new(key, code, msg));
        if let Some(value) = body.get("email") {
            match read_email(value) {
                Ok(email) => given.email = Some(email),
                Err((code, msg)) => note("email", code, msg),
            }
        }
        if let Some(value) = body.get("locale") {
            match read_locale(value, locales) {
                Ok(locale) => given.locale = Some(locale),
                Err((code, msg)) => note("locale", code, msg),
            }
        }
        if let Some(value) = body.get("custom_properties") {
            match read_properties(value) {
                Ok(properties) => given.custom_properties = Some(properties),
                Err((code, msg)) => note("custom_properties", code, msg),
            }
        }
        if errors.is_empty() {
            Ok(given)
        } else {
            Err(Error::validation(errors))
        }
    }
}

/// What is wrong with a value: the stable word, and the sentence, as Django REST framework has it where it has one.
pub type Refusal = (&'static str, String);

pub const CONTROL_CHARACTERS: &str =
    "Control characters other than tab and line breaks are not allowed.";

fn refused<T>(code: &'static str, msg: impl Into<String>) -> Result<T, Refusal> {
    Err((code, msg.into()))
}

fn read_email(value: &Value) -> Result<Option<String>, Refusal> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim(),
        Value::Number(_) => return refused("invalid", "Enter a valid email address."),
        _ => return refused("invalid", "Not a valid string."),
    };
    if text.is_empty() {
        refused("blank", "This field may not be blank.")
    } else if text.chars().count() > email::MAX_LENGTH {
        let most = email::MAX_LENGTH;
        let msg = format!("Ensure this field has no more than {most} characters.");
        refused("too_long", msg)
    } else if !json::control_characters(value).is_empty() {
        refused("control_character", CONTROL_CHARACTERS)
    } else if !email::is_valid(text) {
        refused("invalid", "Enter a valid email address.")
    } else {
        Ok(Some(text.to_owned()))
    }
}

/// One of the organization's languages.
///
/// # Errors
///
/// What is wrong with it.
pub fn read_locale(value: &Value, locales: &[String]) -> Result<String, Refusal> {
    if value.is_null() {
        return refused("null", "This field may not be null.");
    }
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    if locales.contains(&text) && value.is_string() {
        return Ok(text);
    }
    let shown: String = text.chars().take(MAX_SHOWN_LENGTH).collect();
    refused(
        "invalid_choice",
        format!("\"{shown}\" is not a valid choice."),
    )
}

fn read_properties(value: &Value) -> Result<Option<Map<String, Value>>, Refusal> {
    let object = match value {
        Value::Null => return Ok(None),
        Value::Object(object) => object,
        other => {
            let kind = python_type(other);
            let msg = format!("Expected a dictionary of items but got type \"{kind}\".");
            return refused("not_a_dict", msg);
        }
    };
    if !json::control_characters(value).is_empty() {
        refused("control_character", CONTROL_CHARACTERS)
    } else if value.to_string().len() > MAX_PROPERTIES_BYTES {
        let msg = format!("Ensure this field has no more than {MAX_PROPERTIES_BYTES} bytes.");
        refused("too_large", msg)
    } else if values::levels(value) > MAX_PROPERTIES_LEVELS {
        let msg = format!("Ensure this field has no more than {MAX_PROPERTIES_LEVELS} levels.");
        refused("too_deep", msg)
    } else {
        match object.get("external_id") {
            None | Some(Value::Null | Value::String(_)) => Ok(Some(object.clone())),
            Some(_) => refused("invalid", "external_id must be a string or null."),
        }
    }
}

/// As Django REST framework names the types of JSON.
pub fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

#[cfg(test)]
mod tests;
