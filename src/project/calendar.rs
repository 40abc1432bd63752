//! Days, as a project counts them: in its own time zone.

use std::str::FromStr;

use chrono::{Days, Duration, Months, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::file::{Interval, Recurring, Settings};
use crate::clock::Timestamp;

/// A day of a session: from midnight to midnight, in the project's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub date: NaiveDate,
    /// UTC.
    pub starts_at: Timestamp,
    /// UTC; the moment with which the next day begins.
    pub ends_at: Timestamp,
}

/// Which day it is in the project.
pub fn today(settings: &Settings, now: Timestamp) -> NaiveDate {
    zone(settings).from_utc_datetime(&now).date_naive()
}

/// The days of a session, the first and the last one included.
pub fn days(settings: &Settings, first: NaiveDate, last: NaiveDate) -> Vec<Day> {
    let zone = zone(settings);
    first
        .iter_days()
        .take_while(|date| *date <= last)
        .filter_map(|date| {
            let starts_at = beginning(zone, date)?;
            let ends_at = beginning(zone, date.succ_opt()?)?;
            // A zone that moves across the date line leaves a whole day out.
            (starts_at < ends_at).then_some(Day {
                date,
                starts_at,
                ends_at,
            })
        })
        .collect()
}

/// When a day begins: at midnight, or, where clocks are put forward then, at the first moment after it.
fn beginning(zone: Tz, date: NaiveDate) -> Option<Timestamp> {
    let midnight = date.and_time(NaiveTime::MIN);
    (0..=100)
        .map_while(|quarter| midnight.checked_add_signed(Duration::minutes(15 * quarter)))
        .find_map(|time| zone.from_local_datetime(&time).earliest())
        .map(|moment| moment.naive_utc().into())
}

/// When a subscription falls due for the last time. None: it has no end.
pub fn last_date(recurring: &Recurring, start: NaiveDate) -> Option<NaiveDate> {
    let times = recurring.count?.checked_sub(1)?;
    let steps = times.checked_mul(recurring.every)?;
    match recurring.interval {
        Interval::Day => start.checked_add_days(Days::new(steps.into())),
        Interval::Week => start.checked_add_days(Days::new(u64::from(steps) * 7)),
        Interval::Month => start.checked_add_months(Months::new(steps)),
        Interval::Year => start.checked_add_months(Months::new(steps.checked_mul(12)?)),
    }
}

/// Reads a date by its structure: `MM`, `DD` and `YYYY`, each once, in any order, with `-`, `/` or `.` between them.
///
/// # Errors
///
/// What is allowed, when the structure is none, or the text is not a date of it.
pub fn read_date(text: &str, structure: &str) -> Result<NaiveDate, InvalidDate> {
    let separator = ['-', '/', '.']
        .into_iter()
        .find(|separator| structure.contains(*separator))
        .ok_or(InvalidDate::Structure)?;
    let names: Vec<_> = structure.split(separator).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    if sorted != ["DD", "MM", "YYYY"] {
        return Err(InvalidDate::Structure);
    }
    let parts: Vec<_> = text.split(separator).collect();
    if parts.len() != names.len() {
        return Err(InvalidDate::Date);
    }
    let part = |name: &str| {
        let position = names.iter().position(|other| *other == name)?;
        let digits = parts.get(position)?;
        let is_whole =
            digits.len() == name.len() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_whole.then(|| u16::from_str(digits).ok()).flatten()
    };
    let date = || {
        let (year, month, day) = (part("YYYY")?, part("MM")?, part("DD")?);
        NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
    };
    date().filter(is_sensible).ok_or(InvalidDate::Date)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidDate {
    Structure,
    Date,
}

/// A date of the project file.
///
/// # Errors
///
/// What is allowed, when it is not written as `YYYY-MM-DD`.
pub fn deserialize_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    deserialize_optional_date(deserializer)?.ok_or_else(|| D::Error::custom(DATE_RULE))
}

/// As [`deserialize_date`], of one that may be absent.
///
/// # Errors
///
/// As [`deserialize_date`].
pub fn deserialize_optional_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<NaiveDate>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| read_date(&text, "YYYY-MM-DD").map_err(|_| D::Error::custom(DATE_RULE)))
        .transpose()
}

const DATE_RULE: &str = "must be a date as YYYY-MM-DD";

