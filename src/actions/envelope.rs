//! What surrounds every action: `{action, group_id, clogin_id, doc}` and a few flags. Scalars are read leniently, the
//! shape strictly: a misspelt flag must not pass for one that was not sent.

use serde_json::{Map, Value};

use super::reply::Tell;
use super::{Action, Endpoint};
use crate::error::{Error, ErrorCode, FieldError, MAX_ERRORS};
use crate::ids::{CloginId, GroupId, StatusId};
use crate::lenient;
use crate::orders::product_list::ProductList;
use crate::triggers::settle::Mail;
use crate::users::submission::Submit;

const KEYS: [&str; 11] = [
    "action",
    "group_id",
    "clogin_id",
    "doc",
    "connected_to",
    "submit_forms",
    "disable_email_sending",
    "status_id",
    "product_list",
    "trace",
    "dry_run",
];

/// What only the users' endpoint has.
const TRIALS: [&str; 2] = ["trace", "dry_run"];

/// The flags, which only secret keys may send.
const FLAGS: [&str; 4] = ["submit_forms", "disable_email_sending", "trace", "dry_run"];

/// How much of an unknown key is compared with the known ones, in characters.
const MAX_COMPARED: usize = 64;

/// Whether what a call does stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Real,
    /// Everything is done, answered and undone.
    DryRun,
}

pub struct Envelope {
    pub action: Action,
    pub group_id: GroupId,
    pub clogin_id: Option<CloginId>,
    pub connected_to: Option<CloginId>,
    /// Absent, `null`, `{}` and `[]` are all empty.
    pub doc: Map<String, Value>,
    pub submit_forms: Submit,
    pub mail: Mail,
    pub mode: Mode,
    pub tell: Tell,
    /// `Some(None)` takes the status away; `None` was not sent.
    pub status_id: Option<Option<StatusId>>,
    /// As it was sent: at the top level, or in `doc`.
    product_list: Option<Value>,
    /// A flag that was sent, whatever its value; `null` is none.
    flag_sent: Option<&'static str>,
}

impl Envelope {
    /// # Errors
    ///
    /// `unknown_action`; `unknown_parameter`, which names the nearest known key; `validation_failed`.
    pub fn read(endpoint: Endpoint, object: &Map<String, Value>) -> Result<Self, Error> {
        // What the others do cannot be undone: who asks for a trial must not get the real thing.
        let is_known = |key: &&str| endpoint == Endpoint::Users || !TRIALS.contains(key);
        let known: Vec<_> = KEYS.into_iter().filter(is_known).collect();
        refuse_unknown(object, "", &known)?;
        let action = read_action(endpoint, object.get("action"))?;
        let mut errors = Vec::new();
        let group_id = keep(&mut errors, "group_id", lenient::id(object.get("group_id")));
        let clogin_id = keep(
            &mut errors,
            "clogin_id",
            lenient::id(object.get("clogin_id")),
        );
        let connected_to = keep(
            &mut errors,
            "connected_to",
            lenient::id(object.get("connected_to")),
        );
        let status_id = keep(
            &mut errors,
            "status_id",
            lenient::id(object.get("status_id")),
        );
        let doc = keep(&mut errors, "doc", read_doc(object.get("doc")));
        let [submit_forms, disable_email_sending, trace, dry_run] =
            FLAGS.map(|flag| keep(&mut errors, flag, lenient::flag(object.get(flag))).flatten());
        let required = |name| FieldError::new(name, "required", "is required");
        // Only where nothing else was said about the key.
        let mut require = |name: &'static str, there: bool| {
            if !there && !errors.iter().any(|error| error.path == name) {
                errors.push(required(name));
            }
        };
        let (group_id, clogin_id) = (group_id.flatten(), clogin_id.flatten());
        require("group_id", group_id.is_some());
        require(
            "clogin_id",
            clogin_id.is_some() || !action.needs_clogin_id(),
        );
        match (group_id, doc) {
            (Some(group_id), Some(doc)) if errors.is_empty() => Ok(Envelope {
                action,
                group_id: GroupId(group_id),
                clogin_id: clogin_id.map(CloginId),
                connected_to: connected_to.flatten().map(CloginId),
                doc,
                mail: if disable_email_sending == Some(true) {
                    Mail::Suppressed
                } else {
                    Mail::Queued
                },
                mode: if dry_run == Some(true) {
                    Mode::DryRun
                } else {
                    Mode::Real
                },
                tell: match (dry_run, trace) {
                    (Some(true), _) => Tell::TraceAndEmails,
                    (_, Some(true)) => Tell::Trace,
                    _ => Tell::Nothing,
                },
                submit_forms: if submit_forms == Some(false) {
                    Submit::No
                } else {
                    Submit::Yes
                },
                status_id: object
                    .contains_key("status_id")
                    .then(|| status_id.flatten().map(StatusId)),
                product_list: object
                    .get("product_list")
                    .filter(|list| !list.is_null())
                    .cloned(),
                flag_sent: FLAGS
                    .into_iter()
                    .find(|flag| object.get(*flag).is_some_and(|value| !value.is_null())),
            }),
            _ => Err(Error::validation(errors)),
        }
    }

    /// The list of products, from the top level or from `doc`, which must hold nothing else.
    ///
    /// # Errors
    ///
    /// `validation_failed`, when it is missing or there twice; `unknown_parameter`, for what else `doc` holds.
    pub fn product_list(&self) -> Result<ProductList<'_>, Error> {
        self.check_doc_keys(&["product_list"])?;
        let list = |path, value| Ok(ProductList { path, value });
        let in_doc = self.doc.get("product_list").filter(|list| !list.is_null());
        match (&self.product_list, in_doc) {
            (Some(value), other) if other.is_none_or(is_empty) => list("product_list", value),
            (other, Some(value)) if other.as_ref().is_none_or(is_empty) => {
                list("doc.product_list", value)
            }
            (None, None) => Err(Error::invalid("product_list", "required", "is required")),
            _ => {
                let rule = "stands at the top level and in doc: send it once";
                Err(Error::invalid("product_list", "duplicate", rule))
            }
        }
    }

    /// Refuses what `doc` holds beside these keys.
    ///
    /// # Errors
    ///
    /// `unknown_parameter`, for every such key.
    pub fn check_doc_keys(&self, known: &[&str]) -> Result<(), Error> {
        refuse_unknown(&self.doc, "doc.", known)
    }

    /// The texts of `doc`, all of them required, which holds nothing else.
    ///
    /// # Errors
    ///
    /// `unknown_parameter`; `validation_failed`, with everything that is wrong.
    pub fn doc_texts<const N: usize>(&self, keys: [&str; N]) -> Result<[String; N], Error> {
        self.check_doc_keys(&keys)?;
        let mut errors = Vec::new();
        let texts = keys.map(|key| {
            let (code, rule) = match self.doc.get(key).filter(|value| !value.is_null()) {
                None => ("required", "is required"),
                Some(value) => match lenient::text(value) {
                    Ok(text) => return text,
                    Err(rule) => ("invalid", rule),
                },
            };
            errors.push(FieldError::new(format!("doc.{key}"), code, rule));
            String::new()
        });
        if errors.is_empty() {
            Ok(texts)
        } else {
            Err(Error::validation(errors))
        }
    }

    /// What a publishable key may not send: a flag, or an existing person.
    pub fn beyond_publishable(&self) -> Option<&'static str> {
        let clogin_id = self.clogin_id.is_some() && self.action == Action::Create;
        self.flag_sent.or(clogin_id.then_some("clogin_id"))
    }
}

