//! Amounts of money, and parts of a hundred: whole numbers, two decimals on the wire, never a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Minor units (cents), of the project's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub i64);

/// The largest amount that is accepted, so that sums of a whole organization stay far from an overflow.
pub const MAX: Money = Money(999_999_999_999);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount with at most two decimals, up to 9999999999.99, such as \"12.50\"")]
pub struct InvalidMoney;

impl FromStr for Money {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, InvalidMoney> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(decimals) || decimals.len() > 2 {
            return Err(InvalidMoney);
        }
        let whole: i64 = whole.parse().map_err(|_| InvalidMoney)?;
        let cents: i64 = format!("{decimals:0<2}")
            .parse()
            .map_err(|_| InvalidMoney)?;
        let units = whole
            .checked_mul(100)
            .and_then(|units| units.checked_add(cents))
            .filter(|units| *units <= MAX.0)
            .ok_or(InvalidMoney)?;
        Ok(Money(if negative { -units } else { units }))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        write!(formatter, "{sign}{}.{:02}", units / 100, units % 100)
    }
}

impl Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Takes a string or a number (`"12.50"`, `12.5`, `12`).
impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            Text(String),
            Number(serde_json::Number),
        }
        let text = match Wire::deserialize(deserializer) {
            Ok(Wire::Text(text)) => text,
            // `12.0` is how a whole float is written.
            Ok(Wire::Number(number)) => number.to_string(),
            Err(_) => return Err(serde::de::Error::custom(InvalidMoney)),
        };
        text.trim().parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "An amount with at most two decimals.",
            "anyOf": [
                { "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,2})?$" },
                { "type": "number", "multipleOf": 0.01 }
            ]
        })
    }
}

/// How much of a hundred, in hundredths: 1 to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number from 0.01 to 100 with at most two decimals, such as \"12.5\"")]
pub struct InvalidPercent;

impl Percent {
    const WHOLE: i64 = 10_000;

    /// This part of an amount, rounded to whole minor units; half of one is rounded up. `amount` is not negative.
    pub fn of(self, amount: i64) -> i64 {
        let whole = i128::from(Self::WHOLE);
        let part = (i128::from(amount) * i128::from(self.0) + whole / 2) / whole;
        i64::try_from(part).unwrap_or(amount)
    }
}

impl TryFrom<Money> for Percent {
    type Error = InvalidPercent;

    fn try_from(hundredths: Money) -> Result<Self, InvalidPercent> {
        if (1..=Self::WHOLE).contains(&hundredths.0) {
            Ok(Percent(hundredths.0))
        } else {
            Err(InvalidPercent)
        }
    }
}

impl Serialize for Percent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Money(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hundredths = Money::deserialize(deserializer);
        let read = hundredths
            .ok()
            .and_then(|hundredths| Percent::try_from(hundredths).ok());
        read.ok_or_else(|| serde::de::Error::custom(InvalidPercent))
    }
}

impl schemars::JsonSchema for Percent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A number from 0.01 to 100 with at most two decimals.",
            "anyOf": [
                { "type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?$" },
                { "type": "number", "minimum": 0.01, "maximum": 100, "multipleOf": 0.01 }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(units in -MAX.0..=MAX.0) {
            prop_assert_eq!(Money(units).to_string().parse(), Ok(Money(units)));
        }

        #[test]
        fn no_text_panics_and_what_is_read_is_the_decimal(text in "\\PC{0,24}") {
            if let Ok(money) = text.parse::<Money>() {
                let number: f64 = text.parse().unwrap();
                prop_assert!((number * 100.0 - money.0 as f64).abs() < 0.5);
            }
        }

        #[test]
        fn numbers_and_strings_are_alike(units in -1_000_000_i64..1_000_000) {
            let text = Money(units).to_string();
            let number: Money = serde_json::from_str(&text).unwrap();
            let string: Money = serde_json::from_value(text.into()).unwrap();
            prop_assert_eq!(number, string);
        }
    }

    #[test]
    fn refuses_what_is_not_an_amount() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1.234",
            "1,5",
            "1e3",
            "+1",
            "--1",
            "10000000000.00",
            " 1",
            "٣",
        ] {
            assert_eq!(text.parse::<Money>(), Err(InvalidMoney), "{text:?}");
        }
    }

    #[test]
    fn a_part_is_rounded_half_up() {
        let ten = Percent::try_from(Money(1_000)).unwrap();
        assert_eq!(
            [0, 4, 5, 14, 15, 100].map(|amount| ten.of(amount)),
            [0, 0, 1, 1, 2, 10]
        );
        let all = Percent::try_from(Money(10_000)).unwrap();
        assert_eq!(all.of(MAX.0), MAX.0);
        assert_eq!(Percent::try_from(Money(0)), Err(InvalidPercent));
        assert_eq!(Percent::try_from(Money(10_001)), Err(InvalidPercent));
    }
}
