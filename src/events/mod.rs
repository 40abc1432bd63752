//! Analytics events: what calls did to people, or asked of them. Whoever dispatches a call makes its events from the
//! outcome: START and SUCCESS of a write are rows of its transaction; everything else goes through a buffer.

mod buffer;
mod worker;

use serde_json::{Map, Value, json};

pub use self::buffer::{EventBuffer, flush};
pub use self::worker::Worker;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::connection::DbConn;
use crate::db::events::{self, NewEvent};
use crate::error::Error;
use crate::ids::{AdminId, CloginId, OrganizationId};
use crate::project::file::Organization;

/// What is done to people, as events name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Create,
    Update,
    Delete,
}

/// Where in a call an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Start,
    Success,
    Fail,
}

impl Operation {
    /// The types of its events, in the order of the stages.
    fn kinds(self) -> [&'static str; 3] {
        match self {
            Operation::Create => [
                "USER_CREATE_START",
                "USER_CREATE_SUCCESS",
                "USER_CREATE_FAIL",
            ],
            Operation::Update => [
                "USER_UPDATE_START",
                "USER_UPDATE_SUCCESS",
                "USER_UPDATE_FAIL",
            ],
            Operation::Delete => [
                "USER_DELETE_START",
                "USER_DELETE_SUCCESS",
                "USER_DELETE_FAIL",
            ],
        }
    }

    fn kind(self, stage: Stage) -> &'static str {
        let [start, success, fail] = self.kinds();
        match stage {
            Stage::Start => start,
            Stage::Success => success,
            Stage::Fail => fail,
        }
    }
}

/// How much of its events an organization keeps: the project file's `event_level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Metadata,
    Impersonal,
    All,
}

impl Level {
    fn of(organization: &Organization) -> Self {
        match organization.event_level {
            3 => Level::All,
            2 => Level::Impersonal,
            _ => Level::Metadata,
        }
    }
}

/// What an event says beyond its type.
#[derive(Clone, Debug)]
pub struct Details {
    level: Level,
    metadata: Map<String, Value>,
    data: Map<String, Value>,
}

impl Details {
    /// Kept at every level.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.to_owned(), value.into());
        self
    }

    /// Kept from level 2 on.
    #[must_use]
    pub fn with_impersonal(self, key: &str, value: impl FnOnce() -> Value) -> Self {
        self.with_data(Level::Impersonal, key, value)
    }

    /// Kept at level 3.
    #[must_use]
    pub fn with_personal(self, key: &str, value: impl FnOnce() -> Value) -> Self {
        self.with_data(Level::All, key, value)
    }

    fn with_data(mut self, level: Level, key: &str, value: impl FnOnce() -> Value) -> Self {
        if self.level >= level {
            self.data.insert(key.to_owned(), value());
        }
        self
    }
}

/// An event that is not in the database yet.
#[derive(Clone, Debug)]
struct Event {
    organization: OrganizationId,
    id: String,
    kind: &'static str,
    request_id: String,
    admin: AdminId,
    /// JSON.
    metadata: String,
    /// JSON; none at level 1.
    data: Option<String>,
}

impl Event {
    fn insert(&self, conn: &mut DbConn, clogin: Option<CloginId>) -> Result<(), Error> {
        let row = NewEvent {
            organization_id: self.organization.0,
            id: &self.id,
            kind: self.kind,
            request_id: &self.request_id,
            admin_id: self.admin.0,
            clogin_id: clogin.filter(|_| self.data.is_some()).map(|id| id.0),
            metadata: &self.metadata,
            data: self.data.as_deref(),
        };
        Ok(events::insert(conn, &row)?)
    }
}

/// The events of one call, from its beginning.
#[derive(Clone, Debug)]
pub struct CallEvents {
    organization: OrganizationId,
    admin: AdminId,
    request_id: String,
    operation: Operation,
    level: Level,
    began: Timestamp,
}

/// Two events that are decided, but for whom they are about.
#[derive(Clone, Debug)]
pub struct Told {
    start: Event,
    end: Event,
}

impl CallEvents {
    pub fn begin(
        app: &App,
        organization: &Organization,
        admin: AdminId,
        request_id: &str,
        operation: Operation,
    ) -> Self {
        CallEvents {
            organization: organization.id,
            admin,
            request_id: request_id.to_owned(),
            operation,
            level: Level::of(organization),
            began: app.clock.now(),
        }
    }

    /// For what START, SUCCESS or FAIL is to say.
    pub fn details(&self) -> Details {
        Details {
            level: self.level,
            metadata: Map::new(),
            data: Map::new(),
        }
    }

    /// START and SUCCESS. To be made before the transaction, which may run again.
    pub fn succeeded(&self, app: &App, start: Details, success: Details) -> Told {
        self.told(app, Stage::Success, start, success)
    }

    /// START and FAIL. Neither says more of what was asked for than `start` does.
    pub fn failed(&self, app: &App, start: Details, error: &Error) -> Told {
        let error = json!({ "message": error.msg(), "type": error.code() });
        let fail = self.details().with("error", error);
        self.told(app, Stage::Fail, start, fail)
    }

    fn told(&self, app: &App, end_stage: Stage, start: Details, end: Details) -> Told {
        // Ids of one millisecond are in no order of their own.
        let mut ids = [self.began, app.clock.now().max(self.began)].map(|at| app.ids.uuid(at));
        ids.sort_unstable();
        let [start_id, end_id] = ids.map(|id| id.to_string());
        Told {
            start: self.event(start_id, Stage::Start, start),
            end: self.event(end_id, end_stage, end),
        }
    }

    fn event(&self, id: String, stage: Stage, details: Details) -> Event {
        let Details { metadata, data, .. } = details;
        Event {
            organization: self.organization,
            id,
            kind: self.operation.kind(stage),
            request_id: self.request_id.clone(),
            admin: self.admin,
            metadata: Value::Object(metadata).to_string(),
            data: (self.level > Level::Metadata).then(|| Value::Object(data).to_string()),
        }
    }
}

impl Told {
    /// Writes both events, in the transaction of the change that they tell of. `clogin`: whom they are about; what they
    /// say of the person goes with it.
    ///
    /// # Errors
    ///
    /// When the database cannot do it.
    pub fn insert(&self, conn: &mut DbConn, clogin: Option<CloginId>) -> Result<(), Error> {
        self.start.insert(conn, clogin)?;
        self.end.insert(conn, clogin)
    }
}
