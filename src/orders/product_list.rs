//! `product_list` of `add_product` and `remove_product`: one object, or an array of them.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde_json::{Map, Value};

use crate::error::{Error, ErrorCode, FieldError};
use crate::lenient::{self, MAX_NAME_LENGTH};
use crate::money::Money;
use crate::project::calendar::{self, InvalidDate};
use crate::project::file::{Product, ProductType};
use crate::project::snapshot::Project;

/// Entries of one call.
const MAX_ENTRIES: usize = 100;
/// Pieces of one line.
const MAX_QUANTITY: i64 = 9_999;
/// In characters.
const MAX_REMARK_LENGTH: usize = 1_000;
/// How `recurring_start_date` is written, where `date_structure` says nothing.
const DATE_STRUCTURE: &str = "MM-DD-YYYY";

/// A line that is to be added.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// Where the entry stands in the request.
    pub path: String,
    pub item: Item,
    pub quantity: i64,
    pub remark: String,
    /// The day with which a subscription begins; none: the day on which it is added.
    pub starts_on: Option<NaiveDate>,
}

impl NewLine {
    /// Of the project's list, where it is.
    pub fn product(&self) -> Option<&Product> {
        match &self.item {
            Item::Listed(product) => Some(product),
            Item::Private { .. } => None,
        }
    }
}

#[derive(Clone, Debug)]
pub enum Item {
    Listed(Box<Product>),
    /// Made for one user, and in no list.
    Private {
        name: String,
        price: Money,
    },
}

/// The list as it was sent, and where it stands in the request.
#[derive(Clone, Copy, Debug)]
pub struct ProductList<'a> {
    pub path: &'a str,
    pub value: &'a Value,
}

/// Reads each entry, and checks their number.
///
/// # Errors
///
/// Everything that is wrong, as [`refusal`] says it.
fn read_entries<T>(
    list: &ProductList<'_>,
    mut read: impl FnMut(&str, &Map<String, Value>) -> Result<T, FieldError>,
) -> Result<Vec<T>, Error> {
    let at = list.path;
    let invalid = |rule: String| Err(Error::invalid(at, "invalid", rule));
    let entries: Vec<_> = match list.value {
        Value::Object(_) => vec![(at.to_owned(), list.value)],
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (format!("{at}[{index}]"), item))
            .collect(),
        _ => return invalid("must be an object or an array of objects".to_owned()),
    };
    if entries.is_empty() || entries.len() > MAX_ENTRIES {
        return invalid(format!("must have 1 to {MAX_ENTRIES} entries"));
    }
    let mut lines = Vec::new();
    let mut errors = Vec::new();
    for (path, entry) in entries {
        let line = match entry {
            Value::Object(entry) => read(&path, entry),
            _ => Err(FieldError::new(path, "invalid", "must be an object")),
        };
        match line {
            Ok(line) => lines.push(line),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(lines)
    } else {
        Err(refusal(errors))
    }
}

/// Reads what is to be added.
///
/// # Errors
///
/// Everything that is wrong: 404 `product_not_found` when a product is unknown, else 422.
pub fn read_new_lines(project: &Project, list: &ProductList<'_>) -> Result<Vec<NewLine>, Error> {
    read_entries(list, |path, entry| read_new_line(project, path, entry))
}

/// Reads the cart ids of what is to be removed.
///
/// # Errors
///
/// `validation_failed`.
pub fn read_cart_ids(list: &ProductList<'_>) -> Result<Vec<(String, i64)>, Error> {
    let mut seen = HashSet::new();
    read_entries(list, |path, entry| {
        only_keys(path, entry, &["cart_id"])?;
        let path = format!("{path}.cart_id");
        match lenient::id(entry.get("cart_id")) {
            Ok(Some(id)) if seen.insert(id) => Ok((path, id)),
            Ok(Some(_)) => Err(FieldError::new(path, "duplicate", "is there already")),
            Ok(None) => Err(FieldError::new(path, "required", "is required")),
            Err(rule) => Err(FieldError::new(path, "invalid", rule)),
        }
    })
}

/// One error for all that is wrong: an unknown product gives it its code.
pub fn refusal(errors: Vec<FieldError>) -> Error {
    if errors.iter().any(|error| error.code == "product_not_found") {
        let msg = "The project has no such product.";
        return Error::new(ErrorCode::ProductNotFound, msg).with_errors(errors);
    }
    Error::validation(errors)
}

fn read_new_line(
    project: &Project,
    path: &str,
    entry: &Map<String, Value>,
) -> Result<NewLine, FieldError> {
    only_keys(
        path,
        entry,
        &[
            "p_id",
            "name",
            "price",
            "q",
            "product_remark",
            "recurring_start_date",
            "date_structure",
        ],
    )?;
    let at = |key: &str| format!("{path}.{key}");
    let item = read_item(project, path, entry)?;
    let quantity = read_quantity(&at("q"), entry.get("q"))?;
    if let Item::Listed(product) = &item
        && product.is_only_one()
        && quantity != 1
    {
        return Err(FieldError::new(
            at("q"),
            "invalid",
            "must be 1: there is only one of it",
        ));
    }
    let remark = match entry.get("product_remark") {
        None | Some(Value::Null) => String::new(),
        Some(value) => read_text(&at("product_remark"), value, MAX_REMARK_LENGTH)?,
    };
    let starts_on = read_start(path, entry, &item)?;
    Ok(NewLine {
        path: path.to_owned(),
        item,
        quantity,
        remark,
        starts_on,
    })
}

