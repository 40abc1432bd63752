//! The people of a file: made through the same rules as by the API, without triggers and mail. One that exists already
//! is left wholly as it is.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::file::{FileUser, ProjectFile, Settings};
use super::problem::{Problem, Report};
use super::snapshot::Project;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::connection::Conn;
use crate::db::users;
use crate::error::Error;
use crate::ids::{CloginId, GroupId, OrganizationId};
use crate::users::forms::FormState;
use crate::users::profile::{self, Profile};
use crate::users::register::{Ended, NewPerson, Registering};
use crate::users::submission::{self, Occasion, Subject, Submission, Submit, Submitter};
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
    registrations: Vec<Registering>,
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
    Refused(Problem),
}

/// Reads the people that are not there yet.
pub fn prepare(
    app: &App,
    name: &str,
    file: &ProjectFile,
    projects: &Projects,
    is_there: impl Fn(CloginId) -> bool,
) -> Result<Vec<FilePerson>, Vec<Problem>> {
    let mut report = Report::new(name);
    let now = app.clock.now();
    let mut people = Vec::new();
    for (index, user) in file.users.iter().enumerate() {
        if !is_there(user.clogin_id) {
            let path = format!("users[{index}]");
            let reader = Reader {
                app,
                projects,
                now,
                organization: file.organization.id,
            };
            people.push(reader.person(&mut report, path, user));
        }
    }
    if report.is_empty() {
        Ok(people)
    } else {
        Err(report.into_problems())
    }
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
            first.password_hash = Some(hash.clone());
        }
        file_person.person.password_hash = Some(hash);
    }
    Ok(())
}

struct Reader<'a> {
    app: &'a App,
    projects: &'a Projects,
    now: Timestamp,
    organization: OrganizationId,
}

impl Reader<'_> {
    fn person(&self, report: &mut Report<'_>, path: String, user: &FileUser) -> FilePerson {
        let first = user.registrations.first();
        let project = first.and_then(|first| self.projects.get(&first.group_id));
        let settings = project.map(|project| project.group.settings.clone());
        let profile = read_profile(report, &path, user, &settings.unwrap_or_default());
        let mut registrations = self.registrations(report, &path, user);
        // The first registration makes the person; the others find it made.
        let alone = &mut Submission::default();
        let submission = match registrations.first_mut() {
            Some(first) => &mut first.submission,
            None => alone,
        };
        submission.profile = profile.clone();
        let username = match (&profile.username, first) {
            (Some(given), _) => UsernameChoice::Given(given.clone()),
            (None, Some(first)) if first.connected_to.is_some() => UsernameChoice::None,
            _ => UsernameChoice::FirstFree(submission.username_candidates(&self.app.ids)),
        };
        FilePerson {
            id: user.clogin_id,
            line: format!("+ user {} {:?}", user.clogin_id, shown_name(user)),
            path,
            organization: self.organization,
            username,
            person: NewPerson {
                organization: self.organization,
                profile,
                password_hash: None,
                uuid: self.app.ids.uuid(self.now),
                now: self.now,
            },
            registrations,
        }
    }

    fn registrations(
        &self,
        report: &mut Report<'_>,
        path: &str,
        user: &FileUser,
    ) -> Vec<Registering> {
        let mut registrations = Vec::new();
        for (place, registration) in user.registrations.iter().enumerate() {
            // An unknown project is reported by the checks.
            let Some(project) = self.projects.get(&registration.group_id) else {
                continue;
            };
            let path = format!("{path}.registrations[{place}].answers");
            let is_child = registration.connected_to.is_some();
            let submission = read_answers(report, &path, project, is_child, &registration.answers);
            registrations.push(Registering {
                project: Arc::clone(project),
                parent: registration.connected_to,
                submission,
                password_hash: None,
                status: registration.status,
                submit_forms: Submit::Yes,
                now: self.now,
                uuid: self.app.ids.uuid(self.now),
            });
        }
        registrations
    }
}

fn read_profile(
    report: &mut Report<'_>,
    path: &str,
    user: &FileUser,
    settings: &Settings,
) -> Profile {
    let mut profile = Profile::default();
    let values = [
        ("username", user.username.as_deref()),
        ("password", user.password.as_deref()),
        ("first_name", Some(user.first_name.as_str())),
        ("last_name", Some(user.last_name.as_str())),
        ("org_name", Some(user.org_name.as_str())),
        ("main_email", user.main_email.as_deref()),
    ];
    for (key, value) in values {
        let path = format!("{path}.{key}");
        let value = value.map_or(Value::Null, Value::from);
        if let Err(error) = profile.set(key, &value, settings, &path) {
            report.add(error.path, error.msg);
        }
    }
    profile
}

fn read_answers(
    report: &mut Report<'_>,
    path: &str,
    project: &Project,
    is_child: bool,
    answers: &Map<String, Value>,
) -> Submission {
    for key in answers.keys().filter(|key| profile::is_special(key)) {
        let rule = "must stand in the user itself: it is the same in all projects";
        report.add(format!("{path}.{key}"), rule);
    }
    let subject = Subject {
        project,
        is_child,
        forms: &FormState::default(),
        submitter: Submitter::Secret,
        occasion: Occasion::Registering,
    };
    match submission::read(&subject, answers, path) {
        Ok(submission) => submission,
        Err(refused) => {
            for error in refused.errors() {
                report.add(error.path.as_str(), error.msg.as_str());
            }
            Submission::default()
        }
    }
}

fn shown_name(user: &FileUser) -> String {
    let name = format!("{} {}", user.first_name, user.last_name);
    [name.trim(), &user.org_name]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default()
        .to_owned()
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
        let username = match self.choose_username(conn)? {
            Ok(username) => username,
            Err(rule) => {
                return Ok(Made::Refused(Problem {
                    file: file.to_owned(),
                    path: format!("{}.username", self.path),
                    msg: rule.to_owned(),
                }));
            }
        };
        let Some((first, others)) = self.registrations.split_first() else {
            let user = self.person.user(username.as_ref());
            users::insert_as(conn, self.id, &user)?;
            return Ok(Made::Yes);
        };
        first.new_person(conn, Some(self.id), username.as_ref())?;
        for registering in others {
            registering.existing_person(conn, self.id, Ended::Stays)?;
        }
        Ok(Made::Yes)
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
