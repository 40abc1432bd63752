//! The rules of a project: its settings, forms, categories, products, statuses and templates.

use std::collections::HashMap;

use super::products::{self, MAX_REMARK_LENGTH};
use super::{check_name, is_time_zone};
use crate::db::config::ItemKind;
use crate::mail::address;
use crate::project::file::{Category, Field, FieldType, Form, Group, Product, Settings, Status};
use crate::project::problem::Report;
use crate::project::trigger::Effect;
use crate::users::profile;

/// `group`: as in the file. `whole`: with what only the database has, after it.
pub fn check(report: &mut Report<'_>, path: &str, group: &Group, whole: &Group) {
    check_name(report, format!("{path}.name"), &group.name);
    for kind in ItemKind::ALL {
        for (index, (_, name)) in group.item_names(kind).into_iter().enumerate() {
            let path = format!("{path}.{}[{index}].name", kind.list());
            check_name(report, path, name);
        }
    }
    check_settings(report, &format!("{path}.settings"), &group.settings);
    check_sender(report, path, whole);
    for (index, form) in group.forms.iter().enumerate() {
        check_form(report, &format!("{path}.forms[{index}]"), form);
    }
    check_field_keys(report, path, whole);
    for (index, category) in group.categories.iter().enumerate() {
        check_category(report, &format!("{path}.categories[{index}]"), category);
    }
    for (index, product) in group.products.iter().enumerate() {
        check_product(report, &format!("{path}.products[{index}]"), product, whole);
    }
    for (index, status) in group.statuses.iter().enumerate() {
        check_status(report, &format!("{path}.statuses[{index}]"), status);
    }
}

fn check_settings(report: &mut Report<'_>, path: &str, settings: &Settings) {
    if !(6..=128).contains(&settings.password_min_length) {
        let path = format!("{path}.password_min_length");
        report.add(path, "must be a whole number from 6 to 128");
    }
    if !(1..=1440).contains(&settings.login_token_minutes) {
        let path = format!("{path}.login_token_minutes");
        report.add(path, "must be a whole number from 1 to 1440");
    }
    let currency = settings.currency.as_bytes();
    if currency.len() != 3 || !currency.iter().all(u8::is_ascii_uppercase) {
        let rule = "must be three capital letters as in ISO 4217, such as USD";
        report.add(format!("{path}.currency"), rule);
    }
    if !is_time_zone(&settings.time_zone) {
        let rule = "must be an IANA time zone, such as Europe/Berlin or UTC";
        report.add(format!("{path}.time_zone"), rule);
    }
    if let Some(from) = &settings.from
        && address::single(from).is_none()
    {
        let rule = "must be a sender such as Camp <camp@example.org>";
        report.add(format!("{path}.from"), rule);
    }
}

fn check_sender(report: &mut Report<'_>, path: &str, whole: &Group) {
    let sender = whole
        .triggers
        .iter()
        .find(|trigger| matches!(trigger.action, Effect::SendEmail { .. }));
    if let (None, Some(trigger)) = (&whole.settings.from, sender) {
        let rule = format!("must be set: trigger {} sends e-mail", trigger.id);
        report.add(format!("{path}.settings.from"), rule);
    }
}

fn check_form(report: &mut Report<'_>, path: &str, form: &Form) {
    for (index, field) in form.fields.iter().enumerate() {
        let path = format!("{path}.fields[{index}]");
        if !is_field_id(&field.id) {
            let rule = "must have 1 to 64 letters, digits, _ and -, without _ at the start";
            report.add(format!("{path}.id"), rule);
        }
        if let Some(name) = &field.name {
            check_name(report, format!("{path}.name"), name);
            if name.starts_with('_') {
                report.add(format!("{path}.name"), "must not start with _");
            }
        }
        check_options(report, &path, field);
    }
}

fn is_field_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && !id.starts_with('_')
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn check_options(report: &mut Report<'_>, path: &str, field: &Field) {
    let path = format!("{path}.options");
    let is_choice = matches!(
        field.field_type,
        FieldType::SingleChoice | FieldType::MultipleChoice
    );
    if !is_choice {
        if !field.options.is_empty() {
            let rule = "must be left out: only single_choice and multiple_choice have options";
            report.add(path, rule);
        }
        return;
    }
    if field.options.is_empty() {
        report.add(path.as_str(), "must name at least one option");
    }
    for (index, option) in field.options.iter().enumerate() {
        let path = format!("{path}[{index}]");
        if option.trim().is_empty() {
            report.add(path, "must not be blank");
        } else if field.options[..index].contains(option) {
            report.add(path, "is in the list already");
        }
    }
}

/// Ids and names of fields are keys of the same documents: none may mean two fields, or a special one.
fn check_field_keys(report: &mut Report<'_>, path: &str, whole: &Group) {
    let mut seen: HashMap<&str, String> = HashMap::new();
    for (form_index, form) in whole.forms.iter().enumerate() {
        for (index, field) in form.fields.iter().enumerate() {
            let place = format!("{path}.forms[{form_index}].fields[{index}]");
            let name = field.name.as_deref().filter(|name| *name != field.id);
            let keys = [("id", Some(field.id.as_str())), ("name", name)];
            for (word, key) in keys
                .into_iter()
                .filter_map(|(word, key)| Some((word, key?)))
            {
                let place = format!("{place}.{word}");
                if profile::is_special(key) {
                    let rule = "is a special field, which every project has without declaring it";
                    report.add(place, rule);
                } else if let Some(other) = seen.get(key) {
                    let rule =
                        format!("is the id or name of another field of the project: {other}");
                    report.add(place, rule);
                } else {
                    seen.insert(key, place);
                }
            }
        }
    }
}

fn check_category(report: &mut Report<'_>, path: &str, category: &Category) {
    if category.quota_ordered == Some(0) {
        let rule = "must be at least 1, or null for no limit";
        report.add(format!("{path}.quota_ordered"), rule);
    }
    for (key, remark) in [
        ("top_remark", &category.top_remark),
        ("bottom_remark", &category.bottom_remark),
    ] {
        if remark.chars().count() > MAX_REMARK_LENGTH {
            let rule = format!("must have at most {MAX_REMARK_LENGTH} characters");
            report.add(format!("{path}.{key}"), rule);
        }
    }
}

fn check_product(report: &mut Report<'_>, path: &str, product: &Product, whole: &Group) {
    for (key, rule) in products::problems(product, whole) {
        report.add(format!("{path}.{key}"), rule);
    }
}

/// `#rrggbb`
pub fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn check_status(report: &mut Report<'_>, path: &str, status: &Status) {
    if !is_color(&status.color) {
        let rule = "must be a color as #rrggbb, such as #808000";
        report.add(format!("{path}.color"), rule);
    }
}
