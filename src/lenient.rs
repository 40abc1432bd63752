//! Scalars as PHP clients send them: `action-api.md`, Envelope. Each function says what is allowed when it refuses.

use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime};
use serde_json::{Number, Value};

use crate::clock::Timestamp;
use crate::project::calendar;

/// In characters, of every name: of people, and of what projects have.
pub const MAX_NAME_LENGTH: usize = 200;

/// Said of a value that is not an id.
pub const ID_RULE: &str = "must be a positive whole number, as a number or as decimal digits";

/// An id, or none: absent, `null`, `false`, `0`, `""` and `"0"` are none.
///
/// # Errors
///
/// For everything that is neither, ids that do not fit 63 bits included.
pub fn id(value: Option<&Value>) -> Result<Option<i64>, &'static str> {
    let id = match value {
        None | Some(Value::Null | Value::Bool(false)) => return Ok(None),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().ok()
        }
        Some(_) => None,
    };
    match id {
        Some(0) => Ok(None),
        Some(id) if id > 0 => Ok(Some(id)),
        _ => Err(ID_RULE),
    }
}

/// Whether a value is one of the spellings of none: `null`, `false`, `0`, `""` and `"0"`.
pub fn is_none(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty() || text == "0",
        _ => false,
    }
}

/// `true`/`false`, `1`/`0`, `"1"`/`"0"`, `"true"`/`"false"`.
///
/// # Errors
///
/// For everything else.
pub fn boolean(value: &Value) -> Result<bool, &'static str> {
    match value {
        Value::Bool(boolean) => Ok(*boolean),
        Value::Number(number) if number.as_i64() == Some(1) => Ok(true),
        Value::Number(number) if number.as_i64() == Some(0) => Ok(false),
        Value::String(text) if text == "1" || text == "true" => Ok(true),
        Value::String(text) if text == "0" || text == "false" => Ok(false),
        _ => {
            Err("must be true or false (1, 0, \"1\", \"0\", \"true\" and \"false\" are taken too)")
        }
    }
}

/// A flag, or none: absent and `null` are none, which means its default.
///
/// # Errors
///
/// As [`boolean`].
pub fn flag(value: Option<&Value>) -> Result<Option<bool>, &'static str> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => boolean(value).map(Some),
    }
}

/// A moment as in RFC 3339, or a date, which means its first moment in UTC; absent, `null` and `""` are none.
///
/// # Errors
///
/// For everything else.
pub fn moment(value: Option<&Value>) -> Result<Option<Timestamp>, &'static str> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => text.as_str(),
        Some(_) => "",
    };
    let day = calendar::read_date(text, "YYYY-MM-DD")
        .ok()
        .map(|day| day.and_time(NaiveTime::MIN));
    let moment = || {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|moment| moment.naive_utc())
    };
    let at = day.or_else(moment).and_then(|at| {
        let millis = at.and_utc().timestamp_millis();
        DateTime::from_timestamp_millis(millis).map(|at| at.naive_utc())
    });
    // Four digits of the year: what both databases order rightly.
    let in_range = |at: &NaiveDateTime| (1..=9999).contains(&at.year());
    at.filter(in_range)
        .map(|at| Some(at.into()))
        .ok_or("must be a moment as in RFC 3339 (2027-01-05T09:00:00Z) or a date as YYYY-MM-DD")
}

/// From here on not every whole number has a float of its own: two different ones would become the same text.
const FIRST_INEXACT: f64 = 9_007_199_254_740_992.0;

/// A string or a number, as text; a number without an exponent.
///
/// # Errors
///
/// For everything else, and for numbers that are too large to be kept as they were sent.
pub fn text(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => number_as_text(number),
        _ => Err("must be a string or a number"),
    }
}

fn number_as_text(number: &Number) -> Result<String, &'static str> {
    match number.as_f64().filter(|_| number.is_f64()) {
        None => Ok(number.to_string()),
        Some(float) if float.abs() >= FIRST_INEXACT => {
            Err("is too large a number to be kept exactly: send it as a string")
        }
        Some(float) if float.fract() == 0.0 => Ok(format!("{float:.1}")),
        Some(float) => Ok(float.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn scalar() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,20}".prop_map(Value::from),
            "-?[0-9]{1,25}".prop_map(Value::from),
        ]
    }

    proptest! {
        #[test]
        fn an_id_is_the_same_as_a_number_and_as_digits(id_given in 1..=i64::MAX) {
            prop_assert_eq!(id(Some(&json!(id_given))), Ok(Some(id_given)));
            prop_assert_eq!(id(Some(&json!(id_given.to_string()))), Ok(Some(id_given)));
        }

        #[test]
        fn whatever_is_taken_as_an_id_is_positive_and_is_what_was_written(value in scalar()) {
            if let Ok(Some(taken)) = id(Some(&value)) {
                prop_assert!(taken > 0);
                let written = text(&value).unwrap();
                prop_assert_eq!(written.trim_start_matches('0'), taken.to_string());
            }
        }

        #[test]
        fn no_scalar_is_both_true_and_false(value in scalar()) {
            if let Ok(taken) = boolean(&value) {
                let word = value.to_string().trim_matches('"').to_owned();
                prop_assert_eq!(taken, ["1", "true"].contains(&word.as_str()));
            }
        }
    }

    #[test]
    fn a_number_as_text_is_the_one_that_was_sent() {
        let read = |sent: &str| text(&serde_json::from_str(sent).unwrap());
        for (sent, expected) in [
            ("0", "0"),
            ("-12", "-12"),
            ("12.5", "12.5"),
            ("2.50", "2.5"),
            ("1.0", "1.0"),
            ("0.0000001", "0.0000001"),
            ("1e-7", "0.0000001"),
            ("1e3", "1000.0"),
            ("9223372036854775807", "9223372036854775807"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
        ] {
            assert_eq!(read(sent).as_deref(), Ok(expected), "{sent}");
        }
        for sent in [
            "123456789012345678901",
            "18446744073709551616",
            "-9223372036854775809",
            "9007199254740992.0",
            "-1e20",
        ] {
            assert!(
                read(sent).is_err_and(|rule| rule.contains("as a string")),
                "{sent}"
            );
        }
    }

    #[test]
    fn a_moment_is_written_out() {
        let moment = |text: &str| moment(Some(&json!(text)));
        assert!(moment("2027-01-05").is_ok_and(|moment| moment.is_some()));
        assert_eq!(moment("2027-01-05"), moment("2027-01-05T01:00:00+01:00"));
        for text in [
            "2027-1-5",
            "2027- 1-05",
            "+2027-1-05",
            " 2027-1-05",
            "2027-01-5 ",
            "2027-02-30",
            " 2027-01-05T09:00:00Z",
            "+2027-01-05T09:00:00Z",
            "2027- 1-05T09:00:00Z",
            "2027-01-05T 9:00:00Z",
            "2027-01-05T09:00:00",
            "2027-01-05T09:00Z",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn none_has_six_spellings() {
        assert_eq!(id(None), Ok(None));
        for none in [json!(null), json!(false), json!(0), json!(""), json!("0")] {
            assert_eq!(id(Some(&none)), Ok(None), "{none}");
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for value in [
            json!(true),
            json!(-1),
            json!("-1"),
            json!(1.0),
            json!(1.5),
            json!("1.0"),
            json!("abc"),
            json!(" 1"),
            json!("١"),
            json!("9223372036854775808"),
            json!(9_223_372_036_854_775_808_u64),
            json!([]),
            json!({}),
            json!([1]),
        ] {
            assert_eq!(id(Some(&value)), Err(ID_RULE), "{value}");
        }
    }
}
