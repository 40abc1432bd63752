//! `get_info`: what is asked for by the keys of `doc` that have a true value; without any, only the metadata.

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Body, Reply};
use crate::clock::rfc3339;
use crate::error::{Error, FieldError};
use crate::lenient;
use crate::project::file::{Field, Form};
use crate::users::forms::{self, FormState};
use crate::users::person::Person;
use crate::users::{profile, submission};

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let person = call.person().await?;
    let doc = match read(&person, &call.envelope.doc) {
        Ok(doc) => doc,
        Err(error) => return Err(error.about(person)),
    };
    let reply = Reply::about(person);
    if doc.is_empty() {
        reply.render()
    } else {
        reply.with("doc", doc).render()
    }
}

/// The values of what `doc` asks for, under the same keys.
fn read(person: &Person, doc: &Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let mut wanted = Vec::new();
    let mut errors = Vec::new();
    for (key, value) in doc {
        let path = format!("doc.{key}");
        match lenient::boolean(value) {
            Ok(false) => {}
            Ok(true) if is_readable(person, key) => wanted.push(key.as_str()),
            Ok(true) => errors.push(submission::unknown_field(path)),
            Err(rule) => errors.push(FieldError::new(path, "invalid", rule)),
        }
    }
    if !errors.is_empty() {
        return Err(submission::refusal(errors));
    }
    if wanted.is_empty() {
        return Ok(Map::new());
    }
    let view = View {
        person,
        answers: person.answers()?,
        forms: person.form_state()?,
    };
    Ok(wanted
        .into_iter()
        .map(|key| (key.to_owned(), view.value(key)))
        .collect())
}

fn is_readable(person: &Person, key: &str) -> bool {
    matches!(key, "_allfields" | "_userforms")
        || profile::READABLE.contains(&key)
        || person.project.field(key).is_some()
}

/// A person with its documents parsed.
struct View<'a> {
    person: &'a Person,
    answers: Map<String, Value>,
    forms: FormState,
}

impl View<'_> {
    fn value(&self, key: &str) -> Value {
        match key {
            "_allfields" => self.all_fields(),
            "_userforms" => self.user_forms(),
            _ if profile::READABLE.contains(&key) => self.special(key),
            _ => self
                .person
                .project
                .field(key)
                .map_or(Value::Null, |(form, field)| self.answer(form, field)),
        }
    }

    /// A special field; null where it is empty.
    fn special(&self, key: &str) -> Value {
        let user = &self.person.user;
        let value = match key {
            "username" => user.username.as_deref(),
            "first_name" => Some(user.first_name.as_str()),
            "last_name" => Some(user.last_name.as_str()),
            "org_name" => Some(user.org_name.as_str()),
            _ => user.main_email.as_deref(),
        };
        value.filter(|text| !text.is_empty()).into()
    }

    /// Null where there is no answer, or on a form that the user does not have.
    fn answer(&self, form: &Form, field: &Field) -> Value {
        if !self.forms.has(form, self.person.is_child()) {
            return Value::Null;
        }
        self.answers.get(&field.id).cloned().unwrap_or_default()
    }

    fn all_fields(&self) -> Value {
        let mut fields = Map::new();
        let mut index = Map::new();
        for key in profile::READABLE {
            fields.insert(key.to_owned(), self.special(key));
        }
        let project = &self.person.project;
        for form in &project.group.forms {
            for field in &form.fields {
                fields.insert(field.id.clone(), self.answer(form, field));
                index.insert(field.id.clone(), describe(form, field));
            }
        }
        let errors: Vec<_> = self
            .forms
            .forms(project, self.person.is_child())
            .flat_map(|form| forms::missing(form, &self.answers))
            .map(|field| FieldError::new(&field.id, "required", "is required"))
            .collect();
        json!({ "fields": fields, "field_index": index, "errors": errors })
    }

    fn user_forms(&self) -> Value {
        self.forms
            .forms(&self.person.project, self.person.is_child())
            .map(|form| {
                let completed_at = self.forms.completed.get(&form.id);
                json!({
                    "form_id": form.id,
                    "name": form.name,
                    "mandatory": form.mandatory,
                    "admin_only": form.admin_only,
                    "completed": completed_at.is_some(),
                    "completed_at": completed_at.map(|at| rfc3339(*at)),
                })
            })
            .collect()
    }
}

fn describe(form: &Form, field: &Field) -> Value {
    json!({
        "name": field.name,
        "label": field.label(),
        "type": field.field_type,
        "form_id": form.id,
        "required": field.required,
        "options": field.options,
    })
}
