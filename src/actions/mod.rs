//! The action API: which actions there are, and the way of a call through them. One file an operation.

mod add_email;
mod add_product;
mod authenticate;
mod create;
mod create_child;
mod create_status;
mod create_trigger;
mod delete;
mod envelope;
mod get_info;
mod get_user_list;
mod idempotency;
mod info;
mod login;
mod registering;
mod remove_product;
mod reply;
mod set_status;
mod settling;
mod update;
mod verify_token;

use std::sync::Arc;

use serde_json::{Map, Value};

use self::envelope::{Envelope, Mode};
pub use self::idempotency::{IdempotencyKey, RETENTION as IDEMPOTENCY_RETENTION};
pub use self::reply::Body;
use self::reply::Reply;
use crate::app::App;
use crate::db::carts::CartLine;
use crate::db::connection::Conn;
use crate::db::error::UniqueIndex;
use crate::db::{LocalConn, Outcome};
use crate::error::{Error, ErrorCode};
use crate::ids::{AdminId, CloginId, GroupId};
use crate::json;
use crate::mail::MailIds;
use crate::project::file::{Admin, AdminKind};
use crate::project::snapshot::{Project, Setup};
use crate::triggers::settle::{Changes, Effects, Settling, settle};
use crate::triggers::trace::Trace;
use crate::users::person::Person;
use crate::users::submission::{Submit, Submitter};

/// A URL that takes actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Users,
    Statuses,
    Triggers,
}

impl Endpoint {
    pub const ALL: [Endpoint; 3] = [Endpoint::Users, Endpoint::Statuses, Endpoint::Triggers];

    /// Without the slash that may follow.
    pub fn path(self) -> &'static str {
        match self {
            Endpoint::Users => "/reg/api2/users",
            Endpoint::Statuses => "/reg/api2/statuses",
            Endpoint::Triggers => "/reg/api2/triggers",
        }
    }
}

/// The table of contents: an endpoint and a name each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Create,
    CreateChild,
    Login,
    Authenticate,
    VerifyToken,
    Update,
    AddProduct,
    RemoveProduct,
    AddEmail,
    GetInfo,
    SetStatus,
    GetUserList,
    Delete,
    CreateStatus,
    CreateTrigger,
}

impl Action {
    pub const ALL: [Action; 15] = [
        Action::Create,
        Action::CreateChild,
        Action::Login,
        Action::Authenticate,
        Action::VerifyToken,
        Action::Update,
        Action::AddProduct,
        Action::RemoveProduct,
        Action::AddEmail,
        Action::GetInfo,
        Action::SetStatus,
        Action::GetUserList,
        Action::Delete,
        Action::CreateStatus,
        Action::CreateTrigger,
    ];

    pub fn endpoint(self) -> Endpoint {
        match self {
            Action::CreateStatus => Endpoint::Statuses,
            Action::CreateTrigger => Endpoint::Triggers,
            _ => Endpoint::Users,
        }
    }

