//! The action API: which actions there are, and the way of a call through them. One file an operation.

mod create;
mod envelope;
mod get_info;
mod idempotency;
mod reply;

use std::sync::Arc;

use self::envelope::Envelope;
pub use self::idempotency::{IdempotencyKey, RETENTION as IDEMPOTENCY_RETENTION};
pub use self::reply::Body;
use self::reply::Reply;
use crate::app::App;
use crate::db::connection::Conn;
use crate::db::error::UniqueIndex;
use crate::db::{LocalConn, Outcome};
use crate::error::{Error, ErrorCode};
use crate::ids::{AdminId, CloginId, GroupId};
use crate::json;
use crate::project::file::{Admin, AdminKind};
use crate::project::snapshot::{Project, Setup};
use crate::users::person::Person;
use crate::users::submission::Submitter;

/// A URL that takes actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Users,
}

impl Endpoint {
    /// Without the slash that may follow.
    pub fn path(self) -> &'static str {
        match self {
            Endpoint::Users => "/reg/api2/users",
        }
    }
}

/// The table of contents: an endpoint and a name each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Create,
    GetInfo,
}

impl Action {
    pub const ALL: [Action; 2] = [Action::Create, Action::GetInfo];

    pub fn endpoint(self) -> Endpoint {
        match self {
            Action::Create | Action::GetInfo => Endpoint::Users,
        }
    }

    /// As `action` in the envelope has it.
    pub fn name(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::GetInfo => "get_info",
        }
    }

    /// As an admin's list of actions has it.
    pub fn permission(self) -> &'static str {
        self.name()
    }

    fn find(endpoint: Endpoint, name: &str) -> Option<Action> {
        Action::ALL
            .into_iter()
            .find(|action| action.endpoint() == endpoint && action.name() == name)
    }

    /// Whether a call must say whom it is about.
    fn needs_clogin_id(self) -> bool {
        match self {
            Action::Create => false,
            Action::GetInfo => true,
        }
    }
}

/// What a thread that answers requests has.
pub struct Worker {
    pub app: Arc<App>,
    pub local: LocalConn,
}

/// Who calls: an API admin, with what its organization has set up.
#[derive(Clone)]
pub struct Caller {
    pub setup: Arc<Setup>,
    pub admin: Admin,
}

impl Caller {
    pub fn admin_id(&self) -> AdminId {
        self.admin.id
    }

    fn submitter(&self) -> Submitter {
        match self.admin.kind {
            AdminKind::Secret => Submitter::Secret,
            AdminKind::Publishable => Submitter::Publishable,
        }
    }
}

/// What a surface hands over.
pub struct Request<'a> {
    pub endpoint: Endpoint,
    pub idempotency_key: Option<IdempotencyKey>,
    pub body: &'a [u8],
}

/// What the log says of a call, as far as it came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trail {
    pub action: Option<&'static str>,
    pub group: Option<GroupId>,
}

/// A call on its way: all that is known of it before its action runs.
struct Call<'a> {
    app: &'a App,
    local: &'a LocalConn,
    caller: &'a Caller,
    project: Arc<Project>,
    envelope: Envelope,
    idempotency: Option<idempotency::Claim>,
}

/// Answers a call. The trail says how far it came, whatever the result.
///
/// # Errors
///
/// Every refusal of the contract; nothing was changed then.
pub async fn dispatch(
    worker: &Worker,
    caller: &Caller,
    request: Request<'_>,
    trail: &mut Trail,
) -> Result<Body, Error> {
    let value = json::parse(request.body).map_err(invalid_json)?;
    let serde_json::Value::Object(object) = &value else {
        return Err(invalid_json("The body must be a JSON object.".to_owned()));
    };
    let control_characters = json::control_characters(&value);
    if !control_characters.is_empty() {
        return Err(Error::validation(control_characters));
    }
    let envelope = Envelope::read(request.endpoint, object)?;
    trail.action = Some(envelope.action.name());
    trail.group = Some(envelope.group_id);
    let project = authorize(&worker.app, caller, &envelope).await?;
    let idempotency = request.idempotency_key.map(|key| {
        idempotency::Claim::new(&worker.app, caller, key, request.endpoint, request.body)
    });
    let call = Call {
        app: &worker.app,
        local: &worker.local,
        caller,
        project,
        envelope,
        idempotency,
    };
    call.answer().await
}

fn invalid_json(reason: String) -> Error {
    Error::new(
        ErrorCode::InvalidJson,
        format!("The body is not valid JSON: {reason}"),
    )
}

