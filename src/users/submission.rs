//! What a call sets of a person: the special fields, and answers to fields of the project by id or mapped name.

use serde_json::{Map, Value};

use super::profile::{self, Profile};
use super::{answers, username::Username};
use crate::clock::Timestamp;
use crate::error::{Error, ErrorCode, FieldError};
use crate::ids::{FormId, Ids};
use crate::lenient;
use crate::project::file::{Field, FieldType, Form};
use crate::project::snapshot::Project;
use crate::users::forms::FormState;
use crate::users::person::Person;

/// The keys of `_utm`; each value has at most [`MAX_UTM_LENGTH`] characters.
const UTM_KEYS: [&str; 6] = ["campaign", "content", "id", "medium", "source", "term"];
const MAX_UTM_LENGTH: usize = 1_000;

#[derive(Clone, Default)]
pub struct Submission {
    pub profile: Profile,
    pub answers: Vec<Answer>,
    pub application_date: Option<Timestamp>,
    pub utm: Option<Map<String, Value>>,
}

#[derive(Clone)]
pub struct Answer {
    pub field_id: String,
    pub form_id: FormId,
    pub field_type: FieldType,
    /// `None` clears it.
    pub value: Option<Value>,
}

/// Whether a call submits forms: `submit_forms` in the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submit {
    Yes,
    /// Answers are stored, and no form is completed.
    No,
}

/// Who submits: what may be set depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitter {
    Secret,
    /// A browser: neither the date of application, nor what is for admins only.
    Publishable,
}

/// Whom the document is about.
pub struct Subject<'a> {
    pub project: &'a Project,
    pub is_child: bool,
    pub forms: &'a FormState,
    pub submitter: Submitter,
    pub occasion: Occasion,
}

/// Why a document is read: what it may hold depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// With `_application_date` and `_utm`.
    Registering,
    Updating,
}

/// Reads a document of `create`. `path` is where it stands in the request.
///
/// # Errors
///
/// Everything that is wrong with it: 404 `field_not_found` when a field is unknown, else 422.
pub fn read(
    subject: &Subject<'_>,
    doc: &Map<String, Value>,
    path: &str,
) -> Result<Submission, Error> {
    let mut submission = Submission::default();
    let mut errors = Vec::new();
    for (key, value) in doc {
        let path = format!("{path}.{key}");
        if let Err(error) = read_key(subject, &mut submission, key, value, &path) {
            errors.push(error);
        }
    }
    if errors.is_empty() {
        Ok(submission)
    } else {
        Err(refusal(errors))
    }
}

/// One error for all that is wrong: an unknown field gives it its code.
pub fn refusal(errors: Vec<FieldError>) -> Error {
    if errors.iter().any(|error| error.code == "field_not_found") {
        let msg = "The project has no such field.";
        return Error::new(ErrorCode::FieldNotFound, msg).with_errors(errors);
    }
    Error::validation(errors)
}

pub fn unknown_field(path: impl Into<String>) -> FieldError {
    let rule = "is neither a field of the project, by id or name, nor a special field";
    FieldError::new(path, "field_not_found", rule)
}

fn read_key(
    subject: &Subject<'_>,
    submission: &mut Submission,
    key: &str,
    value: &Value,
    path: &str,
) -> Result<(), FieldError> {
    let project = subject.project;
    if profile::is_special(key) {
        return submission
            .profile
            .set(key, value, &project.group.settings, path);
    }
    match key {
        _ if key.starts_with('_') && subject.occasion == Occasion::Updating => {
            return Err(FieldError::new(path, "forbidden", "cannot be updated"));
        }
        "_application_date" if subject.submitter == Submitter::Publishable => {
            return Err(FieldError::new(
                path,
                "forbidden",
                "may be set by a secret key only",
            ));
        }
        "_application_date" => {
            submission.application_date = lenient::moment(Some(value))
                .map_err(|rule| FieldError::new(path, "invalid", rule))?;
        }
        "_utm" => submission.utm = read_utm(value, path)?,
        _ => {
            let (form, field) = project.field(key).ok_or_else(|| unknown_field(path))?;
            let answer = read_answer(subject, form, field, value, path)?;
            if submission
                .answers
                .iter()
                .any(|other| other.field_id == field.id)
            {
                let rule = "names a field that is there already, by its id or its name";
                return Err(FieldError::new(path, "duplicate", rule));
            }
            submission.answers.push(answer);
        }
    }
    Ok(())
}

