//! Cursors: unpadded base64url of `createdAt=2027-01-05T09:00:00.000Z&id=…`; of events `timestamp=…`. A cursor is a
//! position in an order, whether something stands there or not. And the moments that a query names.

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SubsecRound, TimeDelta};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::clock::{Timestamp, rfc3339_millis};
use crate::db::rest_lists::Position;

/// What the moment is called. Either is taken everywhere.
pub(super) const CREATED_AT: &str = "createdAt";
pub(super) const TIMESTAMP: &str = "timestamp";

/// In characters: the longest id is one of a credential, of 255 characters, each escaped.
const MAX_LENGTH: usize = 8_192;

/// Everything in an id that is not unreserved in a URL: an id may be any text.
const IN_AN_ID: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) const RULE: &str = "must be a cursor: the nextCursor of an answer";

pub(super) fn write(moment_name: &str, at: Timestamp, id: &str) -> String {
    let (at, id) = (rfc3339_millis(at), utf8_percent_encode(id, IN_AN_ID));
    URL_SAFE_NO_PAD.encode(format!("{moment_name}={at}&id={id}"))
}

/// None: it is no cursor.
pub(super) fn read(text: &str) -> Option<Position> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .or_else(|_| URL_SAFE.decode(text))
        .ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (moment, id) = text.split_once('&')?;
    let (name, moment) = moment.split_once('=')?;
    let decode = |text: &str| {
        let text = percent_decode_str(text).decode_utf8().ok()?;
        // No text of PostgreSQL has one.
        (!text.contains('\0')).then(|| text.into_owned())
    };
    if ![CREATED_AT, TIMESTAMP].contains(&name) {
        return None;
    }
    let at = moment_of(&decode(moment)?)?.start;
    Some(Position {
        created_at: at,
        uuid: decode(id.strip_prefix("id=")?)?,
    })
}

/// The milliseconds that an ISO 8601 text means: one, or all of a day.
pub(super) struct Moments {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

/// A date, or a date and a time, with seconds or without; without an offset it is UTC. None: it is neither.
pub(super) fn moment_of(text: &str) -> Option<Moments> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        // Asked first: after the last day that chrono knows there is none.
        let start = in_range(date.and_hms_opt(0, 0, 0)?)?;
        let end = start + TimeDelta::days(1) - TimeDelta::milliseconds(1);
        return Some(Moments { start, end });
    }
    let at = in_range(time_of(&unspaced(text))?.trunc_subsecs(3))?;
    Some(Moments { start: at, end: at })
}

/// A space between date and time is the T between them; any other is a plus that was not escaped in a URL.
fn unspaced(text: &str) -> String {
    let between = "2027-01-05".len();
    text.char_indices()
        .map(|(index, letter)| match letter {
            ' ' if index == between => 'T',
            ' ' => '+',
            letter => letter,
        })
        .collect()
}

fn time_of(text: &str) -> Option<NaiveDateTime> {
    const WITHOUT_SECONDS: &str = "%Y-%m-%dT%H:%M";
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, &format!("{WITHOUT_SECONDS}%#z")))
        .map(|at| at.naive_utc())
        .or_else(|_| text.parse::<NaiveDateTime>())
        .or_else(|_| NaiveDateTime::parse_from_str(text, WITHOUT_SECONDS))
        .ok()
}

