//! What both REST surfaces do with an organization's people. One file an operation.

pub mod change;
pub mod create;
pub mod credentials;
pub mod list;
mod places;
pub mod purge;
pub mod read;
pub mod remove;
pub mod restore;
pub mod search;

use std::sync::Arc;

use super::{Caller, Worker};
use crate::app::App;
use crate::db::Outcome;
use crate::db::connection::Conn;
use crate::db::rest_users::RestUser;
use crate::db::user_values::Owner;
use crate::error::{Error, ErrorCode};
use crate::events::{CallEvents, Details, Told};
use crate::ids::{CloginId, OrganizationId};
use crate::mail::MailIds;
use crate::project::file::AdminKind;
use crate::project::snapshot::Setup;
use crate::triggers::settle::{Effects, Mail, Settling};

/// A call of a REST surface on its way.
#[derive(Clone)]
pub struct RestCall<'a> {
    worker: &'a Worker,
    caller: &'a Caller,
    /// What is told of a change, and what its START says.
    told: Option<(CallEvents, Details)>,
}

impl<'a> RestCall<'a> {
    /// # Errors
    ///
    /// `action_forbidden`, for publishable keys.
    pub fn new(worker: &'a Worker, caller: &'a Caller) -> Result<Self, Error> {
        if caller.admin.kind == AdminKind::Publishable {
            let msg = "You do not have permission to perform this action.";
            return Err(Error::new(ErrorCode::ActionForbidden, msg));
        }
        Ok(RestCall {
            worker,
            caller,
            told: None,
        })
    }

    /// The same, with events: those of a change are written in its transaction.
    #[must_use]
    pub fn telling(mut self, events: &CallEvents, start: Details) -> Self {
        self.told = Some((events.clone(), start));
        self
    }

    pub fn organization(&self) -> OrganizationId {
        self.caller.organization_id()
    }

    /// Reads what may name a language of the organization. What is refused is read once more with those that it may
    /// have by now.
    ///
    /// # Errors
    ///
    /// As `read`; when the database cannot be read.
    pub async fn read_with_locales<T>(
        &self,
        read: impl Fn(&[String]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match read(&self.caller.setup.organization.locales) {
            Err(error) if error.code() == ErrorCode::ValidationFailed => {
                read(&self.fresh_setup().await?.organization.locales)
            }
            result => result,
        }
    }

    fn app(&self) -> &App {
        &self.worker.app
    }

    /// Runs a call's changes in one transaction, with the events that tell of them. `f` says also whom it has changed.
    async fn write<T, F>(&self, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<(CloginId, T), Error> + Send + 'static,
    {
        let told = self.told();
        let write = move |conn: &mut Conn| {
            let (clogin, value) = f(conn)?;
            if let Some(told) = &told {
                told.insert(conn, Some(clogin))?;
            }
            Ok(Outcome::Keep(value))
        };
        self.app().db.write(write).await
    }

    /// START and SUCCESS of this call.
    fn told(&self) -> Option<Told> {
        let (events, start) = self.told.as_ref()?;
        Some(events.succeeded(self.app(), start.clone(), events.details()))
    }

    /// The projects, no older than this call: whatever somebody is registered in is among them.
    async fn fresh_setup(&self) -> Result<Arc<Setup>, Error> {
        let snapshot = self.app().projects.refresh(&self.app().db).await?;
        let setup = snapshot.admin(self.caller.admin_id());
        Ok(Arc::clone(
            setup.map_or(&self.caller.setup, |(setup, _)| setup),
        ))
    }

    /// How the triggers of the parents of children that come or go are settled.
    fn settling(&self) -> Settling {
        Settling {
            effects: Effects::CarriedOut,
            mail: Mail::Queued,
            now: self.app().clock.now(),
            mail_ids: MailIds::new(&self.app().ids),
        }
    }
}

/// The one answer for whoever is unknown, deleted, or another organization's.
fn not_found() -> Error {
    Error::new(ErrorCode::UserNotFound, "Not found.")
}

fn owner(organization: OrganizationId, user: &RestUser) -> Owner {
    Owner {
        organization,
        id: user.id,
        uuid: user.uuid.clone(),
        created_at: user.created_at,
    }
}
