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
    let mut errors = Vec::new();
    find_control_characters(value, &mut String::new(), &mut errors);
    errors
}

fn find_control_characters(value: &Value, path: &mut String, errors: &mut Vec<FieldError>) {
    // What is wrong in every item of a large body would make an answer many times as large.
    if errors.len() >= MAX_ERRORS {
        return;
    }
    let length = path.len();
    match value {
        Value::String(text) => check_text(text, path, errors),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                find_control_characters(item, path, errors);
                path.truncate(length);
            }
        }
        Value::Object(object) => {
            for (key, item) in object {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                check_text(key, path, errors);
                find_control_characters(item, path, errors);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

fn check_text(text: &str, path: &str, errors: &mut Vec<FieldError>) {
    if text
        .chars()
        .any(|letter| letter.is_control() && !"\t\n\r".contains(letter))
    {
        let rule = "must not hold control characters other than tab and line breaks";
        errors.push(FieldError::new(path, "control_character", rule));
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
        assert_eq!(paths, ["doc.list[1]", "doc.k\\u{7}", "doc.k\\u{7}"]);
    }
}
