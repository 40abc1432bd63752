//! Whether conditions hold: pure, so that what a trigger does can be told without doing it.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};

use super::memory::Entry;
use super::state::State;
use crate::project::file::{Field, FieldType};
use crate::project::snapshot::Project;
use crate::project::trigger::{AndOr, Condition, Trigger};
use crate::users::answers::{self, strip_html};

/// A condition, and what it saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub holds: bool,
    /// The value that was looked at.
    pub seen: Value,
}

/// Whether a trigger's conditions hold together, and each for itself. `entry`: what is remembered of the trigger.
pub fn trigger(
    project: &Project,
    trigger: &Trigger,
    state: &State,
    entry: &Entry,
) -> (bool, Vec<Verdict>) {
    let verdicts: Vec<_> = trigger
        .conditions
        .iter()
        .map(|one| condition(project, one, state, entry))
        .collect();
    let mut hold = verdicts.iter().map(|verdict| verdict.holds);
    let holds = match trigger.andor {
        AndOr::And => hold.all(|holds| holds),
        AndOr::Or => hold.any(|holds| holds),
    };
    (holds, verdicts)
}

fn condition(project: &Project, condition: &Condition, state: &State, entry: &Entry) -> Verdict {
    let answer = |field: &str| -> Value {
        let id = project
            .field(field)
            .map_or(field, |(_, field)| field.id.as_str());
        state.answers.get(id).cloned().unwrap_or_default()
    };
    let verdict = |holds, seen| Verdict { holds, seen };
    // What is true in one call only is not undone by the next one that looks.
    let is_registered = state.is_registered_now || entry.since_registration;
    match condition {
        Condition::Field {
            field,
            value,
            one_of,
            at_least,
            at_most,
        } => {
            let seen = answer(field);
            let found = project.field(field).map(|(_, field)| field);
            let mut named = value.iter().chain(one_of.iter().flatten());
            let holds = match (value, one_of) {
                (None, None) => within(found, &seen, at_least.as_deref(), at_most.as_deref()),
                _ => named.any(|named| is(found, &seen, named)),
            };
            verdict(holds, seen)
        }
        Condition::ProductAdded { product } => {
            let holds = state.products.contains(product);
            verdict(holds, json!(holds))
        }
        Condition::Status { status } => verdict(state.status == Some(*status), json!(state.status)),
        Condition::UserRegistered {} => {
            let holds = is_registered && !state.is_child;
            verdict(holds, json!(holds))
        }
        Condition::ChildCreated {} => {
            let holds = is_registered && state.is_child;
            verdict(holds, json!(holds))
        }
        // It is about parents: a child has none of its own.
        Condition::Children { at_least, at_most } => {
            let holds = !state.is_child && in_range(state.children, *at_least, *at_most);
            verdict(holds, json!(state.children))
        }
        Condition::FormCompleted { form } => {
            let holds = state.completed.contains(form);
            verdict(holds, json!(holds))
        }
        Condition::BalanceClosed {} => {
            let holds = state.ordered > 0 && state.paid >= state.ordered;
            verdict(
                holds,
                json!(crate::money::Money(state.ordered - state.paid)),
            )
        }
        Condition::Age {
            field,
            at_least,
            at_most,
            on_date,
        } => {
            let seen = answer(field);
            let age = seen.as_str().and_then(|born| age(born, *on_date));
            let holds = age.is_some_and(|age| in_range(age, *at_least, *at_most));
            verdict(holds, json!(age))
        }
    }
}

/// Whether an answer is what a condition names, in whatever form that was given: `1` is `yes`, and 1.50 is 1.5.
fn is(field: Option<&Field>, answer: &Value, named: &str) -> bool {
    let stored = stored(field, named);
    let is_number = field
        .is_some_and(|field| matches!(field.field_type, FieldType::Integer | FieldType::Decimal));
    let number = |text: &str| decimal(text).filter(|_| is_number);
    has(answer, named)
        || has(answer, &stored)
        || answer
            .as_str()
            .and_then(number)
            .is_some_and(|answer| number(&stored) == Some(answer))
}

/// What a condition names, as the answer is stored. What can be none stays as it stands: an older answer may be it.
fn stored<'a>(field: Option<&Field>, named: &'a str) -> Cow<'a, str> {
    match field.map(|field| answers::named(field, named)) {
        Some(Ok(stored)) => Cow::Owned(stored),
        _ => Cow::Borrowed(named),
    }
}

