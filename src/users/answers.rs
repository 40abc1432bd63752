//! Answers to fields: what each type accepts, and how it is stored. An answer is a string; that of a multiple choice an
//! array of strings.

use serde_json::Value;

use super::email;
use crate::lenient;
use crate::project::calendar;
use crate::project::file::{Field, FieldType};

/// In bytes, of one answer.
pub const MAX_BYTES: usize = 64 * 1024;

/// Why a value is not an answer to a field: a stable word, and what is allowed.
pub type Refusal = (&'static str, String);

/// Reads the answer to a field. `None` clears it: `null`, `""` and `[]` do.
///
/// # Errors
///
/// When the field's type does not accept the value.
pub fn read(field: &Field, value: &Value) -> Result<Option<Value>, Refusal> {
    let blank = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    if blank {
        return Ok(None);
    }
    let answer = match field.field_type {
        FieldType::MultipleChoice => choices(field, value)?,
        FieldType::YesNo => Value::from(yes_no(value)?),
        _ => Value::from(single(field, value)?),
    };
    Ok(Some(answer))
}

/// The answer that a condition names by a text, as it is stored; of a multiple choice, one of its options.
///
/// # Errors
///
/// When it can be no answer to the field: blank ones cannot.
pub fn named(field: &Field, text: &str) -> Result<String, Refusal> {
    let value = match field.field_type {
        FieldType::MultipleChoice => Value::from(vec![text]),
        _ => Value::from(text),
    };
    let answer = match read(field, &value)? {
        Some(Value::Array(chosen)) => chosen.into_iter().next(),
        answer => answer,
    };
    match answer {
        Some(Value::String(answer)) => Ok(answer),
        _ => Err(("invalid", "must not be blank".to_owned())),
    }
}

fn single(field: &Field, value: &Value) -> Result<String, Refusal> {
    let invalid = |rule: &str| ("invalid", rule.to_owned());
    let text = lenient::text(value).map_err(invalid)?;
    if text.len() > MAX_BYTES {
        return Err(("too_long", format!("must have at most {MAX_BYTES} bytes")));
    }
    match field.field_type {
        FieldType::Integer => text
            .parse::<i64>()
            .map(|number| number.to_string())
            .map_err(|_| invalid("must be a whole number")),
        FieldType::Decimal if is_decimal(&text) => Ok(text),
        FieldType::Decimal => Err(invalid(
            "must be a decimal number of at most 15 digits before and 10 after the point, such as \"12.5\"",
        )),
        FieldType::Date if is_date(&text) => Ok(text),
        FieldType::Date => Err(invalid("must be a date as YYYY-MM-DD")),
        FieldType::Email if email::is_valid(&text) => Ok(text),
        FieldType::Email => Err(invalid(email::rule(&text))),
        FieldType::Phone if is_phone(&text) => Ok(text),
        FieldType::Phone => Err(invalid(
            "must be a telephone number: 3 to 40 digits, spaces and + - ( ) . / # *",
        )),
        FieldType::SingleChoice => option(field, &text),
        FieldType::Text | FieldType::Textarea | FieldType::YesNo | FieldType::MultipleChoice => {
            Ok(text)
        }
    }
}

fn choices(field: &Field, value: &Value) -> Result<Value, Refusal> {
    let not_a_list = || ("invalid", "must be an array of strings".to_owned());
    let mut chosen: Vec<String> = Vec::new();
    for item in value.as_array().ok_or_else(not_a_list)? {
        let text = item.as_str().ok_or_else(not_a_list)?;
        let option = option(field, text)?;
        if !chosen.contains(&option) {
            chosen.push(option);
        }
    }
    Ok(Value::from(chosen))
}

/// The option as it is stored: matched exactly, else after stripping HTML from the stored one.
fn option(field: &Field, text: &str) -> Result<String, Refusal> {
    let exact = field.options.iter().find(|option| *option == text);
    exact
        .or_else(|| {
            field
                .options
                .iter()
                .find(|option| strip_html(option) == text)
        })
        .cloned()
        .ok_or_else(|| {
            (
                "unknown_option",
                format!("must be one of {}", list(&field.options)),
            )
        })
}

/// At most a dozen options, so that an error stays readable.
fn list(options: &[String]) -> String {
    let shown: Vec<_> = options
        .iter()
        .take(12)
        .map(|option| format!("{option:?}"))
        .collect();
    let more = if options.len() > shown.len() {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", shown.join(", "))
}

/// The text of a piece of HTML: without tags, entities decoded, trimmed.
pub fn strip_html(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        match rest[start..].find('>') {
            Some(end) => rest = &rest[start + end + 1..],
            None => {
                text.push_str(&rest[start..]);
                rest = "";
            }
        }
    }
    text.push_str(rest);
    html_escape::decode_html_entities(&text).trim().to_owned()
}

fn yes_no(value: &Value) -> Result<&'static str, Refusal> {
    let word = value.as_str().map(str::to_ascii_lowercase);
    match word.as_deref() {
        Some("yes") => Ok("yes"),
        Some("no") => Ok("no"),
        _ => match lenient::boolean(value) {
            Ok(true) => Ok("yes"),
            Ok(false) => Ok("no"),
            Err(_) => Err(("invalid", "must be yes or no, or a boolean".to_owned())),
        },
    }
}

