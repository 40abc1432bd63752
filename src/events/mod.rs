//! Analytics events: what calls did to people, or asked of them. Whoever dispatches a call makes its events from the
//! outcome: START and SUCCESS of a write are rows of its transaction; everything else goes through a buffer.

mod buffer;
mod list;
mod worker;

use serde_json::{Map, Value, json};

pub use self::buffer::{EventBuffer, flush};
pub use self::list::{Filter, KnownEvent, list};
pub use self::worker::start;
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
    Retrieve,
    RetrieveList,
    Search,
    Update,
    Delete,
    CredentialRetrieveList,
}

/// Where in a call an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Start,
    Success,
    Fail,
}

impl Operation {
    pub const ALL: [Operation; 7] = [
        Operation::Create,
        Operation::Retrieve,
        Operation::RetrieveList,
        Operation::Search,
        Operation::Update,
        Operation::Delete,
        Operation::CredentialRetrieveList,
    ];

    /// The types of its events: START, SUCCESS, FAIL.
    pub fn kinds(self) -> [&'static str; 3] {
        macro_rules! kinds {
            ($name:literal) => {
                [
                    concat!("USER_", $name, "_START"),
                    concat!("USER_", $name, "_SUCCESS"),
                    concat!("USER_", $name, "_FAIL"),
                ]
            };
        }
        match self {
            Operation::Create => kinds!("CREATE"),
            Operation::Retrieve => kinds!("RETRIEVE"),
            Operation::RetrieveList => kinds!("RETRIEVE_LIST"),
            Operation::Search => kinds!("SEARCH"),
            Operation::Update => kinds!("UPDATE"),
            Operation::Delete => kinds!("DELETE"),
            Operation::CredentialRetrieveList => kinds!("CREDENTIAL_RETRIEVE_LIST"),
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

/// The one category that there is.
pub const CATEGORY: &str = "user";

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

    /// As [`Details::with`], where there is something to be said.
    #[must_use]
    pub fn with_some(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
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
    /// START, and SUCCESS or FAIL.
    rows: [NewEvent; 2],
    /// Whom they are about, where that is known before they are written.
    about: Option<CloginId>,
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

    /// START and FAIL. Of what was sent only the metadata are kept: it may be about somebody who is not there to be deleted.
    pub fn failed(&self, app: &App, start: Details, error: &Error) -> Told {
        let error = json!({ "message": error.msg(), "type": error.code() });
        let fail = self.details().with("error", error);
        let start = Details {
            data: Map::new(),
            ..start
        };
        self.told(app, Stage::Fail, start, fail)
    }

    fn told(&self, app: &App, end_stage: Stage, start: Details, end: Details) -> Told {
        // Ids of one millisecond are in no order of their own.
        let mut ids = [self.began, app.clock.now().max(self.began)].map(|at| app.ids.uuid(at));
        ids.sort_unstable();
        let [start_id, end_id] = ids.map(|id| id.to_string());
        Told {
            rows: [
                self.row(start_id, Stage::Start, start),
                self.row(end_id, end_stage, end),
            ],
            about: None,
        }
    }

    fn row(&self, id: String, stage: Stage, details: Details) -> NewEvent {
        let Details { metadata, data, .. } = details;
        NewEvent {
            organization_id: self.organization.0,
            id,
            kind: self.operation.kind(stage),
            request_id: self.request_id.clone(),
            admin_id: self.admin.0,
            clogin_id: None,
            metadata: Value::Object(metadata).to_string(),
            data: (self.level > Level::Metadata).then(|| Value::Object(data).to_string()),
        }
    }
}

impl Told {
    /// The same about somebody: what they say of the person goes with it.
    #[must_use]
    pub fn about(mut self, clogin: Option<CloginId>) -> Self {
        self.about = clogin;
        self
    }

    /// Whether they say anything that an organization at level 1 does not keep.
    fn has_data(&self) -> bool {
        self.rows.iter().any(|row| row.data.is_some())
    }

    /// Of whom they say something, where they do.
    fn person(&self) -> Option<(OrganizationId, CloginId)> {
        let organization = OrganizationId(self.rows[0].organization_id);
        let about = self.about.filter(|_| self.has_data())?;
        Some((organization, about))
    }

    /// As they are written, about whom they are about.
    fn into_rows(mut self) -> [NewEvent; 2] {
        if let Some((_, CloginId(id))) = self.person() {
            for row in &mut self.rows {
                row.clogin_id = Some(id);
            }
        }
        self.rows
    }

    /// The same, of nobody.
    fn without_data(mut self) -> Self {
        for row in &mut self.rows {
            row.data = Some("{}".to_owned());
        }
        self
    }

    /// Writes both events, in the transaction of the change that they tell of. `clogin`: whom they are about; what they
    /// say of the person goes with it.
    ///
    /// # Errors
    ///
    /// When the database cannot do it.
    pub fn insert(&self, conn: &mut DbConn, clogin: Option<CloginId>) -> Result<(), Error> {
        match clogin.filter(|_| self.has_data()) {
            None => events::insert(conn, &self.rows)?,
            about => events::insert(conn, &self.clone().about(about).into_rows())?,
        }
        Ok(())
    }
}