fn read_answer(
    subject: &Subject<'_>,
    form: &Form,
    field: &Field,
    value: &Value,
    path: &str,
) -> Result<Answer, FieldError> {
    let hidden = form.admin_only && subject.submitter == Submitter::Publishable;
    if hidden || !subject.forms.has(form, subject.is_child) {
        let rule = "is on a form that this user does not have";
        return Err(FieldError::new(path, "form_not_assigned", rule));
    }
    let value =
        answers::read(field, value).map_err(|(code, rule)| FieldError::new(path, code, rule))?;
    Ok(Answer {
        field_id: field.id.clone(),
        form_id: form.id,
        field_type: field.field_type,
        value,
    })
}

fn read_utm(value: &Value, path: &str) -> Result<Option<Map<String, Value>>, FieldError> {
    let utm = match value {
        Value::Null => return Ok(None),
        Value::Array(items) if items.is_empty() => return Ok(None),
        Value::Object(utm) => utm,
        _ => return Err(FieldError::new(path, "invalid", "must be an object")),
    };
    let mut kept = Map::new();
    for (key, value) in utm {
        let path = format!("{path}.{key}");
        if !UTM_KEYS.contains(&key.as_str()) {
            let rule = format!("is unknown; allowed are {}", UTM_KEYS.join(", "));
            return Err(FieldError::new(path, "unknown_parameter", rule));
        }
        if value.is_null() {
            continue;
        }
        let text =
            lenient::text(value).map_err(|rule| FieldError::new(path.as_str(), "invalid", rule))?;
        if text.chars().count() > MAX_UTM_LENGTH {
            let rule = format!("must have at most {MAX_UTM_LENGTH} characters");
            return Err(FieldError::new(path, "too_long", rule));
        }
        kept.insert(key.clone(), text.into());
    }
    Ok(Some(kept))
}

impl Submission {
    /// What a new person's username can be, in order: the one given; else its main e-mail, its other e-mail answers,
    /// and at last one that nobody has. With one given there is no other.
    pub fn username_candidates(&self, ids: &Ids) -> Vec<Username> {
        if let Some(given) = &self.profile.username {
            return vec![given.clone()];
        }
        let answers = self
            .answers
            .iter()
            .filter(|answer| answer.field_type == FieldType::Email);
        let addresses = self
            .profile
            .new_email()
            .into_iter()
            .chain(answers.filter_map(|answer| answer.value.as_ref()?.as_str()));
        let mut candidates: Vec<Username> = Vec::new();
        for username in addresses.filter_map(|address| Username::new(address).ok()) {
            if !candidates
                .iter()
                .any(|candidate| candidate.key == username.key)
            {
                candidates.push(username);
            }
        }
        let unique = format!("u-{}", ids.readable(12));
        candidates.push(Username {
            shown: unique.clone(),
            key: unique,
        });
        candidates
    }

    /// The forms of which the call names a field.
    pub fn touched_forms(&self) -> Vec<FormId> {
        self.answers.iter().map(|answer| answer.form_id).collect()
    }

    /// Sets the answers of a registration, and submits the forms of which the call names a field, unless it holds them
    /// back.
    ///
    /// # Errors
    ///
    /// When a stored document does not parse.
    pub fn apply_to(
        &self,
        person: &mut Person,
        forms: Submit,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut answers = person.answers()?;
        self.apply_answers(&mut answers);
        if forms == Submit::Yes {
            let mut state = person.form_state()?;
            state.submit(&person.project, &answers, &self.touched_forms(), now);
            person.set_form_state(&state)?;
        }
        person.set_answers(answers);
        Ok(())
    }

    /// Writes the answers into those that a registration has.
    pub fn apply_answers(&self, answers: &mut Map<String, Value>) {
        for answer in &self.answers {
            match &answer.value {
                Some(value) => answers.insert(answer.field_id.clone(), value.clone()),
                // Keeps the order of the others.
                None => answers.shift_remove(&answer.field_id),
            };
        }
    }
}
