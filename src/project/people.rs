//! The people of a file: made through the same rules as by the API, without triggers and mail. One that exists already
//! is left wholly as it is.

mod read;

use std::collections::HashMap;
use std::sync::Arc;

pub use self::read::prepare;
use super::file::Product;
use super::problem::{Problem, Report};
use super::snapshot::Project;
use crate::app::App;
use crate::db::connection::Conn;
use crate::db::held::{self, EndedToo};
use crate::db::{totals, users};
use crate::error::Error;
use crate::ids::{CloginId, GroupId, OrganizationId};
use crate::mail::MailIds;
use crate::orders::payments::{self, NewPayment};
use crate::orders::product_list::NewLine;
use crate::orders::{Audience, add};
use crate::triggers::settle::{Changes, Effects, Mail, Settling, settle, settle_parent_of};
use crate::triggers::trace::Trace;
use crate::users::register::{Begun, Ended, NewPerson, Registering};
use crate::users::username::Username;

pub type Projects = HashMap<GroupId, Arc<Project>>;

/// A person that is to be made; everything random is decided.
#[derive(Clone)]
pub struct FilePerson {
    pub id: CloginId,
    /// The line of the plan.
    pub line: String,
    path: String,
    organization: OrganizationId,
    username: UsernameChoice,
    person: NewPerson,
    registrations: Vec<FileRegistering>,
}

#[derive(Clone)]
struct FileRegistering {
    /// Where it stands in the file.
    path: String,
    registering: Registering,
    cart: Vec<NewLine>,
    payments: Vec<NewPayment>,
    mail_ids: MailIds,
}

#[derive(Clone)]
enum UsernameChoice {
    None,
    Given(Username),
    FirstFree(Vec<Username>),
}

/// What became of a person in the transaction.
pub enum Made {
    Yes,
    /// Somebody has its id since it was planned.
    IdIsTaken,
    Refused(Vec<Problem>),
}

/// Hashes the passwords: before the transaction, as it takes long.
///
/// # Errors
///
/// When the hashing pool fails.
pub async fn hash_passwords(app: &App, people: &mut [FilePerson]) -> Result<(), Error> {
    for file_person in people {
        let Some(password) = file_person.person.profile.password.take() else {
            continue;
        };
        let hash = app.hashing.hash(password, app.ids.bytes()).await?;
        if let Some(first) = file_person.registrations.first_mut() {
            first.registering.password_hash = Some(hash.clone());
        }
        file_person.person.password_hash = Some(hash);
    }
    Ok(())
}

impl FilePerson {
    /// Makes the person and its registrations, in the transaction.
    ///
    /// # Errors
    ///
    /// When the database cannot do it.
    pub fn make(&self, conn: &mut Conn, file: &str) -> Result<Made, Error> {
        if users::owner(conn, self.id)?.is_some() {
            return Ok(Made::IdIsTaken);
        }
        let mut report = Report::new(file);
        let username = match self.choose_username(conn)? {
            Ok(username) => username,
            Err(rule) => {
                report.add(format!("{}.username", self.path), rule);
                return Ok(Made::Refused(report.into_problems()));
            }
        };
        let Some((first, others)) = self.registrations.split_first() else {
            let user = self.person.user(username.as_ref());
            users::insert_as(conn, self.id, &user)?;
            totals::add_people(conn, self.organization, 1)?;
            return Ok(Made::Yes);
        };
        let id = Some(self.id);
        let begun = first.registering.new_person(conn, id, username.as_ref())?;
        first.finish(conn, &mut report, begun)?;
        for other in others {
            let begun = other
                .registering
                .existing_person(conn, self.id, Ended::Stays)?;
            other.finish(conn, &mut report, begun)?;
        }
        if report.is_empty() {
            Ok(Made::Yes)
        } else {
            Ok(Made::Refused(report.into_problems()))
        }
    }

    fn choose_username(
        &self,
        conn: &mut Conn,
    ) -> Result<Result<Option<Username>, &'static str>, Error> {
        let candidates = match &self.username {
            UsernameChoice::None => return Ok(Ok(None)),
            UsernameChoice::Given(given) => std::slice::from_ref(given),
            UsernameChoice::FirstFree(candidates) => candidates,
        };
        let keys: Vec<_> = candidates
            .iter()
            .map(|candidate| candidate.key.clone())
            .collect();
        let taken = users::taken_usernames(conn, self.organization, &keys)?;
        let free = candidates
            .iter()
            .find(|candidate| !taken.contains(&candidate.key));
        Ok(free
            .cloned()
            .map(Some)
            .ok_or("is the username of somebody else in the organization"))
    }
}

impl FileRegistering {
    /// Fills the cart, records the payments, and writes the registration. Triggers see it, and do nothing: neither now nor later.
    fn finish(
        &self,
        conn: &mut Conn,
        report: &mut Report<'_>,
        mut begun: Begun,
    ) -> Result<(), Error> {
        if let Some(rule) = self.hold_parent(conn)? {
            report.add(format!("{}.connected_to", self.path), rule);
            return Ok(());
        }
        let now = self.registering.now;
        let mut changes = Changes::of_registration(&begun.person)?;
        if !self.cart.is_empty() {
            let project = Arc::clone(&begun.person.project);
            let is_hidden = |product: &Product| {
                let holder = project.holder_of(product);
                !product.visible || holder.is_some_and(|holder| !holder.visible)
            };
            // The file says itself who has what, whatever the level of a product.
            let audience = Audience::Anybody;
            match add::add(
                conn,
                &mut begun.person,
                &self.cart,
                is_hidden,
                audience,
                now,
            ) {
                Ok(added) => {
                    changes = changes.with_cart(&added.lines);
                }
                Err(refused) if !refused.errors().is_empty() => report.add_all(&refused),
                Err(error) => return Err(error),
            }
        }
        for payment in &self.payments {
            match payments::record(conn, &mut begun.person, payment, now) {
                Ok(_) => {}
                Err(refused) if !refused.errors().is_empty() => report.add_all(&refused),
                Err(error) => return Err(error),
            }
        }
        let settling = Settling {
            effects: Effects::HeldBack,
            mail: Mail::Suppressed,
            now,
            mail_ids: self.mail_ids,
        };
        settle(
            conn,
            &mut begun.person,
            &changes,
            settling,
            &mut Trace::default(),
        )?;
        let written = begun.write(conn)?;
        settle_parent_of(conn, &written.person, settling, &mut Trace::default())?;
        written.count(conn).map(|_| ())
    }

    /// Holds the parent of a child: it may be one of long ago, and must still be one. Some: why it cannot be.
    fn hold_parent(&self, conn: &mut Conn) -> Result<Option<String>, Error> {
        let Some(parent) = self.registering.parent else {
            return Ok(None);
        };
        let project = &self.registering.project;
        let (organization, group) = (project.organization_id, project.id());
        let held = held::lock(conn, organization, group, parent, EndedToo::No)?;
        Ok(match held {
            None => Some(format!(
                "must be registered in project {group}; {parent} is not any more"
            )),
            Some(held) if held.parent_id.is_some() => {
                Some(format!("must be a parent; {parent} is a child by now"))
            }
            Some(_) => None,
        })
    }
}
