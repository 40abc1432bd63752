//! JSON as the service takes it: UTF-8, no object with the same key twice, at most [`MAX_DEPTH`] levels, and no control
//! characters in strings and keys.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::{FieldError, MAX_ERRORS};

/// Levels of objects and arrays, the outermost counted.
pub const MAX_DEPTH: usize = 32;

/// Parses a whole document.
///
/// # Errors
///
/// A sentence that says what is wrong and where (line and column); it holds no value of the document.
pub fn parse(bytes: &[u8]) -> Result<Value, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict {
        depth_left: MAX_DEPTH,
    }
    .deserialize(&mut deserializer)
    .map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(value)
}

/// Where a string or a key holds a control character other than tab, line feed and carriage return.
pub fn control_characters(value: &Value) -> Vec<FieldError> {
    let rule = "must not hold control characters other than tab and line breaks";
    find(value, |_, key, value| {
        let texts = key.into_iter().chain(value.as_str());
        let has_any = texts.flat_map(str::chars).any(is_control_character);
        has_any.then_some(("control_character", rule))
    })
}

fn is_control_character(letter: char) -> bool {
    letter.is_control() && !"\t\n\r".contains(letter)
}

/// Where, on paths that begin so, a whole number stands that needs more than 64 bits: what has been read of it is rounded.
/// `text`: what `value` was read from.
pub fn rounded_numbers(text: &[u8], value: &Value, beginning: &str) -> Vec<FieldError> {
    let rule = "must be a whole number of at most 64 bits, or a string";
    // Both are in the order of the document.
    let mut written = numbers(text).into_iter();
    find(value, |path, _, value| {
        let is_whole = value.is_number() && written.next().is_some_and(is_whole);
        // There is a zero below zero.
        let is_rounded = is_whole && value.is_f64() && value.as_f64() != Some(0.0);
        let is_wrong = is_rounded && path.starts_with(beginning);
        is_wrong.then_some(("out_of_range", rule))
    })
}

fn is_whole(number: &[u8]) -> bool {
    number
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'-')
}

/// The numbers in a document that has been parsed, as they are written there.
fn numbers(text: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.first() {
        let length = match first {
            b'"' => string_length(rest),
            b'-' | b'0'..=b'9' => {
                let is_in_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                let length = rest.iter().take_while(|byte| is_in_number(byte)).count();
                found.push(&rest[..length]);
                length
            }
            _ => 1,
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    found
}

/// How long the string is that a text begins with, with both its quotes.
fn string_length(text: &[u8]) -> usize {
    let mut length = 1;
    loop {
        match text.get(length) {
            Some(b'"') => return length + 1,
            Some(b'\\') => length += 2,
            Some(_) => length += 1,
            None => return length,
        }
    }
}

/// What is wrong, by its path, in any value of a document: `check` is asked of each, with its path and its key in an object,
/// in their order.
fn find(
    value: &Value,
    mut check: impl FnMut(&str, Option<&str>, &Value) -> Option<(&'static str, &'static str)>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    visit(value, None, &mut String::new(), &mut |path, key, value| {
        if let Some((code, rule)) = check(path, key, value) {
            errors.push(FieldError::new(path, code, rule));
        }
        // What is wrong in every item of a large body would make an answer many times as large.
        errors.len() < MAX_ERRORS
    });
    errors
}

/// Returns whether to go on.
fn visit(
    value: &Value,
    key: Option<&str>,
    path: &mut String,
    see: &mut impl FnMut(&str, Option<&str>, &Value) -> bool,
) -> bool {
    let length = path.len();
    see(path, key, value)
        && match value {
            Value::Array(items) => items.iter().enumerate().all(|(index, item)| {
                path.push_str(&format!("[{index}]"));
                let goes_on = visit(item, None, path, see);
                path.truncate(length);
                goes_on
            }),
            Value::Object(object) => object.iter().all(|(key, item)| {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                let goes_on = visit(item, Some(key), path, see);
                path.truncate(length);
                goes_on
            }),
            _ => true,
        }
}

#[derive(Clone, Copy)]
struct Strict {
    depth_left: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Strict, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Strict { depth_left }),
            None => Err(E::custom(format_args!(
                "nested deeper than {MAX_DEPTH} levels"
            ))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(deeper)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom("the same key twice in one object"));
            }
            let value = entries.next_value_seed(deeper)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_never_panic_and_what_is_taken_is_what_serde_takes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(value) = parse(&bytes) {
                rounded_numbers(&bytes, &value, "");
                prop_assert_eq!(value, serde_json::from_slice::<Value>(&bytes).unwrap());
            }
        }
    }

    #[test]
    fn depth_is_counted() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(32).as_bytes()).is_ok());
        assert!(parse(nested(33).as_bytes()).is_err());
        assert!(parse("[".repeat(1_000_000).as_bytes()).is_err());
    }

    #[test]
    fn refuses_what_is_ambiguous() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"\u0062":2}}"#,
            r#""\ud800""#,
            r#"{"a":1} x"#,
            "",
            "nul",
            "[1,]",
            "1e999",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn control_characters_are_found_by_path() {
        let value = parse(br#"{"doc":{"list":["a\tb","x\u0000"],"k\u0007":"\u0085"}}"#).unwrap();
        let paths: Vec<_> = control_characters(&value)
            .into_iter()
            .map(|error| error.path)
            .collect();
        assert_eq!(paths, ["doc.list[1]", "doc.k\\u{7}"]);
    }

    #[test]
    fn whole_numbers_that_are_rounded_are_found_by_path() {
        let text = br#"{"a\"1":[7,-0,"18446744073709551616\\",18446744073709551615,1e30],"-1":{"b":-9223372036854775809},
            "c":18446744073709551616.0,"d":[{},[100000000000000000000]]}"#;
        let value = parse(text).unwrap();
        let paths: Vec<_> = rounded_numbers(text, &value, "")
            .into_iter()
            .map(|error| error.path)
            .collect();
        assert_eq!(paths, ["-1.b", "d[1][0]"]);
        assert_eq!(rounded_numbers(text, &value, "d").len(), 1);
        let many = format!(
            "[{}]",
            vec!["99999999999999999999"; MAX_ERRORS + 1].join(",")
        );
        let value = parse(many.as_bytes()).unwrap();
        assert_eq!(
            rounded_numbers(many.as_bytes(), &value, "").len(),
            MAX_ERRORS
        );
    }
}
