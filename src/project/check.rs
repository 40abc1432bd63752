//! Reads a project file, and checks what serde cannot say. Everything that is wrong is reported at once, each problem
//! with its JSON path and what is allowed there.

pub mod admins;
pub mod groups;
pub mod ids;
pub mod products;
mod read;
mod templates;
mod triggers;
pub mod users;

use std::str::FromStr;

use self::users::KnownPeople;
use super::file::{Group, Organization, ProjectFile};
use super::problem::{Problem, Report};
use crate::json;
use crate::lenient::MAX_NAME_LENGTH;

/// Reads the bytes of a file. `name`: what problems call it.
///
/// # Errors
///
/// When it is not JSON, holds control characters, or a value has not the form that its place asks for.
pub fn parse(name: &str, bytes: &[u8]) -> Result<ProjectFile, Vec<Problem>> {
    let mut report = Report::new(name);
    let value = match json::parse(bytes) {
        Ok(value) => value,
        Err(reason) => {
            report.add("", format!("is not valid JSON: {reason}"));
            return Err(report.into_problems());
        }
    };
    for error in json::control_characters(&value) {
        report.add(error.path, error.msg);
    }
    if !report.is_empty() {
        return Err(report.into_problems());
    }
    read::read(&mut report, value).ok_or_else(|| report.into_problems())
}

/// Checks a file against what will be there when it is applied. `groups` are the projects as they will be: those of
/// the file in its order, each with its own items first, then what only the database has.
pub fn check(
    name: &str,
    file: &ProjectFile,
    groups: &[Group],
    people: &KnownPeople,
) -> Vec<Problem> {
    let mut report = Report::new(name);
    check_organization(&mut report, &file.organization);
    for (index, admin) in file.admins.iter().enumerate() {
        admins::check(&mut report, &format!("admins[{index}]"), admin, groups);
    }
    admins::check_tokens(&mut report, &file.admins);
    for (index, (group, whole)) in file.groups.iter().zip(groups).enumerate() {
        let path = format!("groups[{index}]");
        groups::check(&mut report, &path, group, whole);
        templates::check(&mut report, &path, group, whole);
        triggers::check(&mut report, &path, group, whole);
    }
    users::check(&mut report, file, groups, people);
    report.into_problems()
}

fn check_organization(report: &mut Report<'_>, organization: &Organization) {
    check_name(report, "organization.name", &organization.name);
    if organization.locales.is_empty() {
        report.add("organization.locales", "must name at least one language");
    }
    for (index, locale) in organization.locales.iter().enumerate() {
        let path = format!("organization.locales[{index}]");
        if !is_language_tag(locale) {
            report.add(path, "must be a language tag, such as en or de-CH");
        } else if organization.locales[..index]
            .iter()
            .any(|other| other.eq_ignore_ascii_case(locale))
        {
            report.add(path, "is in the list already");
        }
    }
    if !(1..=3).contains(&organization.event_level) {
        report.add("organization.event_level", "must be 1, 2 or 3");
    }
    if !(1..=3650).contains(&organization.event_retention_days) {
        let path = "organization.event_retention_days";
        report.add(path, "must be a whole number from 1 to 3650");
    }
}

fn check_name(report: &mut Report<'_>, path: impl Into<String>, name: &str) {
    if name.trim().is_empty() || name.chars().count() > MAX_NAME_LENGTH {
        let rule = format!("must have 1 to {MAX_NAME_LENGTH} characters, not only spaces");
        report.add(path, rule);
    }
}

fn is_language_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=8).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn is_time_zone(text: &str) -> bool {
    chrono_tz::Tz::from_str(text).is_ok()
}

#[cfg(test)]
mod tests;
