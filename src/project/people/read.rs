//! Reads the people of a file: their names, answers, carts and payments.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{FilePerson, FileRegistering, Projects, UsernameChoice};
use crate::app::App;
use crate::clock::Timestamp;
use crate::ids::CloginId;
use crate::mail::MailIds;
use crate::orders::payments::{self, NewPayment};
use crate::orders::product_list::{self, NewLine, ProductList};
use crate::project::file::{
    FileCartLine, FilePayment, FileUser, Organization, ProjectFile, Settings,
};
use crate::project::problem::{Problem, Report};
use crate::project::snapshot::Project;
use crate::users::forms::FormState;
use crate::users::profile::{self, Profile};
use crate::users::register::{NewPerson, Registering};
use crate::users::submission::{self, Occasion, Subject, Submission, Submit, Submitter};

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
                organization: &file.organization,
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

struct Reader<'a> {
    app: &'a App,
    projects: &'a Projects,
    now: Timestamp,
    organization: &'a Organization,
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
            Some(first) => &mut first.registering.submission,
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
            organization: self.organization.id,
            username,
            person: NewPerson {
                organization: self.organization.id,
                profile,
                password_hash: None,
                uuid: self.app.ids.uuid(self.now),
                locale: self.organization.default_locale().to_owned(),
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
    ) -> Vec<FileRegistering> {
        let mut registrations = Vec::new();
        for (place, registration) in user.registrations.iter().enumerate() {
            // An unknown project is reported by the checks.
            let Some(project) = self.projects.get(&registration.group_id) else {
                continue;
            };
            let path = format!("{path}.registrations[{place}]");
            let is_child = registration.connected_to.is_some();
            let answers = &registration.answers;
            let answers_path = format!("{path}.answers");
            let submission = read_answers(report, &answers_path, project, is_child, answers);
            let cart = read_cart(report, &format!("{path}.cart"), project, &registration.cart);
            let payments_path = format!("{path}.payments");
            let payments = read_payments(report, &payments_path, &registration.payments);
            let registering = Registering {
                project: Arc::clone(project),
                parent: registration.connected_to,
                submission,
                password_hash: None,
                status: registration.status,
                submit_forms: Submit::Yes,
                now: self.now,
                uuid: self.app.ids.uuid(self.now),
                locale: self.organization.default_locale().to_owned(),
            };
            let mail_ids = MailIds::new(&self.app.ids);
            registrations.push(FileRegistering {
                path,
                registering,
                cart,
                payments,
                mail_ids,
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
            report.add_all(&refused);
            Submission::default()
        }
    }
}

/// As `add_product` reads it. Whether it can be had is seen in the transaction.
fn read_cart(
    report: &mut Report<'_>,
    path: &str,
    project: &Project,
    cart: &[FileCartLine],
) -> Vec<NewLine> {
    if cart.is_empty() {
        return Vec::new();
    }
    let value: Value = cart
        .iter()
        .map(|line| json!({ "p_id": line.p_id, "q": line.q }))
        .collect();
    let list = ProductList {
        path,
        value: &value,
    };
    product_list::read_new_lines(project, &list).unwrap_or_else(|refused| {
        report.add_all(&refused);
        Vec::new()
    })
}

/// As `add_payment` reads them. Whether a refund is not too large is seen in the transaction.
fn read_payments(
    report: &mut Report<'_>,
    path: &str,
    file_payments: &[FilePayment],
) -> Vec<NewPayment> {
    let mut read = Vec::new();
    for (index, payment) in file_payments.iter().enumerate() {
        let doc = Map::from_iter([
            ("amount".to_owned(), json!(payment.amount)),
            ("kind".to_owned(), json!(payment.kind)),
            ("status".to_owned(), json!(payment.status)),
            ("reference".to_owned(), json!(payment.reference)),
            ("paid_at".to_owned(), json!(payment.paid_at)),
        ]);
        match payments::read(&format!("{path}[{index}]"), &doc) {
            Ok(payment) => read.push(payment),
            Err(refused) => report.add_all(&refused),
        }
    }
    read
}

fn shown_name(user: &FileUser) -> String {
    let name = format!("{} {}", user.first_name, user.last_name);
    [name.trim(), &user.org_name]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default()
        .to_owned()
}
