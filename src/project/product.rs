//! What a project offers: categories, and products of every kind.

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::calendar::deserialize_optional_date;
use super::items::Level;
use crate::money::{Money, Percent};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Category {
    pub id: i64,
    pub name: String,
    /// How many of its products one user may order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub quota_ordered: Option<u32>,
    /// Whether a user has one of its products only: choosing another replaces the one that is there.
    #[serde(default)]
    pub interchange: bool,
    /// Whether a user has to choose one of its products, and keeps at least one.
    #[serde(default)]
    pub mandatory: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub top_remark: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bottom_remark: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub id: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<i64>,
    pub name: String,
    #[serde(default)]
    pub base_product_type: ProductType,
    /// Of a discount: what it takes off, where it has no `percent`. Of a subscription: of each time.
    #[serde(default)]
    pub price: Money,
    #[serde(default)]
    pub level: Level,
    #[serde(default)]
    pub only_one: bool,
    /// How many there are, for all users together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<u32>,
    /// Whether those who come when the quota is used up wait for a seat.
    #[serde(default, skip_serializing_if = "is_default")]
    pub waitlist: bool,
    #[serde(default = "yes")]
    pub visible: bool,
    /// The days on which it can be had, in the project's time zone: the first and the last one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "deserialize_optional_date"
    )]
    pub start_date: Option<NaiveDate>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "deserialize_optional_date"
    )]
    pub end_date: Option<NaiveDate>,
    /// The days on which it takes place. A session has both.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "deserialize_optional_date"
    )]
    pub activity_start_date: Option<NaiveDate>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "deserialize_optional_date"
    )]
    pub activity_end_date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub short_remarks: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub location: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub internalid: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub misc1: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub misc2: String,
    /// A line with a lock cannot be removed any more: from when it was added, from when some of what the user has paid
    /// falls on it, or from when it is paid for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lock_once_added: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub lock_once_funds_allocated: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub lock_once_paid: bool,
    /// Of a discount: how much of a hundred it takes off, instead of a `price`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Percent>,
    /// Of a discount: the products that become cheaper; none: the whole cart does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounted: Vec<i64>,
    /// Of a session: its session holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<i64>,
    /// Of a subscription: monthly without an end where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurring: Option<Recurring>,
}

impl Product {
    /// Whether a cart takes one of it at most: of a discount always.
    pub fn is_only_one(&self) -> bool {
        self.only_one || self.base_product_type == ProductType::Discount
    }
}

/// When a subscription falls due again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Recurring {
    pub interval: Interval,
    /// Every how many of them.
    #[schemars(range(min = 1, max = 999))]
    pub every: u32,
    /// How many times; without it there is no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 9999))]
    pub count: Option<u32>,
}

impl Default for Recurring {
    fn default() -> Self {
        Recurring {
            interval: Interval::Month,
            every: 1,
            count: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    Day,
    Week,
    Month,
    Year,
}

/// The kind of a product, by its documented number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub enum ProductType {
    Event,
    /// Takes something off what else is in the cart.
    Discount,
    /// Holds sessions, and is not added itself.
    SessionHolder,
    Session,
    Subscription,
    #[default]
    Merchandise,
}

impl ProductType {
    const ALL: [ProductType; 6] = [
        ProductType::Event,
        ProductType::Discount,
        ProductType::SessionHolder,
        ProductType::Session,
        ProductType::Subscription,
        ProductType::Merchandise,
    ];

    /// Of a day of a session, which is made from the session's dates and is no product of its own.
    pub const DAY: u64 = 5;

    pub fn number(self) -> u64 {
        match self {
            ProductType::Event => 1,
            ProductType::Discount => 2,
            ProductType::SessionHolder => 3,
            ProductType::Session => 4,
            ProductType::Subscription => 6,
            ProductType::Merchandise => 7,
        }
    }
}

impl TryFrom<u64> for ProductType {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, &'static str> {
        let mut all = ProductType::ALL.into_iter();
        all.find(|kind| kind.number() == number).ok_or(
            "must be 1 event, 2 discount, 3 session holder, 4 session, 6 subscription or 7 merchandise \
             (5, a day, is made from its session)",
        )
    }
}

impl From<ProductType> for u64 {
    fn from(kind: ProductType) -> u64 {
        kind.number()
    }
}

impl JsonSchema for ProductType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ProductType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "1 event, 2 discount, 3 session holder, 4 session, 6 subscription, 7 merchandise.",
            "enum": ProductType::ALL.map(ProductType::number)
        })
    }
}

fn yes() -> bool {
    true
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
