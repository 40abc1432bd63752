//! What can be told of a person beyond its metadata: the keys that `get_info` and `get_user_list` take in `doc`. What
//! stands in other rows is read for all people of an answer at once.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::clock::rfc3339;
use crate::db::carts::{self, CartLine};
use crate::db::connection::DbConn;
use crate::db::emails::{self, EmailSummary};
use crate::db::lists::{self, Excluded, Part, Selection};
use crate::error::{Error, FieldError};
use crate::ids::CloginId;
use crate::lenient;
use crate::money::Money;
use crate::project::file::{Field, Form};
use crate::project::snapshot::Project;
use crate::triggers::selectable::hidden_by_trigger;
use crate::users::forms::{self, FormState};
use crate::users::person::Person;
use crate::users::{profile, submission};

/// What is asked for, in the order of the request.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    keys: Vec<String>,
    cart: CartFilter,
}

/// `_usercart`: true, or an object that says which lines.
#[derive(Clone, Copy, Default)]
struct CartFilter {
    product: Option<i64>,
    category: Option<i64>,
}

impl Wanted {
    /// Reads the keys with a true value; `others` are read elsewhere.
    ///
    /// # Errors
    ///
    /// 404 `field_not_found`, with all unknown keys, else 422.
    pub fn read(
        project: &Project,
        doc: &Map<String, Value>,
        others: &[&str],
    ) -> Result<Self, Error> {
        let mut wanted = Wanted::default();
        let mut errors = Vec::new();
        for (key, value) in doc
            .iter()
            .filter(|(key, _)| !others.contains(&key.as_str()))
        {
            let path = format!("doc.{key}");
            if let ("_usercart", Value::Object(filter)) = (key.as_str(), value) {
                match CartFilter::read(filter, &path) {
                    Ok(filter) => wanted.cart = filter,
                    Err(error) => errors.push(error),
                }
                wanted.keys.push(key.clone());
                continue;
            }
            match lenient::boolean(value) {
                Ok(false) => {}
                Ok(true) if is_readable(project, key) => wanted.keys.push(key.clone()),
                Ok(true) => errors.push(submission::unknown_field(path)),
                Err(rule) => errors.push(FieldError::new(path, "invalid", rule)),
            }
        }
        if errors.is_empty() {
            Ok(wanted)
        } else {
            Err(submission::refusal(errors))
        }
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether other rows than the person's own have to be read.
    pub fn needs_more_rows(&self) -> bool {
        ["_family", "_usercart", "_userproducts", "_emails"]
            .into_iter()
            .any(|key| self.has(key))
    }

    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|wanted| wanted == key)
    }
}

impl CartFilter {
    fn read(filter: &Map<String, Value>, path: &str) -> Result<Self, FieldError> {
        if let Some(key) = filter
            .keys()
            .find(|key| !["p_id", "category"].contains(&key.as_str()))
        {
            let rule = "is unknown; known are p_id and category";
            return Err(FieldError::new(
                format!("{path}.{key}"),
                "unknown_parameter",
                rule,
            ));
        }
        let id = |key: &str| {
            lenient::id(filter.get(key))
                .map_err(|rule| FieldError::new(format!("{path}.{key}"), "invalid", rule))
        };
        Ok(CartFilter {
            product: id("p_id")?,
            category: id("category")?,
        })
    }

    fn takes(self, project: &Project, line: &CartLine) -> bool {
        let category = || project.product(line.product_id?)?.category;
        self.product
            .is_none_or(|product| line.product_id == Some(product))
            && self
                .category
                .is_none_or(|wanted| category() == Some(wanted))
    }
}

fn is_readable(project: &Project, key: &str) -> bool {
    matches!(
        key,
        "_allfields"
            | "_userforms"
            | "_family"
            | "_usercart"
            | "_userproducts"
            | "_utm"
            | "_emails"
    ) || profile::READABLE.contains(&key)
        || project.field(key).is_some()
}

/// The rows beside those of the people themselves.
#[derive(Default)]
pub(super) struct MoreRows {
    carts: HashMap<CloginId, Vec<CartLine>>,
    emails: HashMap<CloginId, Vec<EmailSummary>>,
    parents: HashMap<CloginId, Person>,
    children: HashMap<CloginId, Vec<Person>>,
}

