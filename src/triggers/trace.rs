//! What triggers did in a call, for the one who asks why: `"trace": true`.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::ids::CloginId;
use crate::project::trigger::Condition;

/// A trigger that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Look {
    pub trigger_id: i64,
    pub name: String,
    /// Of whom.
    #[schema(value_type = i64)]
    pub clogin_id: CloginId,
    /// As the project file has them, with whether each holds, and what was seen.
    #[schema(value_type = Vec<Object>)]
    pub conditions: Vec<Seen>,
    pub holds: bool,
    pub result: LookResult,
    /// What was done, or why it was not, a sentence each.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seen {
    #[serde(flatten)]
    pub condition: Condition,
    pub holds: bool,
    pub seen: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookResult {
    /// Its conditions came true, and it acted.
    Fired,
    /// They stopped being true, and what it had done was undone.
    Undone,
    /// It would have acted, but the call held it back: that is not made up later.
    HeldBack,
    /// It would have acted a second time in one call: it stops here.
    Loop,
    /// Nothing to do.
    Unchanged,
}

/// An e-mail that was queued.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QueuedEmail {
    pub trigger_id: i64,
    pub template_id: i64,
    pub to: String,
    pub subject: String,
}

/// What a call did by triggers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Trace {
    pub looks: Vec<Look>,
    pub emails: Vec<QueuedEmail>,
}
