//! What a call of the platform-users surface gives or asks for.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::{Given, ProviderLink};
use crate::db::rest_users::RestUser;
use crate::error::{Error, FieldError};
use crate::users::{claims, values};

/// Of claims, as compact JSON.
const MAX_CLAIMS_BYTES: usize = 64 * 1024;
/// Of claims, the object itself counted.
const MAX_CLAIMS_LEVELS: usize = 16;
const MAX_CLAIMS_LEAVES: usize = 500;
/// In characters, of what a link says; a subject is indexed as it is.
const MAX_SUBJECT_LENGTH: usize = 255;
const MAX_URL_LENGTH: usize = 2_048;

/// Paths that are named of a search, and how much of each, in characters.
const MAX_PATHS: usize = 50;
const MAX_PATH_LENGTH: usize = 256;

const CLAIMS: &str = "claims";
const PROVIDER: &str = "authenticationProvider";

impl Given {
    /// What a new person is given, or one is changed to; unknown keys are passed over.
    ///
    /// # Errors
    ///
    /// `validation_failed`: everything that is wrong, each with its path.
    pub fn read_platform(body: &Map<String, Value>) -> Result<Self, Error> {
        let mut errors = Vec::new();
        let claims = body
            .get(CLAIMS)
            .and_then(|value| read_claims(value, &mut errors));
        let link = body.get(PROVIDER).and_then(|value| {
            let parts = Parts::read(value, &mut errors)?;
            let link = parts.link();
            if link.is_none() {
                errors.push(refused(&format!("{PROVIDER}.subjectId"), "is required"));
            }
            link
        });
        if !errors.is_empty() {
            return Err(Error::validation(errors));
        }
        Ok(Given {
            claims,
            provider_link: link,
            ..Given::default()
        })
    }

    /// As [`Given::read_platform`], for a change, which has to say something.
    ///
    /// # Errors
    ///
    /// As [`Given::read_platform`].
    pub fn read_platform_change(body: &Map<String, Value>) -> Result<Self, Error> {
        let given = Given::read_platform(body)?;
        if given == Given::default() {
            let rule = "is required, or authenticationProvider";
            return Err(Error::validation(vec![refused(CLAIMS, rule)]));
        }
        Ok(given)
    }
}

/// Whom a search asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WantedPerson {
    pub claims: Map<String, Value>,
    link: Parts,
}

impl WantedPerson {
    /// Notes everything that is wrong.
    pub fn read(body: &Map<String, Value>, errors: &mut Vec<FieldError>) -> Self {
        let claims = body.get(CLAIMS);
        let link = body.get(PROVIDER);
        WantedPerson {
            claims: claims
                .and_then(|value| read_claims(value, errors))
                .unwrap_or_default(),
            link: link
                .and_then(|value| {
                    let object = value.as_object().into_iter().flat_map(Map::keys);
                    let unknown = object.filter(|key| !LINK_KEYS.contains(&key.as_str()));
                    errors.extend(unknown.map(|key| {
                        let rule = format!("is unknown; known are {}", LINK_KEYS.join(", "));
                        refused(&format!("{PROVIDER}.{key}"), &rule)
                    }));
                    Parts::read(value, errors)
                })
                .unwrap_or_default(),
        }
    }

    pub fn subject_id(&self) -> Option<&str> {
        self.link.subject_id.as_deref()
    }

    /// The keys that such a person has, of the values by which people are found.
    pub fn keys(&self) -> BTreeSet<String> {
        let mut keys = values::of_searched_claims(&self.claims);
        let link = &self.link;
        keys.extend(values::of_provider(
            link.provider_id.as_deref(),
            link.url.as_deref(),
        ));
        keys
    }

