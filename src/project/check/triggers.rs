//! The rules of triggers: what they name must be in the project, and each condition must be able to come true.

use crate::ids::{FormId, OrganizationId, StatusId};
use crate::project::file::{Field, FieldType, Group};
use crate::project::problem::Report;
use crate::project::snapshot::Project;
use crate::project::trigger::{Condition, Effect, Trigger};
use crate::users::answers;

/// `group`: as in the file. `whole`: with what only the database has, after it.
pub fn check(report: &mut Report<'_>, path: &str, group: &Group, whole: &Group) {
    // No organization is asked for: only the index of fields is used.
    let project = Project::new(OrganizationId(0), whole.clone());
    for (index, trigger) in whole.triggers.iter().enumerate() {
        let path = if index < group.triggers.len() {
            format!("{path}.triggers[{index}]")
        } else {
            // The file can break what it does not name.
            format!("{path}.triggers[{}, in the database only]", trigger.id)
        };
        check_trigger(report, &path, trigger, &project);
    }
}

fn check_trigger(report: &mut Report<'_>, path: &str, trigger: &Trigger, project: &Project) {
    if trigger.conditions.is_empty() {
        let rule = "must have at least one condition";
        report.add(format!("{path}.conditions"), rule);
    }
    for (index, condition) in trigger.conditions.iter().enumerate() {
        let path = format!("{path}.conditions[{index}]");
        check_condition(report, &path, condition, project);
    }
    check_effect(report, &format!("{path}.action"), &trigger.action, project);
}

fn check_condition(report: &mut Report<'_>, path: &str, condition: &Condition, project: &Project) {
    match condition {
        Condition::Field { field, .. } => match project.field(field) {
            Some((_, found)) => check_comparison(report, path, condition, found),
            None => unknown_field(report, path, field),
        },
        Condition::ProductAdded { product } => {
            require_product(report, format!("{path}.product"), *product, project);
        }
        Condition::Status { status } => {
            require_status(report, format!("{path}.status"), *status, project);
        }
        Condition::FormCompleted { form } => {
            require_form(report, format!("{path}.form"), *form, project);
        }
        Condition::Children { at_least, at_most } => {
            check_range(report, path, *at_least, *at_most);
        }
        Condition::Age {
            field,
            at_least,
            at_most,
            ..
        } => {
            check_range(report, path, *at_least, *at_most);
            match project.field(field) {
                Some((_, found)) if found.field_type == FieldType::Date => {}
                Some(_) => report.add(format!("{path}.field"), "must be a field of type date"),
                None => unknown_field(report, path, field),
            }
        }
        Condition::UserRegistered {} | Condition::ChildCreated {} | Condition::BalanceClosed {} => {
        }
    }
}

/// Exactly one kind of comparison, with values that the field can have.
fn check_comparison(report: &mut Report<'_>, path: &str, condition: &Condition, field: &Field) {
    let Condition::Field {
        value,
        one_of,
        at_least,
        at_most,
        ..
    } = condition
    else {
        return;
    };
    let has_range = at_least.is_some() || at_most.is_some();
    let kinds = [value.is_some(), one_of.is_some(), has_range];
    if kinds.iter().filter(|given| **given).count() != 1 {
        let rule = "must have exactly one of value, one_of, and bounds (at_least, at_most)";
        report.add(path, rule);
    }
    if let Some(value) = value {
        check_value(report, format!("{path}.value"), field, value);
    }
    if one_of.as_ref().is_some_and(Vec::is_empty) {
        report.add(format!("{path}.one_of"), "must name at least one value");
    }
    for (index, value) in one_of.iter().flatten().enumerate() {
        check_value(report, format!("{path}.one_of[{index}]"), field, value);
    }
    if !has_range {
        return;
    }
    if !matches!(
        field.field_type,
        FieldType::Integer | FieldType::Decimal | FieldType::Date
    ) {
        let rule = "must not have bounds: only fields of type integer, decimal and date can";
        report.add(path, rule);
        return;
    }
    for (word, bound) in [("at_least", at_least), ("at_most", at_most)] {
        if let Some(bound) = bound {
            check_value(report, format!("{path}.{word}"), field, bound);
        }
    }
    if let (Some(least), Some(most)) = (at_least, at_most)
        && is_above(field, least, most)
    {
        report.add(path, "holds for nothing: at_least is above at_most");
    }
}

fn is_above(field: &Field, least: &str, most: &str) -> bool {
    match (field.field_type, least.parse::<f64>(), most.parse::<f64>()) {
        (FieldType::Integer | FieldType::Decimal, Ok(least), Ok(most)) => least > most,
        // Dates as YYYY-MM-DD stand in the order of their letters.
        (FieldType::Date, ..) => least > most,
        _ => false,
    }
}

/// A value that the field never has would be a condition that never comes true.
fn check_value(report: &mut Report<'_>, path: String, field: &Field, text: &str) {
    if let Err((_, rule)) = answers::named(field, text) {
        report.add(path, rule);
    }
}

fn check_range(report: &mut Report<'_>, path: &str, least: Option<u32>, most: Option<u32>) {
    match (least, most) {
        (None, None) => report.add(path, "must have at_least, at_most, or both"),
        (Some(least), Some(most)) if least > most => {
            report.add(path, "holds for nothing: at_least is above at_most");
        }
        _ => {}
    }
}

fn check_effect(report: &mut Report<'_>, path: &str, effect: &Effect, project: &Project) {
    match effect {
        Effect::AddProductNoShow { products }
        | Effect::AddProduct { products }
        | Effect::ShowProdInList { products }
        | Effect::RemoveProdFromList { products } => {
            if products.is_empty() {
                let rule = "must name at least one product";
                report.add(format!("{path}.products"), rule);
            }
            for (index, product) in products.iter().enumerate() {
                let path = format!("{path}.products[{index}]");
                require_product(report, path, *product, project);
            }
        }
        Effect::AddForm { form } => require_form(report, format!("{path}.form"), *form, project),
        Effect::SetStatus { status } => {
            require_status(report, format!("{path}.status"), *status, project);
        }
        Effect::SendEmail { template, .. } => {
            let mut templates = project.group.email_templates.iter();
            if !templates.any(|known| known.id == *template) {
                let path = format!("{path}.template");
                report.add(path, missing("an e-mail template", *template));
            }
        }
    }
}

fn require_product(report: &mut Report<'_>, path: String, id: i64, project: &Project) {
    if !project.group.products.iter().any(|known| known.id == id) {
        report.add(path, missing("a product", id));
    }
}

fn require_form(report: &mut Report<'_>, path: String, id: FormId, project: &Project) {
    if !project.group.forms.iter().any(|known| known.id == id) {
        report.add(path, missing("a form", id.0));
    }
}

fn require_status(report: &mut Report<'_>, path: String, id: StatusId, project: &Project) {
    if project.status(id).is_none() {
        report.add(path, missing("a status", id.0));
    }
}

fn unknown_field(report: &mut Report<'_>, path: &str, key: &str) {
    let rule = format!("must be a field of the project, by id or name; there is no {key:?}");
    report.add(format!("{path}.field"), rule);
}

fn missing(word: &str, id: i64) -> String {
    format!("must be {word} of the project; there is no {id}")
}
