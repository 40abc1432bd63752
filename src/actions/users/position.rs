//! Cursors: where a page ends, as text that a client hands back.

use chrono::{DateTime, SecondsFormat};
use data_encoding::BASE64URL_NOPAD;
use url::form_urlencoded;

use crate::db::rest_lists::Position;

/// In characters, of the id in a cursor.
const MAX_ID_LENGTH: usize = 255;

/// Unpadded base64url of `createdAt=<ISO, milliseconds, Z>&id=<id>`.
pub fn encode(position: &Position) -> String {
    let created_at = position.created_at.and_utc();
    let created_at = created_at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let text = format!("createdAt={created_at}&id={}", position.uuid);
    BASE64URL_NOPAD.encode(text.as_bytes())
}

/// A position, not a permission: any that is well-formed is one. None: it is not.
pub fn decode(cursor: &str) -> Option<Position> {
    let bytes = BASE64URL_NOPAD.decode(cursor.trim_end_matches('=').as_bytes());
    let bytes = bytes.ok()?;
    let (mut created_at, mut id) = (None, None);
    for (key, value) in form_urlencoded::parse(&bytes) {
        match &*key {
            "createdAt" => created_at = DateTime::parse_from_rfc3339(&value).ok(),
            "id" => id = Some(value.into_owned()),
            _ => {}
        }
    }
    let id_is_text = |id: &String| {
        (1..=MAX_ID_LENGTH).contains(&id.chars().count()) && !id.chars().any(char::is_control)
    };
    Some(Position {
        created_at: created_at?.naive_utc(),
        uuid: id.filter(id_is_text)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(millis: i64, id: &str) -> Position {
        Position {
            created_at: DateTime::from_timestamp_millis(millis).unwrap().naive_utc(),
            uuid: id.to_owned(),
        }
    }

    #[test]
    fn a_cursor_is_the_place_where_a_page_ends() {
        let place = position(1_799_139_600_007, "0190f3c2-7a34-7cc1-9d0e-5a7f0f8f3b11");
        let cursor = encode(&place);
        let text = b"createdAt=2027-01-05T09:00:00.007Z&id=0190f3c2-7a34-7cc1-9d0e-5a7f0f8f3b11";
        assert_eq!(BASE64URL_NOPAD.decode(cursor.as_bytes()).unwrap(), text);
        assert_eq!(decode(&cursor), Some(place));
    }

    #[test]
    fn whatever_is_well_formed_is_taken() {
        let escaped = BASE64URL_NOPAD.encode(b"createdAt=2027-01-05T09%3A00%3A00.000Z&id=a");
        assert_eq!(decode(&escaped), Some(position(1_799_139_600_000, "a")));
        let padded = "Y3JlYXRlZEF0PTIwMjctMDEtMDVUMDk6MDA6MDBaJmlkPWE=";
        assert_eq!(decode(padded), Some(position(1_799_139_600_000, "a")));
    }

    #[test]
    fn whatever_else_is_none() {
        let of = |text: &str| decode(&BASE64URL_NOPAD.encode(text.as_bytes()));
        assert_eq!(decode(""), None);
        assert_eq!(decode("äöü"), None);
        assert_eq!(decode("====a"), None);
        for text in [
            "",
            "createdAt=2027-01-05T09:00:00Z",
            "id=a",
            "createdAt=2027-01-05T09:00:00Z&id=",
            "createdAt=2027-01-05T09:00:00Z&id=%00",
            "createdAt=yesterday&id=a",
            "createdAt=2027-01-05&id=a",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
        let long = format!("createdAt=2027-01-05T09:00:00Z&id={}", "a".repeat(256));
        assert_eq!(of(&long), None);
    }
}