/// Whether an answer is a value, or a multiple choice has it: as stored, or without its HTML.
fn has(answer: &Value, wanted: &str) -> bool {
    match answer {
        Value::String(text) => text == wanted || strip_html(text) == wanted,
        Value::Array(items) => items.iter().any(|item| has(item, wanted)),
        _ => false,
    }
}

/// Whether an answer stands within bounds: as a number where all are numbers, else as text, which is right for dates.
fn within(
    field: Option<&Field>,
    answer: &Value,
    at_least: Option<&str>,
    at_most: Option<&str>,
) -> bool {
    let Value::String(answer) = answer else {
        return false;
    };
    let not_less = |a: &str, b: &str| match (decimal(a), decimal(b)) {
        (Some(a), Some(b)) => a >= b,
        _ => a >= b,
    };
    at_least.is_none_or(|bound| not_less(answer, &stored(field, bound)))
        && at_most.is_none_or(|bound| not_less(&stored(field, bound), answer))
}

/// A decimal of at most 15 digits before and 10 after the point (what fields take), in units of 10⁻¹⁰.
fn decimal(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let fits = |part: &str, most| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !fits(whole, 19) || !fits(fraction, 10) {
        return None;
    }
    let units: i128 = format!("{whole}{fraction:0<10}").parse().ok()?;
    Some(if negative { -units } else { units })
}

fn in_range(number: u32, at_least: Option<u32>, at_most: Option<u32>) -> bool {
    at_least.is_none_or(|least| number >= least) && at_most.is_none_or(|most| number <= most)
}

/// Whole years on a day; none before birth.
fn age(born: &str, on_date: NaiveDate) -> Option<u32> {
    let born = NaiveDate::parse_from_str(born, "%Y-%m-%d").ok()?;
    let birthday_is_ahead = (on_date.month(), on_date.day()) < (born.month(), born.day());
    u32::try_from(on_date.year() - born.year() - i32::from(birthday_is_ahead)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_compared_as_answers_are_stored() {
        let is = |kind: &str, answer: Value, named: &str| {
            let options = ["Piano", "<b>Drums</b>"];
            let field = json!({ "id": "f", "type": kind, "options": options });
            super::is(
                Some(&serde_json::from_value(field).unwrap()),
                &answer,
                named,
            )
        };
        for (kind, answer, named) in [
            ("yes_no", json!("yes"), "1"),
            ("yes_no", json!("yes"), "true"),
            ("yes_no", json!("no"), "No"),
            ("integer", json!("1"), "01"),
            ("integer", json!("5"), "+5"),
            ("decimal", json!("1.5"), "1.50"),
            ("decimal", json!("1.500"), "1.5"),
            ("single_choice", json!("<b>Drums</b>"), "Drums"),
            ("multiple_choice", json!(["Piano", "<b>Drums</b>"]), "Drums"),
            ("text", json!("01"), "01"),
            // It was an option once.
            ("single_choice", json!("Flute"), "Flute"),
        ] {
            assert!(is(kind, answer.clone(), named), "{kind} {answer} {named}");
        }
        assert!(!is("text", json!("1"), "01"));
        assert!(!is("decimal", json!("1.5"), "1.05"));
        assert!(!is("yes_no", json!("no"), "1"));
        assert!(!is("yes_no", Value::Null, "0"));
    }

    #[test]
    fn bounds_are_numbers_or_dates() {
        let within = |answer: &str, least: Option<&str>, most: Option<&str>| {
            super::within(None, &json!(answer), least, most)
        };
        assert!(within("10", Some("9"), None));
        assert!(!within("10", None, Some("9")));
        assert!(within("-2.5", Some("-2.50"), Some("-2.5")));
        assert!(within("2016-04-01", Some("2016-01-01"), Some("2016-12-31")));
        assert!(!within("2015-12-31", Some("2016-01-01"), None));
        assert!(!super::within(None, &Value::Null, None, Some("9")));
    }

    #[test]
    fn age_is_in_whole_years_on_the_day() {
        let on = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
        assert_eq!(age("2016-04-01", on("2026-03-31")), Some(9));
        assert_eq!(age("2016-04-01", on("2026-04-01")), Some(10));
        assert_eq!(age("2016-02-29", on("2027-02-28")), Some(10));
        assert_eq!(age("2030-01-01", on("2026-01-01")), None);
        assert_eq!(age("soon", on("2026-01-01")), None);
    }
}