/// The one place that checks that a call may do what it asks for: the action, and that the group is the caller's.
async fn authorize(app: &App, caller: &Caller, envelope: &Envelope) -> Result<Arc<Project>, Error> {
    let admin = &caller.admin;
    let permission = envelope.action.permission();
    if !admin.may_call(permission) {
        let msg = format!("This key may not use the action {permission:?}.");
        return Err(Error::new(ErrorCode::ActionForbidden, msg));
    }
    let group = envelope.group_id;
    let project = match caller.setup.projects.get(&group) {
        Some(project) => Some(Arc::clone(project)),
        // It may have been made a moment ago, through another node.
        None => app
            .projects
            .refresh(&app.db)
            .await?
            .admin(admin.id)
            .and_then(|(setup, _)| setup.projects.get(&group).map(Arc::clone)),
    };
    let project = project
        .filter(|_| admin.groups.contains(&group))
        .ok_or_else(|| {
            Error::new(
                ErrorCode::GroupForbidden,
                "This key may not use this group.",
            )
        })?;
    if admin.kind == AdminKind::Publishable
        && let Some(key) = envelope.beyond_publishable()
    {
        let msg = format!("A publishable key may not send {key:?}.");
        return Err(Error::new(ErrorCode::ActionForbidden, msg));
    }
    Ok(project)
}

impl Call<'_> {
    async fn answer(&self) -> Result<Body, Error> {
        // Before anything that costs: a known key is answered without hashing a password again.
        if let Some(stored) = self.stored_answer().await? {
            return Ok(stored);
        }
        match self.run().await {
            // Somebody else has taken the key meanwhile, and has committed: this is its answer.
            Err(error) if error.taken() == Some(UniqueIndex::IdempotencyKey) => {
                self.stored_answer().await?.ok_or_else(|| {
                    Error::unavailable("an idempotency key expired while it was raced for")
                })
            }
            result => result,
        }
    }

    async fn run(&self) -> Result<Body, Error> {
        match self.envelope.action {
            Action::Create => create::run(self).await,
            Action::GetInfo => get_info::run(self).await,
        }
    }

    async fn stored_answer(&self) -> Result<Option<Body>, Error> {
        match &self.idempotency {
            Some(claim) => claim.stored_answer(&self.app.db, self.local).await,
            None => Ok(None),
        }
    }

    /// Runs an action's changes in one transaction, with the idempotency key around them.
    async fn write<F>(&self, f: F) -> Result<Body, Error>
    where
        F: Fn(&mut Conn) -> Result<Reply, Error> + Send + 'static,
    {
        match self.idempotency.clone() {
            None => self
                .app
                .db
                .write(move |conn| f(conn).map(Outcome::Keep))
                .await?
                .render(),
            Some(claim) => {
                self.app
                    .db
                    .write(move |conn| {
                        claim.take(conn)?;
                        let reply = f(conn)?;
                        let body = reply.render()?;
                        claim.fill(conn, &body, reply.clogin_id())?;
                        Ok(Outcome::Keep(body))
                    })
                    .await
            }
        }
    }

    /// Reads the person that the call is about.
    ///
    /// # Errors
    ///
    /// `user_not_found`; `not_a_child_of`, when the call says it is connected to somebody else.
    async fn person(&self) -> Result<Person, Error> {
        let id = self.clogin_id()?;
        let project = Arc::clone(&self.project);
        let person = self
            .app
            .db
            .read_row(self.local, move |conn| Person::find(conn, project, id))
            .await?;
        self.check_connected_to(person.connected_to())
            .map_err(|error| error.about(person.clone()))?;
        Ok(person)
    }

    fn clogin_id(&self) -> Result<CloginId, Error> {
        self.envelope
            .clogin_id
            .ok_or_else(|| Error::internal("the envelope was not checked for a clogin_id"))
    }

    /// `connected_to`, when it is sent, must be the user's own parent; of a parent or an individual its own id.
    fn check_connected_to(&self, connected_to: CloginId) -> Result<(), Error> {
        match self.envelope.connected_to {
            Some(sent) if sent != connected_to => Err(not_a_child_of()),
            _ => Ok(()),
        }
    }
}

fn not_a_child_of() -> Error {
    let rule = "must be the user's parent, or the user itself when it has none";
    Error::new(
        ErrorCode::NotAChildOf,
        "The user is not a child of this parent.",
    )
    .with_errors(vec![crate::error::FieldError::new(
        "connected_to",
        "not_a_child_of",
        rule,
    )])
}
