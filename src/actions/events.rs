//! The events of a call of the action API, made from its outcome: no action mentions them.

use serde_json::{Map, Value, json};

use super::envelope::{Envelope, Mode};
use super::reply::Reply;
use super::{Action, Caller, Endpoint};
use crate::app::App;
use crate::db::connection::Conn;
use crate::error::Error;
use crate::events::{CallEvents, Details, Operation, Told};

/// What is never kept of a document.
const SECRETS: [&str; 1] = ["password"];

impl Action {
    /// What the events of a call say was done. None: it is not about people, or only reads.
    fn operation(self) -> Option<Operation> {
        match self {
            _ if self.endpoint() != Endpoint::Users => None,
            Action::GetInfo | Action::GetUserList | Action::VerifyToken => None,
            Action::Create | Action::CreateChild | Action::Login | Action::Authenticate => {
                Some(Operation::Create)
            }
            Action::Delete => Some(Operation::Delete),
            _ => Some(Operation::Update),
        }
    }

    /// Whether only a call that registers somebody is told of: a token alone changes nobody.
    fn is_entering(self) -> bool {
        matches!(self, Action::Login | Action::Authenticate)
    }
}

/// The events of a call, none where it has none.
pub(super) struct Events(Option<CallEvents>);

impl Events {
    pub(super) fn begin(app: &App, caller: &Caller, request_id: &str, envelope: &Envelope) -> Self {
        let operation = envelope
            .action
            .operation()
            .filter(|_| envelope.mode == Mode::Real);
        let organization = &caller.setup.organization;
        Events(operation.map(|operation| {
            CallEvents::begin(app, organization, caller.admin_id(), request_id, operation)
        }))
    }

    /// To be written by a call that succeeds, in its transaction.
    pub(super) fn succeeded(&self, app: &App, envelope: &Envelope) -> Success {
        let told = self.0.as_ref().map(|events| {
            let start = start(events, envelope)
                .with_impersonal("fields", || json!(envelope.doc.keys().collect::<Vec<_>>()))
                .with_personal("doc", || without_secrets(&envelope.doc));
            events.succeeded(app, start, events.details())
        });
        Success {
            told,
            only_registering: envelope.action.is_entering(),
        }
    }

    /// What a call that fails was sent is not told: it may be about somebody who is not there to be deleted.
    pub(super) fn failed(&self, app: &App, envelope: &Envelope, error: &Error) {
        if let Some(events) = self.0.as_ref().filter(|_| !envelope.action.is_entering()) {
            app.events
                .push(|| events.failed(app, start(events, envelope), error));
        }
    }
}

fn start(events: &CallEvents, envelope: &Envelope) -> Details {
    events
        .details()
        .with("action", envelope.action.name())
        .with("groupId", envelope.group_id.0)
}

fn without_secrets(doc: &Map<String, Value>) -> Value {
    let mut doc = doc.clone();
    doc.retain(|key, _| !SECRETS.contains(&key.as_str()));
    Value::Object(doc)
}

/// START and SUCCESS of a call that may succeed.
#[derive(Clone)]
pub(super) struct Success {
    told: Option<Told>,
    only_registering: bool,
}

impl Success {
    /// # Errors
    ///
    /// When the database cannot do it.
    pub(super) fn insert(&self, conn: &mut Conn, reply: &Reply) -> Result<(), Error> {
        match &self.told {
            Some(told) if reply.registers() || !self.only_registering => {
                told.insert(conn, reply.clogin_id())
            }
            _ => Ok(()),
        }
    }
}