fn is_date(text: &str) -> bool {
    calendar::read_date(text, "YYYY-MM-DD").is_ok()
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let fits = |part: &str, most| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    fits(whole, 15) && fits(fraction, 10)
}

fn is_phone(text: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_digit() || " +-()./#*".contains(letter);
    text.len() <= 40
        && text.chars().all(allowed)
        && text.chars().filter(char::is_ascii_digit).count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(field_type: &str, options: &[&str]) -> Field {
        serde_json::from_value(json!({ "id": "f", "type": field_type, "options": options }))
            .unwrap()
    }

    fn answer(field_type: &str, value: Value) -> Result<Option<Value>, &'static str> {
        let field = field(
            field_type,
            &["Piano", "<b>Drums</b> &amp; bass", "Drums & bass!"],
        );
        read(&field, &value).map_err(|(code, _)| code)
    }

    #[test]
    fn every_type_has_its_rule() {
        for (field_type, given, stored) in [
            ("text", json!("Newport"), json!("Newport")),
            ("text", json!(12.5), json!("12.5")),
            ("textarea", json!("a\nb"), json!("a\nb")),
            ("integer", json!("007"), json!("7")),
            ("integer", json!(-3), json!("-3")),
            ("decimal", json!(2.50), json!("2.5")),
            ("decimal", json!("2.50"), json!("2.50")),
            ("date", json!("2016-02-29"), json!("2016-02-29")),
            (
                "email",
                json!("ray@riverside.example"),
                json!("ray@riverside.example"),
            ),
            (
                "phone",
                json!("+49 (0)30 / 123-45"),
                json!("+49 (0)30 / 123-45"),
            ),
            ("yes_no", json!(true), json!("yes")),
            ("yes_no", json!("0"), json!("no")),
            ("yes_no", json!("Yes"), json!("yes")),
            ("single_choice", json!("Piano"), json!("Piano")),
            (
                "single_choice",
                json!("Drums & bass"),
                json!("<b>Drums</b> &amp; bass"),
            ),
            (
                "multiple_choice",
                json!(["Drums & bass", "Piano", "Piano"]),
                json!(["<b>Drums</b> &amp; bass", "Piano"]),
            ),
        ] {
            assert_eq!(
                answer(field_type, given.clone()),
                Ok(Some(stored)),
                "{field_type} {given}"
            );
        }
    }

    #[test]
    fn every_type_refuses_what_it_is_not() {
        for (field_type, given, code) in [
            ("text", json!(true), "invalid"),
            ("text", json!({}), "invalid"),
            ("text", json!("x".repeat(MAX_BYTES + 1)), "too_long"),
            ("integer", json!("1.5"), "invalid"),
            ("integer", json!("99999999999999999999"), "invalid"),
            ("decimal", json!("1e3"), "invalid"),
            ("decimal", json!("1,5"), "invalid"),
            ("decimal", json!("."), "invalid"),
            ("date", json!("2015-02-29"), "invalid"),
            ("date", json!("2016-4-1"), "invalid"),
            ("date", json!("2016- 4-01"), "invalid"),
            ("date", json!("+2016-4-01"), "invalid"),
            ("date", json!(" 2016-4-01"), "invalid"),
            ("date", json!("2016-04-1 "), "invalid"),
            ("date", json!("04/01/2016"), "invalid"),
            ("email", json!("ray@"), "invalid"),
            ("phone", json!("call me"), "invalid"),
            ("yes_no", json!("maybe"), "invalid"),
            ("single_choice", json!("piano"), "unknown_option"),
            ("single_choice", json!(["Piano"]), "invalid"),
            ("multiple_choice", json!("Piano"), "invalid"),
            ("multiple_choice", json!([1]), "invalid"),
            (
                "multiple_choice",
                json!(["Piano", "Flute"]),
                "unknown_option",
            ),
        ] {
            assert_eq!(
                answer(field_type, given.clone()),
                Err(code),
                "{field_type} {given}"
            );
        }
    }

    #[test]
    fn blank_values_clear_an_answer_of_every_type() {
        for field_type in ["text", "date", "yes_no", "multiple_choice"] {
            for blank in [json!(null), json!(""), json!([])] {
                assert_eq!(answer(field_type, blank), Ok(None), "{field_type}");
            }
        }
    }
}
