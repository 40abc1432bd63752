//! A person in a project, and the two views of it that every answer carries.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::forms::{self, FormState};
use crate::clock::{Timestamp, rfc3339};
use crate::db::connection::{Conn, DbConn};
use crate::db::held::{self, EndedToo};
use crate::db::registrations::{self, Registration};
use crate::db::totals;
use crate::db::users::User;
use crate::error::Error;
use crate::ids::{CloginId, StatusId};
use crate::money::Money;
use crate::project::snapshot::Project;
use crate::triggers::memory::Memory;

/// A registered person, with the project as the call saw it.
#[derive(Clone)]
pub struct Person {
    pub project: Arc<Project>,
    pub registration: Registration,
    pub user: User,
}

/// `user_info`, as documented: exactly these keys, all of them strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserInfo {
    pub clogin_id: String,
    pub group_id: String,
    /// The parent of a child; of everybody else its own id.
    pub connected_to: String,
}

/// `meta_info`, as documented and in this order: numbers are strings, money has two decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MetaInfo {
    pub u_name: String,
    pub total_forms: String,
    pub completed_forms: String,
    pub total_user_forms: String,
    pub total_completed_user_forms: String,
    pub total_user_mandatory_forms: String,
    pub total_completed_user_mandatory_forms: String,
    #[schema(value_type = String)]
    pub total_order: Money,
    #[schema(value_type = String)]
    pub total_paid: Money,
    #[schema(value_type = String)]
    pub total_balance: Money,
    pub status_id: String,
    #[schema(required = true)]
    pub status_name: Option<String>,
    #[schema(required = true)]
    pub status_color: Option<String>,
    /// RFC 3339, UTC.
    pub application_date: String,
}

impl Person {
    /// Reads a registered person, in one query. A deleted one is not there.
    ///
    /// # Errors
    ///
    /// `user_not_found`: unknown, another organization's, or not registered in this project.
    pub fn find(conn: &mut DbConn, project: Arc<Project>, id: CloginId) -> Result<Self, Error> {
        let found = registrations::find(conn, project.organization_id, project.id(), id)?;
        let (registration, user) = found.ok_or_else(Error::user_not_found)?;
        Ok(Person {
            project,
            registration,
            user,
        })
    }

    /// Holds the registration until the transaction ends, and reads it anew.
    ///
    /// # Errors
    ///
    /// `user_not_found`, when it has ended meanwhile.
    pub fn lock(&self, conn: &mut DbConn) -> Result<Self, Error> {
        let (organization, group) = (self.project.organization_id, self.project.id());
        let locked = held::lock(conn, organization, group, self.clogin_id(), EndedToo::No)?;
        let registration = locked.ok_or_else(Error::user_not_found)?;
        Ok(Person {
            registration,
            ..self.clone()
        })
    }

    /// Writes what has changed since the registration was held; the totals of the project follow.
    ///
    /// # Errors
    ///
    /// When the database cannot do it.
    pub fn save(
        &mut self,
        conn: &mut Conn,
        held: &Registration,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.write(conn, held, now)?;
        Ok(totals::follow(conn, Some(held), &self.registration)?)
    }

    /// [`Self::save`] without the totals: they come last, where the call changes somebody else too.
    ///
    /// # Errors
    ///
    /// When the database cannot do it.
    pub fn write(
        &mut self,
        conn: &mut Conn,
        held: &Registration,
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.registration != *held {
            self.registration.updated_at = now;
            held::save(conn, &self.registration)?;
        }
        Ok(())
    }

    /// # Errors
    ///
    /// When the state cannot be written as JSON.
    pub fn set_form_state(&mut self, state: &FormState) -> Result<(), Error> {
        self.registration.forms = serde_json::to_string(state)
            .map_err(|error| Error::internal(format!("forms cannot be written: {error}")))?;
        Ok(())
    }

    pub fn set_answers(&mut self, answers: Map<String, Value>) {
        self.registration.answers = Value::Object(answers).to_string();
    }