impl MoreRows {
    /// Reads what is wanted of all these people of a project, each kind of rows in one query.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn load(conn: &mut DbConn, people: &[Person], wanted: &Wanted) -> Result<Self, Error> {
        let mut rows = MoreRows::default();
        let Some(first) = people.first() else {
            return Ok(rows);
        };
        let project = Arc::clone(&first.project);
        let (organization, group) = (project.organization_id, project.id());
        let ids: Vec<_> = people.iter().map(Person::clogin_id).collect();
        if wanted.has("_usercart") || wanted.has("_userproducts") {
            for line in carts::of_people(conn, organization, group, &ids)? {
                rows.carts
                    .entry(CloginId(line.clogin_id))
                    .or_default()
                    .push(line);
            }
        }
        if wanted.has("_emails") {
            for email in emails::of_people(conn, organization, group, &ids)? {
                rows.emails
                    .entry(CloginId(email.clogin_id))
                    .or_default()
                    .push(email);
            }
        }
        if wanted.has("_family") {
            rows.load_families(conn, &project, people)?;
        }
        Ok(rows)
    }

    fn load_families(
        &mut self,
        conn: &mut DbConn,
        project: &Arc<Project>,
        people: &[Person],
    ) -> Result<(), Error> {
        let (organization, group) = (project.organization_id, project.id());
        let mut parents: Vec<_> = people.iter().map(Person::connected_to).collect();
        parents.sort_unstable();
        parents.dedup();
        let person = |(registration, user)| Person {
            project: Arc::clone(project),
            registration,
            user,
        };
        for parent in people.iter().filter(|person| !person.is_child()) {
            self.parents.insert(parent.clogin_id(), parent.clone());
        }
        let unread: Vec<_> = parents
            .iter()
            .copied()
            .filter(|parent| !self.parents.contains_key(parent))
            .collect();
        if !unread.is_empty() {
            for row in lists::by_ids(conn, organization, group, &unread)? {
                let parent = person(row);
                self.parents.insert(parent.clogin_id(), parent);
            }
        }
        let everybody = Selection {
            organization,
            group,
            excluded: Excluded::With,
        };
        for row in lists::people(conn, everybody, Part::ChildrenOf(&parents))? {
            let child = person(row);
            self.children
                .entry(child.connected_to())
                .or_default()
                .push(child);
        }
        Ok(())
    }
}

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
}

impl View<'_> {
    fn value(&self, key: &str) -> Result<Value, Error> {
        Ok(match key {
            "_allfields" => self.all_fields(),
            "_userforms" => self.user_forms(),
            "_family" => self.family()?,
            "_usercart" => self.cart(),
            "_userproducts" => self.products()?,
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

    fn cart(&self) -> Value {
        let lines = self.rows.carts.get(&self.person.clogin_id());
        let lines = lines.map(Vec::as_slice).unwrap_or_default();
        lines
            .iter()
            .filter(|line| self.wanted.cart.takes(&self.person.project, line))
            .map(|line| {
                json!({
                    "cart_id": line.id,
                    "p_id": line.product_id,
                    "name": line.name,
                    "q": line.quantity,
                    "price": Money(line.price),
                    "total": Money(line.price * line.quantity),
                    "product_remark": line.remark,
                    "added_at": rfc3339(line.created_at),
                })
            })
            .collect()
    }

    /// What the user may select, and what it has: with the cart line where it is in the cart.
    fn products(&self) -> Result<Value, Error> {
        let project = &self.person.project;
        let memory = self.person.trigger_memory()?;
        let lines = self.rows.carts.get(&self.person.clogin_id());
        let cart_id = |product: i64| {
            let lines = lines.map(Vec::as_slice).unwrap_or_default();
            lines
                .iter()
                .find(|line| line.product_id == Some(product))
                .map(|line| line.id)
        };
        let selectable = project.group.products.iter().filter(|product| {
            product.level.includes(self.person.is_child())
                && !hidden_by_trigger(project, &memory, product)
        });
        Ok(selectable
            .map(|product| {
                json!({
                    "p_id": product.id,
                    "name": product.name,
                    "price": product.price,
                    "category": product.category,
                    "base_product_type": product.base_product_type,
                    "only_one": product.only_one,
                    "cart_id": cart_id(product.id),
                })
            })
            .collect())
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
