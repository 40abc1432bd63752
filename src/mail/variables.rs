//! What templates can name: `user.*` (special fields and answers, by id or name), `meta_info.*`, `group.*`. Every name
//! is always there, and empty where nothing is set.

use minijinja::value::{Serde, Value as Jinja};
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::money::Money;
use crate::project::file::{Field, FieldType, Group};
use crate::project::snapshot::Project;
use crate::users::person::{MetaInfo, Person};
use crate::users::profile;

/// The values of a person.
///
/// # Errors
///
/// When a stored document does not parse.
pub fn of_person(person: &Person) -> Result<Jinja, Error> {
    let user = &person.user;
    let answers = person.answers()?;
    let forms = person.form_state()?;
    let special = |key: &str| match key {
        "username" => user.username.as_deref(),
        "first_name" => Some(user.first_name.as_str()),
        "last_name" => Some(user.last_name.as_str()),
        "org_name" => Some(user.org_name.as_str()),
        _ => user.main_email.as_deref(),
    };
    let mut values = Map::new();
    for key in profile::READABLE {
        values.insert(key.to_owned(), special(key).unwrap_or_default().into());
    }
    for form in &person.project.group.forms {
        let is_had = forms.has(form, person.is_child());
        for field in &form.fields {
            let answer = answers.get(&field.id).filter(|_| is_had).cloned();
            insert(&mut values, field, answer.unwrap_or_else(|| unset(field)));
        }
    }
    Ok(context(
        &values,
        &person.meta_info()?,
        &person.project.group,
    ))
}

/// How much of an example's answers is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    Empty,
    Full,
}

/// The values of somebody made up, for trying a template out.
pub fn of_example(project: &Project, example: Example) -> Jinja {
    let mut values = Map::new();
    for key in profile::READABLE {
        let text = match (example, key) {
            (Example::Empty, _) => "",
            (Example::Full, "main_email" | "username") => "name@example.org",
            (Example::Full, _) => "Name",
        };
        values.insert(key.to_owned(), text.into());
    }
    for form in &project.group.forms {
        for field in &form.fields {
            let value = match example {
                Example::Empty => unset(field),
                Example::Full => answered(field),
            };
            insert(&mut values, field, value);
        }
    }
    context(&values, &example_meta_info(example), &project.group)
}

/// Every name, with its dot.
pub fn names(project: &Project) -> Vec<String> {
    let mut names = Vec::new();
    let context = of_example(project, Example::Empty);
    for root in ["user", "meta_info", "group"] {
        let keys = context.get_attr(root).and_then(|value| value.try_iter());
        names.extend(
            keys.into_iter()
                .flatten()
                .map(|key| format!("{root}.{key}")),
        );
    }
    names
}

fn insert(values: &mut Map<String, Value>, field: &Field, value: Value) {
    if let Some(name) = &field.name {
        values.insert(name.clone(), value.clone());
    }
    values.insert(field.id.clone(), value);
}

fn unset(field: &Field) -> Value {
    match field.field_type {
        FieldType::MultipleChoice => json!([]),
        _ => json!(""),
    }
}

fn answered(field: &Field) -> Value {
    let option = field.options.first().map_or("Option", String::as_str);
    match field.field_type {
        FieldType::Integer | FieldType::Decimal | FieldType::Phone => json!("100"),
        FieldType::Date => json!("2016-02-29"),
        FieldType::Email => json!("name@example.org"),
        FieldType::YesNo => json!("yes"),
        FieldType::MultipleChoice => json!([option]),
        FieldType::SingleChoice => json!(option),
        // An address, as it may stand among the recipients.
        FieldType::Text | FieldType::Textarea => json!("name@example.org"),
    }
}

fn example_meta_info(example: Example) -> MetaInfo {
    let (name, number, money, status) = match example {
        Example::Empty => ("", "0", 0, None),
        Example::Full => ("Name", "1", 10_000, Some("Status".to_owned())),
    };
    let number = number.to_owned();
    MetaInfo {
        u_name: name.to_owned(),
        total_forms: number.clone(),
        completed_forms: number.clone(),
        total_user_forms: number.clone(),
        total_completed_user_forms: number.clone(),
        total_user_mandatory_forms: number.clone(),
        total_completed_user_mandatory_forms: number.clone(),
        total_order: Money(money),
        total_paid: Money(money),
        total_balance: Money(money),
        status_id: number,
        status_color: status.clone(),
        status_name: status,
        application_date: "2026-01-01T00:00:00Z".to_owned(),
    }
}

fn context(user: &Map<String, Value>, meta_info: &MetaInfo, group: &Group) -> Jinja {
    let mut meta_info = json!(meta_info);
    for value in meta_info
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut)
    {
        if value.is_null() {
            *value = json!("");
        }
    }
    Jinja::from(Serde(json!({
        "user": user,
        "meta_info": meta_info,
        "group": { "id": group.id, "name": group.name },
    })))
}