    /// The same person with its registration as it was.
    #[must_use]
    pub fn with(&self, registration: &Registration) -> Self {
        Person {
            registration: registration.clone(),
            ..self.clone()
        }
    }

    pub fn clogin_id(&self) -> CloginId {
        CloginId(self.registration.clogin_id)
    }

    pub fn is_child(&self) -> bool {
        self.registration.parent_id.is_some()
    }

    /// The parent of a child; of everybody else its own id.
    pub fn connected_to(&self) -> CloginId {
        CloginId(
            self.registration
                .parent_id
                .unwrap_or(self.registration.clogin_id),
        )
    }

    /// # Errors
    ///
    /// When the stored document does not parse.
    pub fn form_state(&self) -> Result<FormState, Error> {
        parse(&self.registration, "forms", &self.registration.forms)
    }

    /// What triggers have done for this registration.
    ///
    /// # Errors
    ///
    /// When the stored document does not parse.
    pub fn trigger_memory(&self) -> Result<Memory, Error> {
        parse(&self.registration, "triggers", &self.registration.triggers)
    }

    /// Field id → answer.
    ///
    /// # Errors
    ///
    /// When the stored document does not parse.
    pub fn answers(&self) -> Result<Map<String, Value>, Error> {
        parse(&self.registration, "answers", &self.registration.answers)
    }

    /// Where the person came from, as the registration was told; null where it was not.
    ///
    /// # Errors
    ///
    /// When the stored document does not parse.
    pub fn utm(&self) -> Result<Value, Error> {
        match &self.registration.utm {
            Some(utm) => parse(&self.registration, "utm", utm),
            None => Ok(Value::Null),
        }
    }

    pub fn user_info(&self) -> UserInfo {
        UserInfo {
            clogin_id: self.clogin_id().to_string(),
            group_id: self.registration.group_id.to_string(),
            connected_to: self.connected_to().to_string(),
        }
    }

    /// # Errors
    ///
    /// When a stored document does not parse.
    pub fn meta_info(&self) -> Result<MetaInfo, Error> {
        let counts = forms::count(&self.form_state()?, &self.project, self.is_child());
        let status_id = self.registration.status_id;
        let status = status_id.and_then(|id| self.project.status(StatusId(id)));
        let (ordered, paid) = (self.registration.order_total, self.registration.paid_total);
        Ok(MetaInfo {
            u_name: self.display_name(),
            total_forms: counts.total.forms.to_string(),
            completed_forms: counts.total.completed.to_string(),
            total_user_forms: counts.visible.forms.to_string(),
            total_completed_user_forms: counts.visible.completed.to_string(),
            total_user_mandatory_forms: counts.mandatory.forms.to_string(),
            total_completed_user_mandatory_forms: counts.mandatory.completed.to_string(),
            total_order: Money(ordered),
            total_paid: Money(paid),
            total_balance: Money(ordered - paid),
            status_id: status_id.unwrap_or(0).to_string(),
            status_name: status.map(|status| status.name.clone()),
            status_color: status.map(|status| status.color.clone()),
            application_date: rfc3339(self.registration.application_date),
        })
    }

    /// "First Last"; else the organization's name; else the username; else "".
    fn display_name(&self) -> String {
        let user = &self.user;
        let name = format!("{} {}", user.first_name, user.last_name);
        [
            name.trim(),
            &user.org_name,
            user.username.as_deref().unwrap_or_default(),
        ]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default()
        .to_owned()
    }
}

/// Shows which person it is, and nothing personal.
impl std::fmt::Debug for Person {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Person")
            .field("clogin_id", &self.registration.clogin_id)
            .field("group_id", &self.registration.group_id)
            .finish()
    }
}

fn parse<T: serde::de::DeserializeOwned>(
    registration: &Registration,
    column: &str,
    text: &str,
) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| {
        let id = registration.id;
        Error::internal(format!(
            "{column} of registration {id} does not parse: {error}"
        ))
    })
}
