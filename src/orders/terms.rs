//! What a line keeps of its product beside name and price, as it was when the line was added: so that a change of the
//! project changes nobody's order.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::db::carts::CartLine;
use crate::error::Error;
use crate::money::{Money, Percent};
use crate::project::file::{Product, ProductType, Recurring};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    Discount(Discount),
    Subscription(Subscription),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Discount {
    pub off: Off,
    /// The products that become cheaper; none: all do.
    pub products: Vec<i64>,
}

/// How much a discount takes off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    Percent(Percent),
    Amount(Money),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    pub start_date: NaiveDate,
    pub recurring: Recurring,
}

impl Terms {
    /// Those of a line that is added now. `start`: the day on which a subscription begins.
    pub fn of(product: &Product, start: NaiveDate) -> Option<Self> {
        match product.base_product_type {
            ProductType::Discount => Some(Terms::Discount(Discount {
                off: product
                    .percent
                    .map_or(Off::Amount(product.price), Off::Percent),
                products: product.discounted.clone(),
            })),
            ProductType::Subscription => Some(Terms::Subscription(Subscription {
                start_date: start,
                recurring: product.recurring.unwrap_or_default(),
            })),
            _ => None,
        }
    }

    /// As a line keeps them.
    ///
    /// # Errors
    ///
    /// When they cannot be written: a mistake in the program.
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self)
            .map_err(|error| Error::internal(format!("terms cannot be written: {error}")))
    }

    /// Those that a line keeps.
    ///
    /// # Errors
    ///
    /// When they do not parse.
    pub fn read(line: &CartLine) -> Result<Option<Self>, Error> {
        let Some(text) = &line.terms else {
            return Ok(None);
        };
        serde_json::from_str(text).map(Some).map_err(|error| {
            let id = line.id;
            Error::internal(format!("the terms of cart line {id} do not parse: {error}"))
        })
    }
}