    /// As `action` in the envelope has it.
    pub fn name(self) -> &'static str {
        match self {
            Action::Create | Action::CreateStatus | Action::CreateTrigger => "create",
            Action::CreateChild => "create_child",
            Action::Login => "login",
            Action::Authenticate => "authenticate",
            Action::VerifyToken => "verify_token",
            Action::Update => "update",
            Action::AddProduct => "add_product",
            Action::RemoveProduct => "remove_product",
            Action::AddEmail => "add_email",
            Action::GetInfo => "get_info",
            Action::SetStatus => "set_status",
            Action::GetUserList => "get_user_list",
            Action::Delete => "delete",
        }
    }

    /// As an admin's list of actions has it: see [`crate::project::action_names`].
    pub fn permission(self) -> &'static str {
        match self {
            Action::CreateStatus => "statuses/create",
            Action::CreateTrigger => "triggers/create",
            _ => self.name(),
        }
    }

    fn find(endpoint: Endpoint, name: &str) -> Option<Action> {
        Action::ALL
            .into_iter()
            .find(|action| action.endpoint() == endpoint && action.name() == name)
    }

    /// Whether a call must say whom it is about.
    pub fn needs_clogin_id(self) -> bool {
        match self {
            Action::Create
            | Action::CreateChild
            | Action::Authenticate
            | Action::VerifyToken
            | Action::GetUserList
            | Action::CreateStatus
            | Action::CreateTrigger => false,
            Action::Login
            | Action::Update
            | Action::AddProduct
            | Action::RemoveProduct
            | Action::AddEmail
            | Action::GetInfo
            | Action::SetStatus
            | Action::Delete => true,
        }
    }

    /// Whether an answer may be stored for an idempotency key: not one with a token in it.
    fn is_replayable(self) -> bool {
        !matches!(self, Action::Login | Action::Authenticate)
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
    pub admin: Arc<Admin>,
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

/// What an action has done to a person.
#[derive(Default)]
struct Done {
    /// The action's own keys of the answer.
    own: Map<String, Value>,
    /// The products that came into the cart or left it.
    products: Vec<i64>,
}

impl Done {
    fn new(own: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let own = own
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        Done {
            own,
            products: Vec::new(),
        }
    }

    fn with_products(mut self, lines: &[CartLine]) -> Self {
        self.products = lines.iter().filter_map(|line| line.product_id).collect();
        self
    }
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
    let Value::Object(object) = &value else {
        let msg = "The body must be a JSON object.";
        return Err(Error::new(ErrorCode::InvalidJson, msg));
    };
    let control_characters = json::control_characters(&value);
    if !control_characters.is_empty() {
        return Err(Error::validation(control_characters));
    }
    let envelope = Envelope::read(request.endpoint, object)?;
    trail.action = Some(envelope.action.name());
    trail.group = Some(envelope.group_id);
    let project = authorize(&worker.app, caller, &envelope).await?;
    let key = request
        .idempotency_key
        .filter(|_| envelope.action.is_replayable() && envelope.mode == Mode::Real);
    let idempotency = key.map(|key| {
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
            Action::CreateChild => create_child::run(self).await,
            Action::Login => login::run(self).await,
            Action::Authenticate => authenticate::run(self).await,
            Action::VerifyToken => verify_token::run(self).await,
            Action::Update => update::run(self).await,
            Action::AddProduct => add_product::run(self).await,
            Action::RemoveProduct => remove_product::run(self).await,
            Action::AddEmail => add_email::run(self).await,
            Action::GetInfo => get_info::run(self).await,
            Action::SetStatus => set_status::run(self).await,
            Action::GetUserList => get_user_list::run(self).await,
            Action::Delete => delete::run(self).await,
            Action::CreateStatus => create_status::run(self).await,
            Action::CreateTrigger => create_trigger::run(self).await,
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
        let (tell, mode) = (self.envelope.tell, self.envelope.mode);
        let body = match self.idempotency.clone() {
            None => {
                let keep = move |reply| match mode {
                    Mode::Real => Outcome::Keep(reply),
                    Mode::DryRun => Outcome::Undo(reply),
                };
                let reply: Reply = self.app.db.write(move |conn| f(conn).map(keep)).await?;
                reply.render(tell)?
            }
            Some(claim) => {
                let write = move |conn: &mut Conn| {
                    claim.take(conn)?;
                    let reply = f(conn)?;
                    let body = reply.render(tell)?;
                    claim.fill(conn, &body, reply.clogin_id())?;
                    Ok(Outcome::Keep(body))
                };
                self.app.db.write(write).await?
            }
        };
        if body.has_mail && mode == Mode::Real {
            self.app.mail.nudge();
        }
        Ok(body)
    }

    /// How the triggers of this call are settled.
    fn settling(&self) -> Settling {
        Settling {
            effects: match self.envelope.submit_forms {
                Submit::Yes => Effects::CarriedOut,
                Submit::No => Effects::HeldBack,
            },
            mail: self.envelope.mail,
            now: self.app.clock.now(),
            mail_ids: MailIds::new(&self.app.ids),
        }
    }

    /// Holds the person's registration, lets `f` change it, settles the triggers, and saves it, all in one transaction.
    async fn change<F>(&self, person: Person, f: F) -> Result<Body, Error>
    where
        F: Fn(&mut Conn, &mut Person) -> Result<Done, Error> + Send + 'static,
    {
        let settling = self.settling();
        let before = person.clone();
        self.write(move |conn| {
            let mut changed = person.lock(conn)?;
            let held = changed.registration.clone();
            let done = f(conn, &mut changed)?;
            let changes = Changes::between(&held, &changed)?.with_products(done.products);
            let mut trace = Trace::default();
            settle(conn, &mut changed, &changes, settling, &mut trace)?;
            changed.save(conn, &held, settling.now)?;
            Ok(Reply::about(changed).with_all(done.own).with_trace(trace))
        })
        .await
        .map_err(|error| error.about(before))
    }

    /// What the project knows under an id; when it does not, it is looked for once more in a fresh snapshot.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    async fn fresh_project(&self) -> Result<Arc<Project>, Error> {
        let snapshot = self.app.projects.refresh(&self.app.db).await?;
        let setup = snapshot
            .admin(self.caller.admin_id())
            .map(|(setup, _)| setup);
        let project = setup.and_then(|setup| setup.projects.get(&self.project.id()));
        Ok(Arc::clone(project.unwrap_or(&self.project)))
    }

    /// Reads the person that the call is about.
    ///
    /// # Errors
    ///
    /// `user_not_found`; `not_a_child_of`, when the call says it is connected to somebody else.
    async fn person(&self) -> Result<Person, Error> {
        let person = self.registered(self.clogin_id()?).await?;
        self.check_connected_to(person.connected_to())
            .map_err(|error| error.about(person.clone()))?;
        Ok(person)
    }

    /// Reads somebody who is registered in the project.
    ///
    /// # Errors
    ///
    /// `user_not_found`.
    async fn registered(&self, id: CloginId) -> Result<Person, Error> {
        let project = Arc::clone(&self.project);
        self.app
            .db
            .read_row(self.local, move |conn| Person::find(conn, project, id))
            .await
    }

    fn clogin_id(&self) -> Result<CloginId, Error> {
        self.envelope
            .clogin_id
            .ok_or_else(|| Error::internal("the envelope was not checked for a clogin_id"))
    }

    /// `connected_to`, when it is sent, must be the user's own parent; of a parent or an individual its own id.
    fn check_connected_to(&self, connected_to: CloginId) -> Result<(), Error> {
        check_connected_to(self.envelope.connected_to, connected_to)
    }
}

fn check_connected_to(sent: Option<CloginId>, connected_to: CloginId) -> Result<(), Error> {
    match sent {
        Some(sent) if sent != connected_to => Err(not_a_child_of()),
        _ => Ok(()),
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
