//! The answer of an action: its own keys, then `success`, `user_info` and `meta_info`, in this documented order.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::ids::CloginId;
use crate::triggers::trace::{Look, QueuedEmail, Trace};
use crate::users::person::{MetaInfo, Person, UserInfo};

/// What an action says, before it becomes JSON: that happens outside its transaction.
pub struct Reply {
    own: Map<String, Value>,
    trace: Trace,
    shown: Shown,
    /// Whether somebody is registered who was not in the project before.
    registers: bool,
}

/// What an answer tells of the triggers that it set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tell {
    Nothing,
    /// `"trace": true`
    Trace,
    /// `"dry_run": true`
    TraceAndEmails,
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
    /// Whether e-mails wait for the worker since the commit.
    pub(super) has_mail: bool,
}

#[derive(Serialize)]
struct Success<'a> {
    #[serde(flatten)]
    own: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'a [Look]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emails: Option<&'a [QueuedEmail]>,
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
        Self::of(Shown::Person(Box::new(person)))
    }

    /// An answer of the users' endpoint that is about no one user.
    pub fn about_nobody() -> Self {
        Self::of(Shown::Nobody)
    }

    /// An answer of another endpoint.
    pub fn plain() -> Self {
        Self::of(Shown::Nothing)
    }

    fn of(shown: Shown) -> Self {
        Reply {
            own: Map::new(),
            trace: Trace::default(),
            shown,
            registers: false,
        }
    }

    /// An answer to a call that registers somebody who was not in the project before.
    #[must_use]
    pub fn registering(mut self) -> Self {
        self.registers = true;
        self
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

    /// What the triggers of the call did.
    #[must_use]
    pub fn with_trace(mut self, trace: Trace) -> Self {
        self.trace = trace;
        self
    }

    pub fn clogin_id(&self) -> Option<CloginId> {
        match &self.shown {
            Shown::Person(person) => Some(person.clogin_id()),
            Shown::Nobody | Shown::Nothing => None,
        }
    }

    pub fn registers(&self) -> bool {
        self.registers
    }

    /// # Errors
    ///
    /// When a stored document does not parse.
    pub fn render(&self, tell: Tell) -> Result<Body, Error> {
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
            trace: (tell != Tell::Nothing).then_some(&self.trace.looks[..]),
            emails: (tell == Tell::TraceAndEmails).then_some(&self.trace.emails[..]),
            success: true,
            state,
        };
        let json = serde_json::to_string(&success)
            .map_err(|error| Error::internal(format!("an answer cannot be written: {error}")))?;
        Ok(Body {
            json,
            replayed: false,
            has_mail: !self.trace.emails.is_empty(),
        })
    }
}
