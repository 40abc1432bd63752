//! What can be told of a person beyond its metadata: the keys that `get_info` and `get_user_list` take in `doc`. What
//! stands in other rows is read for all people of an answer at once.

mod orders;
mod rows;
mod wanted;

pub(super) use self::rows::MoreRows;
pub(super) use self::wanted::Wanted;

use serde_json::{Map, Value, json};

use super::add_payment;
use crate::clock::rfc3339;
use crate::error::{Error, FieldError};
use crate::orders::cart::Cart;
use crate::project::file::{Field, Form};
use crate::users::forms::{self, FormState};
use crate::users::person::Person;
use crate::users::profile;

/// The values of what is wanted, under the same keys.
///
/// # Errors
///
/// When a stored document does not parse.
pub(super) fn document(
    person: &Person,
    wanted: &Wanted,
    rows: &MoreRows,
) -> Result<Map<String, Value>, Error> {
    let view = View {
        person,
        wanted,
        rows,
        answers: person.answers()?,
        forms: person.form_state()?,
        empty: Cart::default(),
    };
    wanted
        .keys
        .iter()
        .map(|key| Ok((key.clone(), view.value(key)?)))
        .collect()
}

/// A person with its documents parsed.
struct View<'a> {
    person: &'a Person,
    wanted: &'a Wanted,
    rows: &'a MoreRows,
    answers: Map<String, Value>,
    forms: FormState,
    empty: Cart,
}

impl View<'_> {
    fn value(&self, key: &str) -> Result<Value, Error> {
        Ok(match key {
            "_allfields" => self.all_fields(),
            "_userforms" => self.user_forms(),
            "_family" => self.family()?,
            "_usercart" => orders::cart(self.person, self.cart(), self.wanted.cart)?,
            "_userproducts" => {
                let (left, today) = (&self.rows.left, self.wanted.today);
                orders::products(self.person, self.cart(), left, today)?
            }
            "_userpayments" => self.payments(),
            "_utm" => self.person.utm()?,
            "_emails" => self.emails(),
            _ if profile::READABLE.contains(&key) => self.special(key),
            _ => self
                .person
                .project
                .field(key)
                .map_or(Value::Null, |(form, field)| self.answer(form, field)),
        })
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

    /// The whole family, whoever of it is asked about. Somebody without one is a parent without children.
    fn family(&self) -> Result<Value, Error> {
        let parent = self.person.connected_to();
        let children = self
            .rows
            .children
            .get(&parent)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let children: Vec<_> = children
            .iter()
            .map(Person::meta_info)
            .collect::<Result<_, _>>()?;
        let parent = self
            .rows
            .parents
            .get(&parent)
            .map(Person::meta_info)
            .transpose()?;
        Ok(json!({ "parent": parent, "children": children }))
    }

    fn cart(&self) -> &Cart {
        let cart = self.rows.carts.get(&self.person.clogin_id());
        cart.unwrap_or(&self.empty)
    }

    /// Oldest first, those that do not count included.
    fn payments(&self) -> Value {
        let payments = self.rows.payments.get(&self.person.clogin_id());
        let payments = payments.map(Vec::as_slice).unwrap_or_default();
        payments.iter().map(add_payment::describe).collect()
    }

    fn emails(&self) -> Value {
        let emails = self.rows.emails.get(&self.person.clogin_id());
        let emails = emails.map(Vec::as_slice).unwrap_or_default();
        emails
            .iter()
            .map(|email| {
                json!({
                    "id": email.id,
                    "subject": email.subject,
                    "to": email.recipients,
                    "state": email.state,
                    "attempts": email.attempts,
                    "last_error": email.last_error,
                    "sent_at": email.sent_at.map(rfc3339),
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