/// A product of the project, by its id, or a private one.
fn read_item(
    project: &Project,
    path: &str,
    entry: &Map<String, Value>,
) -> Result<Item, FieldError> {
    let path_of_id = format!("{path}.p_id");
    let invalid = |code, rule: &str| FieldError::new(path_of_id.as_str(), code, rule);
    let is_given = |key: &str| entry.get(key).is_some_and(|value| !lenient::is_none(value));
    let id = lenient::id(entry.get("p_id")).map_err(|rule| invalid("invalid", rule))?;
    match id {
        Some(_) if is_given("name") || is_given("price") => {
            let rule = "cannot be given together with name and price, which make a private product";
            Err(invalid("invalid", rule))
        }
        Some(id) => {
            let unknown = || invalid("product_not_found", "is not a product of this project");
            let product = project.product(id).ok_or_else(unknown)?;
            Ok(Item::Listed(Box::new(product.clone())))
        }
        None => read_private(path, entry),
    }
}

/// `recurring_start_date`, by `date_structure`.
fn read_start(
    path: &str,
    entry: &Map<String, Value>,
    item: &Item,
) -> Result<Option<NaiveDate>, FieldError> {
    let text = |key: &str| {
        let value = entry.get(key).filter(|value| !lenient::is_none(value));
        value
            .map(|value| read_text(&format!("{path}.{key}"), value, MAX_NAME_LENGTH))
            .transpose()
    };
    let structure = text("date_structure")?;
    let structure = structure.as_deref().unwrap_or(DATE_STRUCTURE);
    let Some(date) = text("recurring_start_date")? else {
        return Ok(None);
    };
    let invalid =
        |key: &str, rule: &str| Err(FieldError::new(format!("{path}.{key}"), "invalid", rule));
    let is_subscription = matches!(item, Item::Listed(product)
        if product.base_product_type == ProductType::Subscription);
    if !is_subscription {
        let rule = "must be left out: only a subscription begins on a day";
        return invalid("recurring_start_date", rule);
    }
    match calendar::read_date(&date, structure) {
        Ok(date) => Ok(Some(date)),
        Err(InvalidDate::Date) => {
            let rule = format!("must be a date as {structure} says");
            invalid("recurring_start_date", &rule)
        }
        Err(InvalidDate::Structure) => {
            let rule = "must be MM, DD and YYYY in any order, with -, / or . between them";
            invalid("date_structure", rule)
        }
    }
}

fn read_private(path: &str, entry: &Map<String, Value>) -> Result<Item, FieldError> {
    let required = |key: &str| {
        let rule = "is required: give p_id, or the name and price of a private product";
        FieldError::new(format!("{path}.{key}"), "required", rule)
    };
    let name = entry.get("name").filter(|name| !lenient::is_none(name));
    // A product for nothing has the price 0.
    let is_amount = |price: &&Value| !lenient::is_none(price) || **price == 0 || **price == "0";
    let price = entry.get("price").filter(is_amount);
    let (name, price) = match (name, price) {
        (None, None) => return Err(required("p_id")),
        (None, Some(_)) => return Err(required("name")),
        (Some(_), None) => return Err(required("price")),
        (Some(name), Some(price)) => (name, price),
    };
    let name = read_text(&format!("{path}.name"), name, MAX_NAME_LENGTH)?;
    if name.trim().is_empty() {
        return Err(required("name"));
    }
    let price: Money = serde_json::from_value(price.clone())
        .ok()
        .filter(|price| *price >= Money(0))
        .ok_or_else(|| {
            let rule = format!("must be {}, and not negative", crate::money::InvalidMoney);
            FieldError::new(format!("{path}.price"), "invalid", rule)
        })?;
    Ok(Item::Private { name, price })
}

fn read_quantity(path: &str, value: Option<&Value>) -> Result<i64, FieldError> {
    let text = match value {
        None | Some(Value::Null) => return Ok(1),
        Some(value) => lenient::text(value).unwrap_or_default(),
    };
    match text.parse::<i64>() {
        Ok(quantity) if (1..=MAX_QUANTITY).contains(&quantity) => Ok(quantity),
        _ => {
            let rule = format!("must be a whole number from 1 to {MAX_QUANTITY}");
            Err(FieldError::new(path, "invalid", rule))
        }
    }
}

fn read_text(path: &str, value: &Value, most: usize) -> Result<String, FieldError> {
    let text = lenient::text(value).map_err(|rule| FieldError::new(path, "invalid", rule))?;
    if text.chars().count() > most {
        let rule = format!("must have at most {most} characters");
        return Err(FieldError::new(path, "too_long", rule));
    }
    Ok(text)
}

fn only_keys(path: &str, entry: &Map<String, Value>, known: &[&str]) -> Result<(), FieldError> {
    match entry.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let rule = format!("is unknown; known are {}", known.join(", "));
            Err(FieldError::new(
                format!("{path}.{key}"),
                "unknown_parameter",
                rule,
            ))
        }
    }
}
