//! Whether an exchange is as `/openapi.json` describes it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::client::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(clogin::http::openapi_document);

/// Schemas, by where they stand in the description: making one takes long.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// # Errors
///
/// What was answered, or sent and taken, and is not described.
pub fn check(method: &str, path: &str, sent: &str, answer: &Answer) -> Result<(), String> {
    let path = path.split('?').next().unwrap_or_default();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let Some(known) = paths.keys().find(|known| is_of(known, path)) else {
        return Ok(());
    };
    let pointer = format!("/paths/{}/{}", escaped(known), method.to_ascii_lowercase());
    if DOCUMENT.pointer(&pointer).is_none() {
        return Ok(());
    }
    let status = answer.status;
    let described = format!("{pointer}/responses/{status}");
    if DOCUMENT.pointer(&described).is_none() {
        return Err(format!("{method} {known} is not said to answer {status}"));
    }
    let content = "content/application~1json/schema";
    let schema = format!("{described}/{content}");
    match DOCUMENT.pointer(&schema) {
        Some(_) => validate(&schema, &answer.json(), "the answer")?,
        None if answer.text.is_empty() => {}
        None => return Err(format!("{method} {known} {status} is said to have no body")),
    }
    let schema = format!("{pointer}/requestBody/{content}");
    match serde_json::from_str(sent) {
        Ok(sent) if status < 300 && DOCUMENT.pointer(&schema).is_some() => {
            validate(&schema, &sent, "what was sent and taken")
        }
        _ => Ok(()),
    }
}

fn escaped(path: &str) -> String {
    path.replace('~', "~0").replace('/', "~1")
}

/// Whether a path is one of those that the description means; the slash at the end is optional.
fn is_of(known: &str, path: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        let path = path.strip_suffix('/').unwrap_or(path);
        path.split('/').map(str::to_owned).collect()
    };
    let (known, path) = (parts(known), parts(path));
    let same = |(known, part): (&String, &String)| known.starts_with('{') || known == part;
    known.len() == path.len() && known.iter().zip(&path).all(same)
}

fn validate(pointer: &str, value: &Value, what: &str) -> Result<(), String> {
    let known = |pointer: &str| {
        let validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
        validators.get(pointer).cloned()
    };
    let validator = known(pointer).unwrap_or_else(|| {
        let schema = json!({
            "allOf": [DOCUMENT.pointer(pointer)],
            "components": DOCUMENT["components"],
        });
        let made = Arc::new(jsonschema::draft202012::new(&schema).unwrap());
        let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
        validators.insert(pointer.to_owned(), Arc::clone(&made));
        made
    });
    match validator.iter_errors(value).next() {
        None => Ok(()),
        Some(error) => Err(format!(
            "{what} is not as {pointer} describes it: {error} at {}",
            error.instance_path()
        )),
    }
}
