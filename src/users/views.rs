//! One person, three views: the action API's is [`super::person`]; those of the two REST surfaces are here, both ways.
//! `email` here is `main_email` there; `custom_properties` and `claims` are documents of their own; names and answers are
//! in neither.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{email, username, values};
use crate::clock::Timestamp;
use crate::db::rest_users::{NewDocuments, RestUser, RestUserChange};
use crate::db::user_values::Document;
use crate::db::users::NewUser;
use crate::error::{Error, FieldError};
use crate::ids::OrganizationId;
use crate::json;

/// Of custom properties, as compact JSON.
const MAX_PROPERTIES_BYTES: usize = 16 * 1024;
/// Of custom properties, the object itself counted.
const MAX_PROPERTIES_LEVELS: usize = 8;
/// In characters, of a value that an error names.
const MAX_SHOWN_LENGTH: usize = 100;

/// A person on the client-users surface: exactly these keys.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClientUser {
    pub id: String,
    pub email: Option<String>,
    pub locale: String,
    pub custom_properties: Option<Map<String, Value>>,
}

/// A person on the platform-users surface.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformUser {
    pub id: String,
    pub claims: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_provider: Option<ProviderLink>,
}

/// Where somebody logs in elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderLink {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    pub subject_id: String,
}

impl ClientUser {
    /// # Errors
    ///
    /// When a stored document does not parse.
    pub fn of(user: &RestUser) -> Result<Self, Error> {
        let stored = user.custom_properties.as_deref();
        Ok(ClientUser {
            id: user.uuid.clone(),
            email: user.main_email.clone(),
            locale: user.locale.clone(),
            custom_properties: stored
                .map(|text| parse(user, Document::CustomProperties, text))
                .transpose()?,
        })
    }
}

impl PlatformUser {
    /// # Errors
    ///
    /// When a stored document does not parse.
    pub fn of(user: &RestUser) -> Result<Self, Error> {
        let link = user.subject_id.clone().map(|subject_id| ProviderLink {
            provider_id: user.provider_id.clone(),
            url: user.provider_url.clone(),
            subject_id,
        });
        Ok(PlatformUser {
            id: user.uuid.clone(),
            claims: parse(user, Document::Claims, &user.claims)?,
            authentication_provider: link,
        })
    }
}

fn parse(user: &RestUser, document: Document, text: &str) -> Result<Map<String, Value>, Error> {
    serde_json::from_str(text).map_err(|error| {
        let (id, document) = (user.id, document.name());
        Error::internal(format!("{document} of user {id} do not parse: {error}"))
    })
}

/// What a REST call gives of a person, new or not. `None`: it says nothing of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    pub email: Option<Option<String>>,
    pub locale: Option<String>,
    pub custom_properties: Option<Option<Map<String, Value>>>,
    pub claims: Option<Map<String, Value>>,
    pub provider_link: Option<ProviderLink>,
}

/// A new person as it is written.
#[derive(Clone, Debug)]
pub struct NewRows {
    pub user: NewUser,
    pub documents: NewDocuments,
}

impl Given {
    /// A new person, registered nowhere.
    pub fn new_person(
        &self,
        organization: OrganizationId,
        uuid: Uuid,
        default_locale: String,
        now: Timestamp,
    ) -> NewRows {
        let change = self.change(now);
        let user = NewUser {
            organization_id: organization.0,
            uuid: uuid.to_string(),
            username: None,
            username_key: None,
            password_hash: None,
            first_name: String::new(),
            last_name: String::new(),
            org_name: String::new(),
            main_email: change.main_email.flatten(),
            email_key: change.email_key.flatten(),
            locale: change.locale.unwrap_or(default_locale),
            created_at: now,
            updated_at: now,
        };
        let documents = NewDocuments {
            custom_properties: change.custom_properties.flatten(),
            claims: change.claims.unwrap_or_else(|| "{}".to_owned()),
            provider_key: change.provider_key.flatten(),
            provider_id: change.provider_id.flatten(),
            provider_url: change.provider_url.flatten(),
            subject_id: change.subject_id.flatten(),
        };
        NewRows { user, documents }
    }

    /// What is written of a person that is there.
    pub fn change(&self, now: Timestamp) -> RestUserChange {
        let document = |object: &Map<String, Value>| Value::Object(object.clone()).to_string();
        let link = self.provider_link.as_ref();
        RestUserChange {
            main_email: self.email.clone(),
            email_key: self
                .email
                .as_ref()
                .map(|email| email.as_deref().map(username::key)),
            locale: self.locale.clone(),
            custom_properties: self
                .custom_properties
                .as_ref()
                .map(|properties| properties.as_ref().map(document)),
            claims: self.claims.as_ref().map(document),
            provider_key: link.map(|link| Some(link.provider_id.clone().unwrap_or_default())),
            provider_id: link.map(|link| link.provider_id.clone()),
            provider_url: link.map(|link| link.url.clone()),
            subject_id: link.map(|link| Some(link.subject_id.clone())),
            updated_at: now,
        }
    }

    /// The keys of the documents that are given.
    pub fn values(&self) -> Vec<(Document, BTreeSet<String>)> {
        let claims = self.claims.as_ref().map(Some);
        let properties = self.custom_properties.as_ref().map(Option::as_ref);
        let given = [
            (Document::Claims, claims),
            (Document::CustomProperties, properties),
        ];
        given
            .into_iter()
            .filter_map(|(document, object)| {
                let keys = object?.map(|object| values::of(document, object));
                Some((document, keys.unwrap_or_default()))
            })
            .collect()
    }

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
type Refusal = (&'static str, String);

const CONTROL_CHARACTERS: &str =
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
    } else if values::leaves(value) > values::MAX_LEAVES {
        let most = values::MAX_LEAVES;
        let msg = format!("Ensure this field has no more than {most} values.");
        refused("too_many", msg)
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
