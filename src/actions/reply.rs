//! The answer of an action: its own keys, then `success`, `user_info` and `meta_info`, in this order [doc].

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::ids::CloginId;
use crate::users::person::{MetaInfo, Person, UserInfo};

/// What an action says, before it becomes JSON: that happens outside its transaction.
pub struct Reply {
    own: Map<String, Value>,
    /// None where there is no one user.
    person: Option<Person>,
}

/// An answer as it is sent.
pub struct Body {
    pub json: String,
    /// Whether it is a stored one.
    pub replayed: bool,
}

#[derive(Serialize)]
struct Success<'a> {
    #[serde(flatten)]
    own: &'a Map<String, Value>,
    success: bool,
    user_info: Option<UserInfo>,
    meta_info: Option<MetaInfo>,
}

impl Reply {
    pub fn about(person: Person) -> Self {
        Reply {
            own: Map::new(),
            person: Some(person),
        }
    }

    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.own.insert(key.to_owned(), value.into());
        self
    }

    pub fn clogin_id(&self) -> Option<CloginId> {
        self.person.as_ref().map(Person::clogin_id)
    }

    /// # Errors
    ///
    /// When a stored document does not parse.
    pub fn render(&self) -> Result<Body, Error> {
        let success = Success {
            own: &self.own,
            success: true,
            user_info: self.person.as_ref().map(Person::user_info),
            meta_info: self.person.as_ref().map(Person::meta_info).transpose()?,
        };
        let json = serde_json::to_string(&success)
            .map_err(|error| Error::internal(format!("an answer cannot be written: {error}")))?;
        Ok(Body {
            json,
            replayed: false,
        })
    }
}
