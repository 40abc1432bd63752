//! Registering a person in a project: a new one, or one that the organization has already. Used by the actions and by
//! `apply`; runs inside a transaction.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::change;
use super::forms::FormState;
use super::person::Person;
use super::profile::Profile;
use super::submission::{Submission, Submit};
use super::username::{self, Username};
use crate::clock::Timestamp;
use crate::db::carts;
use crate::db::connection::Conn;
use crate::db::held::{self, EndedToo};
use crate::db::registrations::{self, Registration};
use crate::db::totals;
use crate::db::users::{self, NewUser, User};
use crate::error::{Error, ErrorCode};
use crate::ids::{CloginId, OrganizationId, StatusId};
use crate::project::snapshot::Project;

/// Everything that is decided before the transaction begins.
#[derive(Clone)]
pub struct Registering {
    pub project: Arc<Project>,
    /// The parent, of a child.
    pub parent: Option<CloginId>,
    pub submission: Submission,
    /// Argon2id, as a PHC string.
    pub password_hash: Option<String>,
    pub status: Option<StatusId>,
    pub submit_forms: Submit,
    pub now: Timestamp,
    /// Of a new person.
    pub uuid: Uuid,
    /// Of a new person.
    pub locale: String,
}

/// What becomes of a registration that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Revive,
    /// It stays ended: `user_not_found`.
    Stays,
}

/// A new person of an organization, before it is registered anywhere.
#[derive(Clone)]
pub struct NewPerson {
    pub organization: OrganizationId,
    pub profile: Profile,
    /// Argon2id, as a PHC string.
    pub password_hash: Option<String>,
    pub uuid: Uuid,
    pub locale: String,
    pub now: Timestamp,
}

impl NewPerson {
    /// Its row.
    pub fn user(&self, username: Option<&Username>) -> NewUser {
        let profile = self.profile.clone();
        let main_email = profile.main_email.filter(|address| !address.is_empty());
        NewUser {
            organization_id: self.organization.0,
            uuid: self.uuid.to_string(),
            username: username.map(|username| username.shown.clone()),
            username_key: username.map(|username| username.key.clone()),
            password_hash: self.password_hash.clone(),
            first_name: profile.first_name.unwrap_or_default(),
            last_name: profile.last_name.unwrap_or_default(),
            org_name: profile.org_name.unwrap_or_default(),
            email_key: main_email.as_deref().map(username::key),
            main_email,
            locale: self.locale.clone(),
            created_at: self.now,
            updated_at: self.now,
        }
    }
}

impl Registering {
    /// Makes a new person, and registers it. `id`: given by the project file only.
    ///
    /// # Errors
    ///
    /// The unique index `Username`, when somebody in the organization has the username.
    pub fn new_person(
        &self,
        conn: &mut Conn,
        id: Option<CloginId>,
        username: Option<&Username>,
    ) -> Result<Begun, Error> {
        let new = self.person().user(username);
        let id = match id {
            None => users::insert(conn, &new)?,
            Some(id) => {
                users::insert_as(conn, id, &new)?;
                id
            }
        };
        let user = User {
            id: id.0,
            organization_id: new.organization_id,
            uuid: new.uuid,
            username: new.username,
            first_name: new.first_name,
            last_name: new.last_name,
            org_name: new.org_name,
            main_email: new.main_email,
        };
        self.begin(user, Beginning::OfThePerson)
    }

    /// Registers a person of the organization in this project too, and sets what the submission holds.
    ///
    /// # Errors
    ///
    /// `user_not_found`; `already_registered`; the unique index `Username`.
    pub fn existing_person(
        &self,
        conn: &mut Conn,
        id: CloginId,
        ended: Ended,
    ) -> Result<Begun, Error> {
        let organization = self.organization();
        let profile = &self.submission.profile;
        let user = change::person(
            conn,
            organization,
            id,
            profile,
            self.password_hash.clone(),
            self.now,
        )?;
        let group = self.project.id();
        match (
            held::lock(conn, organization, group, id, EndedToo::Yes)?,
            ended,
        ) {
            (None, _) => self.begin(user, Beginning::OfTheRegistration),
            (Some(registration), _) if registration.deleted_at.is_none() => {
                let msg = "The user is registered in this project already.";
                Err(Error::new(ErrorCode::AlreadyRegistered, msg))
            }
            (Some(registration), Ended::Revive) => self.revive(conn, user, registration),
            (Some(_), Ended::Stays) => Err(Error::user_not_found()),
        }
    }

