//! The action API: which actions there are, and the way of a call through them. One file an operation.

mod access_token;
mod action;
mod add_email;
mod add_payment;
mod add_product;
mod authenticate;
mod call;
mod create;
mod create_category;
mod create_child;
mod create_product;
mod create_status;
mod create_trigger;
mod delete;
mod edit_category;
mod ending;
mod envelope;
mod events;
mod get_info;
mod get_user_list;
mod idempotency;
mod info;
mod login;
mod making;
mod move_child;
mod registering;
mod remove_product;
mod reply;
mod set_status;
mod settling;
mod update;
pub mod users;
mod verify_token;

use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use serde_json::Value;

pub use self::access_token::{
    AccessToken, holder as access_token_holder, issue as issue_access_token,
};
pub use self::action::{Action, Endpoint};
use self::call::{Call, Done, check_connected_to, not_a_child_of};
use self::envelope::{Envelope, Mode};
use self::events::Events;
pub use self::idempotency::{IdempotencyKey, RETENTION as IDEMPOTENCY_RETENTION};
pub use self::reply::Body;
use crate::app::App;
use crate::db::LocalConn;
use crate::error::{Error, ErrorCode};
use crate::ids::{AdminId, GroupId, OrganizationId};
use crate::json;
use crate::project::file::{Admin, AdminKind};
use crate::project::snapshot::{Project, Setup};
use crate::users::submission::Submitter;

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

    pub fn organization_id(&self) -> OrganizationId {
        self.setup.organization.id
    }

    /// The language of people for whom the call gives none.
    fn default_locale(&self) -> String {
        self.setup.organization.default_locale().to_owned()
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
    /// Of this request: its events have it too.
    pub request_id: &'a str,
    pub body: &'a [u8],
}

/// What the log says of a call, as far as it came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trail {
    pub action: Option<&'static str>,
    pub group: Option<GroupId>,
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
    let events = Events::begin(&worker.app, caller, request.request_id, &envelope);
    let project = match authorize(&worker.app, caller, &envelope).await {
        Ok(project) => project,
        Err(error) => {
            events.failed(&worker.app, &envelope, &error);
            return Err(error);
        }
    };
    let key = request
        .idempotency_key
        .filter(|_| envelope.action.is_replayable() && envelope.mode == Mode::Real);
    let idempotency = key.map(|key| {
        idempotency::Claim::new(&worker.app, caller, key, request.endpoint, request.body)
    });
    let mut call = Call {
        app: &worker.app,
        local: &worker.local,
        caller,
        project,
        envelope,
        idempotency,
        events,
    };
    let result = call.answer().await;
    if let Err(error) = &result {
        call.events.failed(call.app, &call.envelope, error);
    }
    result
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

/// Which file does which action.
async fn run(call: &Call<'_>) -> Result<Body, Error> {
    // Each on the heap: else every call would carry the space that the largest action needs through all that is around it.
    let running: LocalBoxFuture<'_, _> = match call.envelope.action {
        Action::Create => Box::pin(create::run(call)),
        Action::CreateChild => Box::pin(create_child::run(call)),
        Action::Login => Box::pin(login::run(call)),
        Action::Authenticate => Box::pin(authenticate::run(call)),
        Action::VerifyToken => Box::pin(verify_token::run(call)),
        Action::Update => Box::pin(update::run(call)),
        Action::AddProduct => Box::pin(add_product::run(call)),
        Action::RemoveProduct => Box::pin(remove_product::run(call)),
        Action::AddPayment => Box::pin(add_payment::run(call)),
        Action::AddEmail => Box::pin(add_email::run(call)),
        Action::GetInfo => Box::pin(get_info::run(call)),
        Action::SetStatus => Box::pin(set_status::run(call)),
        Action::GetUserList => Box::pin(get_user_list::run(call)),
        Action::MoveChild => Box::pin(move_child::run(call)),
        Action::Delete => Box::pin(delete::run(call)),
        Action::CreateStatus => Box::pin(create_status::run(call)),
        Action::CreateTrigger => Box::pin(create_trigger::run(call)),
        Action::CreateProduct => Box::pin(create_product::run(call)),
        Action::CreateCategory => Box::pin(create_category::run(call)),
        Action::EditCategory => Box::pin(edit_category::run(call)),
    };
    running.await
}