/// Whether a list of products is there only because the caller sends the key always.
fn is_empty(list: &Value) -> bool {
    match list {
        Value::Array(items) => items.is_empty(),
        Value::Object(entry) => entry.is_empty(),
        _ => lenient::is_none(list),
    }
}

/// The value, or `None` after its error was noted.
fn keep<T>(errors: &mut Vec<FieldError>, path: &str, result: Result<T, &'static str>) -> Option<T> {
    result
        .map_err(|rule| errors.push(FieldError::new(path, "invalid", rule)))
        .ok()
}

fn refuse_unknown(object: &Map<String, Value>, at: &str, known: &[&str]) -> Result<(), Error> {
    let errors: Vec<_> = object
        .keys()
        .filter(|key| !known.contains(&key.as_str()))
        .take(MAX_ERRORS)
        .map(|key| {
            let rule = match nearest(key, known) {
                Some(nearest) => format!("is unknown; did you mean {nearest:?}?"),
                None => "is unknown: the document must be empty".to_owned(),
            };
            FieldError::new(format!("{at}{key}"), "unknown_parameter", rule)
        })
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    let msg = "The request has a parameter that does not exist.";
    Err(Error::new(ErrorCode::UnknownParameter, msg).with_errors(errors))
}

fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    // Comparing costs memory by the length of both.
    let key: String = key.chars().take(MAX_COMPARED).collect();
    known
        .iter()
        .copied()
        .min_by_key(|known| strsim::damerau_levenshtein(&key, known))
}

fn read_action(endpoint: Endpoint, value: Option<&Value>) -> Result<Action, Error> {
    let name = match value {
        None | Some(Value::Null) => {
            return Err(Error::invalid("action", "required", "is required"));
        }
        Some(Value::String(name)) => name,
        Some(_) => return Err(Error::invalid("action", "invalid", "must be a string")),
    };
    Action::find(endpoint, name).ok_or_else(|| {
        let known: Vec<_> = Action::ALL
            .into_iter()
            .filter(|action| action.endpoint() == endpoint)
            .map(Action::name)
            .collect();
        let msg = format!(
            "There is no such action here. The actions are: {}.",
            known.join(", ")
        );
        Error::new(ErrorCode::UnknownAction, msg)
    })
}

fn read_doc(value: Option<&Value>) -> Result<Map<String, Value>, &'static str> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Array(items)) if items.is_empty() => Ok(Map::new()),
        Some(Value::Object(doc)) => Ok(doc.clone()),
        Some(_) => Err("must be an object"),
    }
}