    /// A registration that had ended begins again: with its answers and payments, and an empty cart.
    fn revive(&self, conn: &mut Conn, user: User, ended: Registration) -> Result<Begun, Error> {
        let project = Arc::clone(&self.project);
        let mut person = Person {
            project,
            registration: ended.clone(),
            user,
        };
        carts::clear(
            conn,
            self.organization(),
            self.project.id(),
            person.clogin_id(),
        )?;
        let registration = &mut person.registration;
        registration.deleted_at = None;
        registration.parent_id = self.parent.map(|parent| parent.0);
        registration.status_id = None;
        registration.excluded = false;
        registration.order_total = 0;
        let memory = person.trigger_memory()?.begun_again();
        person.registration.triggers = to_json(&memory)?;
        let forms = FormState {
            added: Vec::new(),
            ..person.form_state()?
        };
        person.set_form_state(&forms)?;
        let registration = &mut person.registration;
        registration.application_date = self.submission.application_date.unwrap_or(self.now);
        if let Some(utm) = self.submission.utm.clone() {
            registration.utm = Some(Value::Object(utm).to_string());
        }
        self.submission
            .apply_to(&mut person, self.submit_forms, self.now)?;
        Ok(Begun {
            person,
            beginning: Beginning::Again(Box::new(ended)),
            now: self.now,
        })
    }

    fn organization(&self) -> OrganizationId {
        self.project.organization_id
    }

    fn person(&self) -> NewPerson {
        NewPerson {
            organization: self.organization(),
            profile: self.submission.profile.clone(),
            password_hash: self.password_hash.clone(),
            uuid: self.uuid,
            locale: self.locale.clone(),
            now: self.now,
        }
    }

    fn begin(&self, user: User, beginning: Beginning) -> Result<Begun, Error> {
        let status = self.status.and_then(|id| self.project.status(id));
        let utm = self.submission.utm.clone();
        let registration = Registration {
            id: 0,
            organization_id: self.organization().0,
            group_id: self.project.id().0,
            clogin_id: user.id,
            parent_id: self.parent.map(|parent| parent.0),
            version: 1,
            status_id: self.status.map(|status| status.0),
            excluded: status.is_some_and(|status| status.is_excluded),
            answers: Value::Object(Map::new()).to_string(),
            forms: to_json(&FormState::default())?,
            utm: utm.map(|utm| Value::Object(utm).to_string()),
            order_total: 0,
            paid_total: 0,
            application_date: self.submission.application_date.unwrap_or(self.now),
            created_at: self.now,
            updated_at: self.now,
            deleted_at: None,
            triggers: NO_TRIGGERS.to_owned(),
            triggers_seen: 0,
        };
        let project = Arc::clone(&self.project);
        let mut person = Person {
            project,
            registration,
            user,
        };
        self.submission
            .apply_to(&mut person, self.submit_forms, self.now)?;
        Ok(Begun {
            person,
            beginning,
            now: self.now,
        })
    }
}

/// What triggers have done for somebody new, as JSON.
const NO_TRIGGERS: &str = "{}";

/// A registration that is decided but not written yet: its person's row is there and held, so that what belongs to it
/// (a cart, e-mails) can be written first, and the registration once.
pub struct Begun {
    pub person: Person,
    beginning: Beginning,
    now: Timestamp,
}

/// What begins with a registration.
enum Beginning {
    /// The person, too: it is new in the organization.
    OfThePerson,
    OfTheRegistration,
    /// The registration had ended, as this.
    Again(Box<Registration>),
}

impl Begun {
    /// Writes the registration.
    ///
    /// # Errors
    ///
    /// The unique index `Registration`, when somebody was faster.
    pub fn write(mut self, conn: &mut Conn) -> Result<Written, Error> {
        match &self.beginning {
            Beginning::Again(ended) => self.person.write(conn, ended, self.now)?,
            Beginning::OfThePerson | Beginning::OfTheRegistration => {
                registrations::insert(conn, &self.person.registration)?;
            }
        }
        Ok(Written {
            person: self.person,
            beginning: self.beginning,
        })
    }
}

/// A registration that is written, and counts nowhere yet.
pub struct Written {
    pub person: Person,
    beginning: Beginning,
}

impl Written {
    /// Makes the totals follow, which comes last in a transaction.
    ///
    /// # Errors
    ///
    /// When the database cannot do it.
    pub fn count(self, conn: &mut Conn) -> Result<Person, Error> {
        let registration = &self.person.registration;
        match self.beginning {
            Beginning::Again(ended) => totals::follow(conn, Some(&ended), registration)?,
            Beginning::OfThePerson => totals::add_person_with(conn, registration)?,
            Beginning::OfTheRegistration => totals::follow(conn, None, registration)?,
        }
        Ok(self.person)
    }
}

fn to_json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal(format!("a document cannot be written: {error}")))
}