    /// Whether somebody is such a person. The keys have found it: this decides.
    ///
    /// # Errors
    ///
    /// When a stored document does not parse.
    pub fn is(&self, user: &RestUser) -> Result<bool, Error> {
        let link = &self.link;
        let same =
            |wanted: &Option<String>, stored: &Option<String>| wanted.is_none() || wanted == stored;
        if !same(&link.provider_id, &user.provider_id)
            || !same(&link.url, &user.provider_url)
            || !same(&link.subject_id, &user.subject_id)
        {
            return Ok(false);
        }
        if self.claims.is_empty() {
            return Ok(true);
        }
        let stored = super::parse(user, super::Document::Claims, &user.claims)?;
        Ok(claims::contain(&stored, &self.claims))
    }

    /// The paths that are asked for, or the first of them: JSON pointers into claims, and the parts of a link.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        let mut note = |pointer: &str| {
            let shown: String = pointer.chars().take(MAX_PATH_LENGTH).collect();
            if paths.len() < MAX_PATHS && !paths.contains(&shown) {
                paths.push(shown);
            }
        };
        let mut at = format!("/{CLAIMS}");
        values::each_leaf(&self.claims, &mut at, &mut |pointer, _| note(pointer));
        let link = &self.link;
        let given = [&link.provider_id, &link.url, &link.subject_id];
        for (name, _) in LINK_KEYS
            .iter()
            .zip(given)
            .filter(|(_, given)| given.is_some())
        {
            note(&format!("/{PROVIDER}/{name}"));
        }
        paths
    }
}

/// What is said of a link to where somebody logs in elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
struct Parts {
    provider_id: Option<String>,
    url: Option<String>,
    subject_id: Option<String>,
}

const LINK_KEYS: [&str; 3] = ["providerId", "url", "subjectId"];

impl Parts {
    fn read(value: &Value, errors: &mut Vec<FieldError>) -> Option<Self> {
        let Some(object) = value.as_object() else {
            errors.push(refused(PROVIDER, "must be an object"));
            return None;
        };
        let found = errors.len();
        let mut text = |name: &str, lengths: RangeInclusive<usize>| {
            let text = match object.get(name)? {
                Value::String(text) => text,
                _ => {
                    errors.push(refused(&format!("{PROVIDER}.{name}"), "must be a string"));
                    return None;
                }
            };
            if !lengths.contains(&text.chars().count()) {
                let (least, most) = (lengths.start(), lengths.end());
                let rule = format!("must have {least} to {most} characters");
                errors.push(refused(&format!("{PROVIDER}.{name}"), &rule));
            }
            Some(text.clone())
        };
        let [provider_id, url, subject_id] = [
            text("providerId", 0..=MAX_SUBJECT_LENGTH),
            text("url", 0..=MAX_URL_LENGTH),
            text("subjectId", 1..=MAX_SUBJECT_LENGTH),
        ];
        (errors.len() == found).then_some(Parts {
            provider_id,
            url,
            subject_id,
        })
    }

    /// None: it does not say who somebody is there.
    fn link(self) -> Option<ProviderLink> {
        Some(ProviderLink {
            provider_id: self.provider_id,
            url: self.url,
            subject_id: self.subject_id?,
        })
    }
}

fn read_claims(value: &Value, errors: &mut Vec<FieldError>) -> Option<Map<String, Value>> {
    let rule = match value {
        Value::Object(object) => {
            if value.to_string().len() > MAX_CLAIMS_BYTES {
                format!("must have at most {MAX_CLAIMS_BYTES} bytes")
            } else if values::levels(value) > MAX_CLAIMS_LEVELS {
                format!("must have at most {MAX_CLAIMS_LEVELS} levels")
            } else if values::leaves(value) > MAX_CLAIMS_LEAVES {
                format!("must have at most {MAX_CLAIMS_LEAVES} values")
            } else {
                return Some(object.clone());
            }
        }
        _ => "must be an object".to_owned(),
    };
    errors.push(refused(CLAIMS, &rule));
    None
}

fn refused(path: &str, rule: &str) -> FieldError {
    FieldError::new(path, "invalid", rule)
}
