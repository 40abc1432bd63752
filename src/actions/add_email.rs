//! `add_email`: records e-mails that were sent elsewhere. Never sends any.

use serde_json::{Map, Value};

use super::Call;
use super::reply::{Body, Reply};
use crate::db::emails::{self, NewEmail};
use crate::error::{Error, FieldError};
use crate::ids::AdminId;
use crate::lenient;
use crate::mail::address;
use crate::users::person::Person;

/// E-mails of one call.
const MAX_EMAILS: usize = 100;
/// In characters.
const MAX_SUBJECT_LENGTH: usize = 1_000;
const KEYS: [&str; 7] = ["from", "to", "subject", "body", "cc", "bcc", "admin_id"];

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let person = call.person().await?;
    let emails = match read(call, &person) {
        Ok(emails) => emails,
        Err(error) => return Err(error.about(person)),
    };
    call.write(move |conn| {
        let ids = emails
            .iter()
            .map(|email| emails::insert(conn, email))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Reply::about(person.clone())
            .with("msg", "Emails added")
            .with("email_ids", ids))
    })
    .await
}

fn read(call: &Call<'_>, person: &Person) -> Result<Vec<NewEmail>, Error> {
    call.envelope.check_doc_keys(&["email_list"])?;
    let invalid = |rule: &str| Err(Error::invalid("doc.email_list", "invalid", rule));
    let list = match call.envelope.doc.get("email_list") {
        None | Some(Value::Null) => {
            return Err(Error::invalid("doc.email_list", "required", "is required"));
        }
        Some(Value::Object(email)) => vec![("doc.email_list".to_owned(), Some(email))],
        Some(Value::Array(emails)) => emails
            .iter()
            .enumerate()
            .map(|(index, email)| (format!("doc.email_list[{index}]"), email.as_object()))
            .collect(),
        Some(_) => return invalid("must be an object or an array of objects"),
    };
    if list.is_empty() || list.len() > MAX_EMAILS {
        return invalid("must have 1 to 100 e-mails");
    }
    let mut emails = Vec::new();
    let mut errors = Vec::new();
    for (path, entry) in list {
        match entry {
            Some(entry) => emails.push(
                Reader {
                    path,
                    entry,
                    errors: &mut errors,
                }
                .read(call, person),
            ),
            None => errors.push(FieldError::new(path, "invalid", "must be an object")),
        }
    }
    if errors.is_empty() {
        Ok(emails)
    } else {
        Err(Error::validation(errors))
    }
}

/// Reads one e-mail, and notes everything that is wrong with it.
struct Reader<'a> {
    path: String,
    entry: &'a Map<String, Value>,
    errors: &'a mut Vec<FieldError>,
}

impl Reader<'_> {
    fn read(mut self, call: &Call<'_>, person: &Person) -> NewEmail {
        for key in self
            .entry
            .keys()
            .filter(|key| !KEYS.contains(&key.as_str()))
        {
            let rule = format!("is unknown; known are {}", KEYS.join(", "));
            self.errors.push(FieldError::new(
                format!("{}.{key}", self.path),
                "unknown_parameter",
                rule,
            ));
        }
        let [sender, recipients, cc, bcc] =
            ["from", "to", "cc", "bcc"].map(|key| self.addresses(key));
        for (key, value) in [("from", &sender), ("to", &recipients)] {
            let path = format!("{}.{key}", self.path);
            if value.is_empty() && !self.errors.iter().any(|error| error.path == path) {
                self.errors
                    .push(FieldError::new(path, "required", "is required"));
            }
        }
        let subject = self.text("subject");
        if subject.chars().count() > MAX_SUBJECT_LENGTH || subject.contains(['\r', '\n']) {
            let rule = format!("must be one line of at most {MAX_SUBJECT_LENGTH} characters");
            self.refuse("subject", "invalid", &rule);
        }
        NewEmail {
            organization_id: person.project.organization_id.0,
            group_id: person.project.id().0,
            clogin_id: person.clogin_id().0,
            admin_id: self.admin(call),
            state: emails::RECORDED,
            sender,
            recipients,
            cc,
            bcc,
            subject,
            body: self.text("body"),
            created_at: call.app.clock.now(),
        }
    }

    fn refuse(&mut self, key: &str, code: &'static str, rule: &str) {
        self.errors
            .push(FieldError::new(format!("{}.{key}", self.path), code, rule));
    }

    fn text(&mut self, key: &str) -> String {
        match self.entry.get(key) {
            None | Some(Value::Null) => String::new(),
            Some(value) => lenient::text(value).unwrap_or_else(|rule| {
                self.refuse(key, "invalid", rule);
                String::new()
            }),
        }
    }

    /// Addresses, with or without names, separated by commas.
    fn addresses(&mut self, key: &str) -> String {
        let text = self.text(key);
        if text.trim().is_empty() {
            return String::new();
        }
        if !address::is_list(&text) {
            let rule = "must be e-mail addresses, separated by commas";
            self.refuse(key, "invalid", rule);
        }
        text
    }

    /// An admin of the organization that may use this project.
    fn admin(&mut self, call: &Call<'_>) -> Option<i64> {
        let id = match lenient::id(self.entry.get("admin_id")) {
            Ok(id) => id?,
            Err(rule) => {
                self.refuse("admin_id", "invalid", rule);
                return None;
            }
        };
        // A call that looks again has a fresh snapshot: the caller's setup is as it was.
        let snapshot = call.app.projects.current();
        let setup = snapshot.admin(call.caller.admin_id());
        let known = setup.and_then(|(setup, _)| setup.admins.get(&AdminId(id)));
        if !known.is_some_and(|known| known.admin.groups.contains(&call.project.id())) {
            let rule = "must be an admin of the organization with access to this project";
            self.refuse("admin_id", "invalid", rule);
        }
        Some(id)
    }
}
