//! The answer of an action: its own keys, then `success`, `user_info` and `meta_info`, in this documented order.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::ids::CloginId;
use crate::users::person::{MetaInfo, Person, UserInfo};

/// What an action says, before it becomes JSON: that happens outside its transaction.
pub struct Reply {
    own: Map<String, Value>,
    shown: Shown,
}

/// Whose state an answer shows.
enum Shown {
    Person(Box<Person>),
    /// There is no one user: null.
    Nobody,
    /// The endpoint is not about users: the keys are not there.
    Nothing,
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
    #[serde(flatten)]
    state: Option<State>,
}

#[derive(Serialize)]
struct State {
    user_info: Option<UserInfo>,
    meta_info: Option<MetaInfo>,
}

impl Reply {
    pub fn about(person: Person) -> Self {
        Reply {
            own: Map::new(),
            shown: Shown::Person(Box::new(person)),
        }
    }

    /// An answer of the users' endpoint that is about no one user.
    pub fn about_nobody() -> Self {
        Reply {
            own: Map::new(),
            shown: Shown::Nobody,
        }
    }

    /// An answer of another endpoint.
    pub fn plain() -> Self {
        Reply {
            own: Map::new(),
            shown: Shown::Nothing,
        }
    }

    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.own.insert(key.to_owned(), value.into());
        self
    }

    /// Adds the keys of an action, in their order.
    #[must_use]
    pub fn with_all(mut self, own: Map<String, Value>) -> Self {
        self.own.extend(own);
        self
    }

    pub fn clogin_id(&self) -> Option<CloginId> {
        match &self.shown {
            Shown::Person(person) => Some(person.clogin_id()),
            Shown::Nobody | Shown::Nothing => None,
        }
    }

    /// # Errors
    ///
    /// When a stored document does not parse.
    pub fn render(&self) -> Result<Body, Error> {
        let state = match &self.shown {
            Shown::Person(person) => Some(State {
                user_info: Some(person.user_info()),
                meta_info: Some(person.meta_info()?),
            }),
            Shown::Nobody => Some(State {
                user_info: None,
                meta_info: None,
            }),
            Shown::Nothing => None,
        };
        let success = Success {
            own: &self.own,
            success: true,
            state,
        };
        let json = serde_json::to_string(&success)
            .map_err(|error| Error::internal(format!("an answer cannot be written: {error}")))?;
        Ok(Body {
            json,
            replayed: false,
        })
    }
}
