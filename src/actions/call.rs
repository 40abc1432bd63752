//! A call on its way, and what every action does with it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Caller;
use super::envelope::{Envelope, Mode};
use super::events::Events;
use super::idempotency;
use super::reply::{Body, Reply};
use crate::app::App;
use crate::db::carts::CartLine;
use crate::db::connection::Conn;
use crate::db::error::UniqueIndex;
use crate::db::{LocalConn, Outcome};
use crate::error::{Error, ErrorCode, FieldError};
use crate::ids::CloginId;
use crate::mail::MailIds;
use crate::project::snapshot::Project;
use crate::triggers::settle::{Changes, Effects, Settling, settle};
use crate::triggers::trace::Trace;
use crate::users::person::Person;
use crate::users::submission::Submit;

/// A call on its way: all that is known of it before its action runs.
pub(super) struct Call<'a> {
    pub(super) app: &'a App,
    pub(super) local: &'a LocalConn,
    pub(super) caller: &'a Caller,
    pub(super) project: Arc<Project>,
    pub(super) envelope: Envelope,
    pub(super) idempotency: Option<idempotency::Claim>,
    pub(super) events: Events,
}

/// What an action has done to a person.
#[derive(Default)]
pub(super) struct Done {
    /// The action's own keys of the answer.
    pub(super) own: Map<String, Value>,
    /// The products that came into the cart or left it.
    pub(super) products: Vec<i64>,
}

impl Done {
    pub(super) fn new(own: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let own = own
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        Done {
            own,
            products: Vec::new(),
        }
    }

    pub(super) fn with_products<'a>(
        mut self,
        lines: impl IntoIterator<Item = &'a CartLine>,
    ) -> Self {
        let products = lines.into_iter().filter_map(|line| line.product_id);
        self.products = products.collect();
        self
    }
}

impl Call<'_> {
    pub(super) async fn answer(&mut self) -> Result<Body, Error> {
        // Before anything that costs: a known key is answered without hashing a password again.
        if let Some(stored) = self.stored_answer().await? {
            return Ok(stored);
        }
        let mut result = super::run(self).await;
        // It may have been applied or made a moment ago, through another process or node.
        if let Err(error) = &result
            && rests_on_project(error)
            && self.look_again().await?
        {
            result = super::run(self).await;
        }
        match result {
            // Somebody else has taken the key meanwhile, and has committed: this is its answer.
            Err(error) if error.taken() == Some(UniqueIndex::IdempotencyKey) => {
                self.stored_answer().await?.ok_or_else(|| {
                    Error::unavailable("an idempotency key expired while it was raced for")
                })
            }
            result => result,
        }
    }

    /// Takes the project from a fresh snapshot. Whether it is another than before: then what was refused may be right.
    async fn look_again(&mut self) -> Result<bool, Error> {
        let snapshot = self.app.projects.refresh(&self.app.db).await?;
        let admin = snapshot.admin(self.caller.admin_id());
        let project = admin.and_then(|(setup, _)| setup.projects.get(&self.project.id()));
        match project.filter(|project| !Arc::ptr_eq(project, &self.project)) {
            Some(project) => {
                self.project = Arc::clone(project);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    async fn stored_answer(&self) -> Result<Option<Body>, Error> {
        match &self.idempotency {
            Some(claim) => claim.stored_answer(&self.app.db, self.local).await,
            None => Ok(None),
        }
    }

    /// Runs an action's changes in one transaction, with the events that tell of them, and the idempotency key around
    /// them.
    pub(super) async fn write<F>(&self, f: F) -> Result<Body, Error>
    where
        F: Fn(&mut Conn) -> Result<Reply, Error> + Send + 'static,
    {
        let (tell, mode) = (self.envelope.tell, self.envelope.mode);
        let events = self.events.succeeded(self.app, &self.envelope);
        let f = move |conn: &mut Conn| {
            let reply = f(conn)?;
            events.insert(conn, &reply)?;
            Ok::<_, Error>(reply)
        };
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
    pub(super) fn settling(&self) -> Settling {
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
    pub(super) async fn change<F>(&self, person: Person, f: F) -> Result<Body, Error>
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

    /// Reads the person that the call is about.
    ///
    /// # Errors
    ///
    /// `user_not_found`; `not_a_child_of`, when the call says it is connected to somebody else.
    pub(super) async fn person(&self) -> Result<Person, Error> {
        let person = self.registered(self.clogin_id()?).await?;
        self.check_connected_to(person.connected_to())
            .map_err(|error| error.about(person.clone()))?;
        Ok(person)
    }

    /// Reads the person that the call is about, and refuses what `doc` holds beside these keys.
    ///
    /// # Errors
    ///
    /// As [`Call::person`]; then `unknown_parameter`, which shows the person.
    pub(super) async fn person_with_doc(&self, known: &[&str]) -> Result<Person, Error> {
        let person = self.person().await?;
        match self.envelope.check_doc_keys(known) {
            Ok(()) => Ok(person),
            Err(error) => Err(error.about(person)),
        }
    }

    /// Reads somebody who is registered in the project.
    ///
    /// # Errors
    ///
    /// `user_not_found`.
    pub(super) async fn registered(&self, id: CloginId) -> Result<Person, Error> {
        let project = Arc::clone(&self.project);
        self.app
            .db
            .read_row(self.local, move |conn| Person::find(conn, project, id))
            .await
    }

    pub(super) fn clogin_id(&self) -> Result<CloginId, Error> {
        self.envelope
            .clogin_id
            .ok_or_else(|| Error::internal("the envelope was not checked for a clogin_id"))
    }

    /// `connected_to`, when it is sent, must be the user's own parent; of a parent or an individual its own id.
    pub(super) fn check_connected_to(&self, connected_to: CloginId) -> Result<(), Error> {
        check_connected_to(self.envelope.connected_to, connected_to)
    }
}

/// Whether a refusal is about what the project has, or how it is set up.
fn rests_on_project(error: &Error) -> bool {
    matches!(
        error.code(),
        ErrorCode::StatusNotFound
            | ErrorCode::ProductNotFound
            | ErrorCode::CategoryNotFound
            | ErrorCode::FieldNotFound
            | ErrorCode::ProductUnavailable
            | ErrorCode::ProductLocked
            | ErrorCode::QuotaExceeded
            | ErrorCode::NotAFamilyProject
            | ErrorCode::ValidationFailed
    )
}

pub(super) fn check_connected_to(
    sent: Option<CloginId>,
    connected_to: CloginId,
) -> Result<(), Error> {
    match sent {
        Some(sent) if sent != connected_to => Err(not_a_child_of()),
        _ => Ok(()),
    }
}

pub(super) fn not_a_child_of() -> Error {
    let rule = "must be the user's parent, or the user itself when it has none";
    Error::new(
        ErrorCode::NotAChildOf,
        "The user is not a child of this parent.",
    )
    .with_errors(vec![FieldError::new(
        "connected_to",
        "not_a_child_of",
        rule,
    )])
}