/// Whether a date is of a year with four digits.
fn is_sensible(date: &NaiveDate) -> bool {
    use chrono::Datelike;
    (1000..=9999).contains(&date.year())
}

/// The checks of the project file see to it that the zone is known.
fn zone(settings: &Settings) -> Tz {
    Tz::from_str(&settings.time_zone).unwrap_or(Tz::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::rfc3339;
    use proptest::prelude::*;

    fn settings(zone: &str) -> Settings {
        Settings {
            time_zone: zone.to_owned(),
            ..Settings::default()
        }
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn moment(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(text)
            .unwrap()
            .naive_utc()
            .into()
    }

    #[test]
    fn the_day_is_that_of_the_zone() {
        let late = moment("2027-01-05T23:30:00Z");
        assert_eq!(today(&settings("UTC"), late), date("2027-01-05"));
        assert_eq!(today(&settings("Europe/Berlin"), late), date("2027-01-06"));
        assert_eq!(
            today(
                &settings("America/New_York"),
                moment("2027-01-05T04:59:59Z")
            ),
            date("2027-01-04")
        );
    }

    fn shown(zone: &str, first: &str, last: &str) -> Vec<[String; 3]> {
        days(&settings(zone), date(first), date(last))
            .into_iter()
            .map(|day| {
                let ends = rfc3339(day.ends_at);
                [day.date.to_string(), rfc3339(day.starts_at), ends]
            })
            .collect()
    }

    #[test]
    fn a_day_is_as_long_as_it_is_there() {
        // Clocks are put forward on the 28th.
        assert_eq!(
            shown("Europe/Berlin", "2027-03-27", "2027-03-28"),
            [
                ["2027-03-27", "2027-03-26T23:00:00Z", "2027-03-27T23:00:00Z"],
                ["2027-03-28", "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"],
            ]
        );
        // There they are at midnight: the day begins at one o'clock.
        assert_eq!(
            shown("America/Santiago", "2027-09-05", "2027-09-05"),
            [["2027-09-05", "2027-09-05T04:00:00Z", "2027-09-06T03:00:00Z"]]
        );
        // Samoa had no 30th of December in 2011.
        assert_eq!(
            shown("Pacific/Apia", "2011-12-29", "2011-12-31").len(),
            2,
            "{:?}",
            shown("Pacific/Apia", "2011-12-29", "2011-12-31")
        );
    }

    #[test]
    fn a_subscription_ends_with_its_last_time() {
        let last = |interval, every, count| {
            let recurring = Recurring {
                interval,
                every,
                count,
            };
            last_date(&recurring, date("2027-01-31")).map(|date| date.to_string())
        };
        assert_eq!(
            last(Interval::Month, 1, Some(2)).as_deref(),
            Some("2027-02-28")
        );
        assert_eq!(
            last(Interval::Week, 2, Some(3)).as_deref(),
            Some("2027-02-28")
        );
        assert_eq!(
            last(Interval::Day, 1, Some(1)).as_deref(),
            Some("2027-01-31")
        );
        assert_eq!(
            last(Interval::Year, 1, Some(2)).as_deref(),
            Some("2028-01-31")
        );
        assert_eq!(last(Interval::Year, 1, None), None);
    }

    #[test]
    fn dates_are_read_by_their_structure() {
        for (text, structure) in [
            ("02-01-2027", "MM-DD-YYYY"),
            ("01/02/2027", "DD/MM/YYYY"),
            ("2027.02.01", "YYYY.MM.DD"),
        ] {
            assert_eq!(read_date(text, structure), Ok(date("2027-02-01")), "{text}");
        }
        for text in [
            "",
            "13-01-2027",
            "02-30-2027",
            "2-1-2027",
            "02-01-27",
            "02/01/2027",
            "02-01-0999",
            "+2-01-2027",
        ] {
            assert_eq!(
                read_date(text, "MM-DD-YYYY"),
                Err(InvalidDate::Date),
                "{text}"
            );
        }
        for structure in [
            "",
            "MMDDYYYY",
            "MM-DD-YY",
            "MM-DD/YYYY",
            "MM-MM-YYYY",
            "mm-dd-yyyy",
        ] {
            let read = read_date("02-01-2027", structure);
            assert_eq!(read, Err(InvalidDate::Structure), "{structure}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,12}", structure in "[MDY./-]{0,12}") {
            let _ = read_date(&text, &structure);
        }
    }
}
