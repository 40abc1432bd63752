//! People: the keys by which they are found are those of their texts, their documents parse, and the values by which
//! they are searched are those of their documents.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::totals::Sums;
use super::{Report, place};
use crate::db::audit::{self, KeptValue, PersonKeys};
use crate::db::connection::DbConn;
use crate::db::user_values::Document;
use crate::error::Error;
use crate::users::{username, values};

/// Says how many people there are; those that are deleted do not count.
pub(super) fn check(conn: &mut DbConn, report: &mut Report) -> Result<Sums, Error> {
    let mut counted = Sums::default();
    let mut after = 0;
    loop {
        let page = audit::people(conn, report.organization(), after)?;
        let Some(last) = page.last() else {
            return Ok(counted);
        };
        after = last.id;
        let ids: Vec<i64> = page.iter().map(|person| person.id).collect();
        let mut kept: HashMap<i64, Vec<KeptValue>> = HashMap::new();
        for value in audit::values(conn, report.organization(), &ids)? {
            kept.entry(value.user_id).or_default().push(value);
        }
        for person in &page {
            report.verified.people += 1;
            counted.users += i64::from(person.deleted_at.is_none());
            let row = format!("user {}", person.id);
            for problem in problems(person, kept.remove(&person.id).unwrap_or_default()) {
                report.disagrees(&row, problem);
            }
        }
    }
}

fn problems(person: &PersonKeys, kept: Vec<KeptValue>) -> Vec<String> {
    let mut problems = Vec::new();
    if !is_key_of(person.username_key.as_deref(), person.username.as_deref()) {
        problems.push("username_key is not the key of its username".to_owned());
    }
    if !is_key_of(person.email_key.as_deref(), person.main_email.as_deref()) {
        problems.push("email_key is not the key of its main e-mail".to_owned());
    }
    let provider = person.subject_id.as_ref();
    let provider = provider.map(|_| person.provider_id.clone().unwrap_or_default());
    if provider != person.provider_key {
        problems.push("provider_key is not the key of its provider_id".to_owned());
    }
    let mut expected = BTreeSet::new();
    let documents = [
        (Document::Claims, Some(&person.claims)),
        (
            Document::CustomProperties,
            person.custom_properties.as_ref(),
        ),
    ];
    for (document, text) in documents {
        let Some(text) = text else { continue };
        match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(object) => {
                let keys = values::of(document, &object).into_iter();
                expected.extend(keys.map(|key| (document.name().to_owned(), key)));
            }
            Err(error) => {
                let place = place(&error);
                problems.push(format!("{} does not parse ({place})", document.name()));
            }
        }
    }
    let is_in_place =
        |value: &KeptValue| value.uuid == person.uuid && value.created_at == person.created_at;
    if !kept.iter().all(is_in_place) {
        problems.push("values by which it is searched stand elsewhere in the order".to_owned());
    }
    let kept: BTreeSet<_> = kept
        .into_iter()
        .map(|value| (value.document, value.key_sha256))
        .collect();
    if kept != expected {
        problems
            .push("the values by which it is searched are not those of its documents".to_owned());
    }
    problems
}

fn is_key_of(key: Option<&str>, text: Option<&str>) -> bool {
    text.map(username::key).as_deref() == key
}