/// What both databases can compare.
fn in_range(at: NaiveDateTime) -> Option<Timestamp> {
    (1..=9_999).contains(&at.year()).then(|| at.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(moment: &str, id: &str) -> Option<Position> {
        Some(Position {
            created_at: at(moment),
            uuid: id.to_owned(),
        })
    }

    fn at(text: &str) -> Timestamp {
        moment_of(text).unwrap().start
    }

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        let at = at("2027-01-05T09:00:00.000Z");
        let id = "0190f3c2-7a34-7cc1-9d0e-5a7f0f8f3b11";
        let text = write(CREATED_AT, at, id);
        // As documented.
        assert_eq!(
            text,
            "Y3JlYXRlZEF0PTIwMjctMDEtMDVUMDk6MDA6MDAuMDAwWiZpZD0wMTkwZjNjMi03YTM0LTdjYzEtOWQwZS01YTdmMGY4ZjNiMTE"
        );
        assert_eq!(read(&text), position("2027-01-05T09:00:00.000Z", id));
    }

    #[test]
    fn any_id_comes_back_as_it_was() {
        let moment = "2027-01-05T09:00:00.000Z";
        let longest = "€".repeat(255);
        for id in ["z%21", "q%FF", "a\tb", "a&id=b", "a b+c", "ä", &longest] {
            let text = write(CREATED_AT, at(moment), id);
            assert_eq!(read(&text), position(moment, id));
        }
    }

    #[test]
    fn documented_cursors_are_read() {
        for (cursor, moment, id) in [
            (
                "Y3JlYXRlZEF0PTIwMjAtMDgtMjVUMDY6NDY6MDkuNTEwWiZpZD1h",
                "2020-08-25T06:46:09.510Z",
                "a",
            ),
            (
                "Y3JlYXRlZEF0PTIwMjMtMDctMzFUMDAlM0EyMSUzQTMwLjUyN1omaWQ9Yzk3NmQ0YmEtNjE2OC00MTkyLWE4YjAtNjE3NzNiZmNhM2M3",
                "2023-07-31T00:21:30.527Z",
                "c976d4ba-6168-4192-a8b0-61773bfca3c7",
            ),
        ] {
            assert_eq!(read(cursor), position(moment, id));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in [
            "",
            "a",
            "€",
            "createdAt=2027-01-05T09:00:00.000Z",
            "createdAt=x&id=a",
            "id=a",
            "createdAt=2027-01-05T09:00:00.000Z&id=\0",
            "other=2027-01-05T09:00:00.000Z&id=a",
            "createdAt=+262000-01-05T09:00:00.000Z&id=a",
            "createdAt=2027-01-05T09:00:00.000Z&uuid=a",
        ] {
            assert_eq!(read(text), None, "{text}");
            assert_eq!(read(&URL_SAFE_NO_PAD.encode(text)), None, "{text}");
        }
    }

    #[test]
    fn a_day_has_all_its_milliseconds() {
        let day = moment_of("2027-01-05").unwrap();
        assert_eq!(day.start, at("2027-01-05T00:00:00Z"));
        assert_eq!(day.end, at("2027-01-05T23:59:59.999Z"));
        assert_eq!(
            at("2027-01-05T09:00:00.5+01:00"),
            at("2027-01-05T08:00:00.500")
        );
        for text in [
            "2027-01-05 08:00:00+00:00",
            "2027-01-05T09:00:00 01:00",
            "2027-01-05T08:00",
            "2027-01-05 08:00",
            "2027-01-05T08:00Z",
            "2027-01-05T09:00+01:00",
        ] {
            assert_eq!(at(text), at("2027-01-05T08:00:00"), "{text}");
        }
        for text in ["yesterday", "2027-01-05T", "2027-01-05T08", " "] {
            assert!(moment_of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn moments_beyond_what_both_databases_compare_are_refused() {
        for text in [
            "+262142-12-31",
            "-262143-01-01",
            "+262142-12-31T23:59:59.999Z",
            "+262142-12-31T23:59:59.999",
            "+10000-01-01",
            "9999-12-31T23:59:59-00:01",
            "0000-12-31",
        ] {
            assert!(moment_of(text).is_none(), "{text}");
            let cursor = format!("createdAt={text}&id=a");
            assert_eq!(read(&URL_SAFE_NO_PAD.encode(cursor)), None, "{text}");
        }
        assert_eq!(
            moment_of("9999-12-31").unwrap().end,
            at("9999-12-31T23:59:59.999")
        );
    }
}
