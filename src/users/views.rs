//! One person, three views: the action API's is [`super::person`]; those of the two REST surfaces are here, both ways.
//! `email` here is `main_email` there; `custom_properties` and `claims` are documents of their own; names and answers are
//! in neither.

mod client;
mod platform;

pub use self::client::{CLIENT_KEYS, CONTROL_CHARACTERS, Refusal, python_type, read_locale};
pub use self::platform::WantedPerson;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{username, values};
use crate::clock::Timestamp;
use crate::db::rest_users::{NewDocuments, RestUser, RestUserChange};
use crate::db::user_values::Document;
use crate::db::users::NewUser;
use crate::error::Error;
use crate::ids::OrganizationId;

/// A person on the client-users surface: exactly these keys.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ClientUser {
    #[schema(format = "uuid")]
    pub id: String,
    #[schema(required = true)]
    pub email: Option<String>,
    /// One of the organization's.
    pub locale: String,
    #[schema(required = true, value_type = Option<Object>)]
    pub custom_properties: Option<Map<String, Value>>,
}

/// A person on the platform-users surface.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlatformUser {
    #[schema(format = "uuid")]
    pub id: String,
    #[schema(value_type = Object)]
    pub claims: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub authentication_provider: Option<ProviderLink>,
}

/// Where somebody logs in elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderLink {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub provider_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
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
        let claims = self.claims.as_ref().map(values::of_claims);
        let properties = self.custom_properties.as_ref().map(|properties| {
            let keys = properties.as_ref().map(values::of_properties);
            keys.unwrap_or_default()
        });
        let link = self
            .provider_link
            .as_ref()
            .map(|link| values::of_provider(link.provider_id.as_deref(), link.url.as_deref()));
        let given = [
            (Document::Claims, claims),
            (Document::CustomProperties, properties),
            (Document::Provider, link),
        ];
        given
            .into_iter()
            .filter_map(|(document, keys)| Some((document, keys?)))
            .collect()
    }
}
