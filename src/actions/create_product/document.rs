//! Reads the document of `products` `create`. Its rules are those of the project file.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use crate::actions::making::Reader;
use crate::error::Error;
use crate::lenient;
use crate::money::{Money, Percent};
use crate::project::calendar;
use crate::project::check::products;
use crate::project::file::{Level, Product, ProductType, Recurring};
use crate::project::snapshot::Project;

/// The documented keys; then ours, which are called as in the project file.
pub(super) const KEYS: [&str; 25] = [
    "base_product_type",
    "product_name",
    "product_price",
    "cat_id",
    "product_type",
    "product_start_date",
    "product_end_date",
    "product_activity_start_date",
    "product_activity_end_date",
    "product_short_remarks",
    "location",
    "internalid",
    "misc1",
    "misc2",
    "only_one",
    "quota",
    "visible",
    "lock_once_funds_allocated",
    "lock_once_added",
    "lock_once_paid",
    "waitlist",
    "percent",
    "discounted",
    "holder",
    "recurring",
];

/// Keys of the project file that are called otherwise here.
const OTHER_NAMES: [(&str, &str); 8] = [
    ("name", "product_name"),
    ("price", "product_price"),
    ("category", "cat_id"),
    ("start_date", "product_start_date"),
    ("end_date", "product_end_date"),
    ("activity_start_date", "product_activity_start_date"),
    ("activity_end_date", "product_activity_end_date"),
    ("short_remarks", "product_short_remarks"),
];

/// Reads a product that has no id yet.
///
/// # Errors
///
/// `category_not_found`; `product_not_found`, when it names a product that is not there; else 422.
pub(super) fn read(project: &Project, doc: &Map<String, Value>) -> Result<Product, Error> {
    let mut reader = Reader::new(doc);
    let mut product = Product {
        id: 0,
        base_product_type: read_type(&mut reader),
        name: reader.name("product_name"),
        price: read_price(&mut reader),
        category: reader.id("cat_id"),
        level: read_level(&mut reader),
        start_date: read_date(&mut reader, "product_start_date"),
        end_date: read_date(&mut reader, "product_end_date"),
        activity_start_date: read_date(&mut reader, "product_activity_start_date"),
        activity_end_date: read_date(&mut reader, "product_activity_end_date"),
        short_remarks: reader.text("product_short_remarks"),
        location: reader.text("location"),
        internalid: reader.text("internalid"),
        misc1: reader.text("misc1"),
        misc2: reader.text("misc2"),
        only_one: reader.boolean("only_one", false),
        quota: reader.quota("quota"),
        visible: reader.boolean("visible", true),
        waitlist: reader.boolean("waitlist", false),
        lock_once_funds_allocated: reader.boolean("lock_once_funds_allocated", false),
        lock_once_added: reader.boolean("lock_once_added", false),
        lock_once_paid: reader.boolean("lock_once_paid", false),
        percent: read_percent(&mut reader),
        discounted: read_discounted(&mut reader),
        holder: reader.id("holder"),
        recurring: read_recurring(&mut reader),
    };
    if product.holder.is_none() && product.base_product_type == ProductType::Session {
        product.holder = only_holder(project, product.category);
    }
    check_references(&mut reader, project, &product);
    for (key, rule) in products::problems(&product, &project.group) {
        let other_name = OTHER_NAMES.iter().find(|(name, _)| *name == key);
        let key = other_name.map_or(key, |(_, other)| other);
        // Of what is not read nothing more is said.
        if !reader.has_failed(key) {
            reader.fail(key, "invalid", rule);
        }
    }
    reader.finish()?;
    Ok(product)
}

/// A session says nothing of its holder in the documented API: it belongs to the only one of its category.
fn only_holder(project: &Project, category: Option<i64>) -> Option<i64> {
    let mut holders = project.group.products.iter().filter(|product| {
        product.base_product_type == ProductType::SessionHolder && product.category == category
    });
    let first = holders.next()?;
    holders.next().is_none().then_some(first.id)
}

fn check_references(reader: &mut Reader<'_>, project: &Project, product: &Product) {
    if let Some(id) = product.category
        && project.category(id).is_none()
    {
        reader.fail(
            "cat_id",
            "category_not_found",
            "is not a category of this project",
        );
    }
    let rule = "is not a product of this project";
    if product
        .holder
        .is_some_and(|id| project.product(id).is_none())
    {
        reader.fail("holder", "product_not_found", rule);
    }
    for (index, id) in product.discounted.iter().enumerate() {
        if project.product(*id).is_none() {
            reader.fail(&format!("discounted[{index}]"), "product_not_found", rule);
            // The rule of the whole list says no more.
            return;
        }
    }
}

fn read_type(reader: &mut Reader<'_>) -> ProductType {
    let Some(value) = reader.value("base_product_type") else {
        reader.fail("base_product_type", "required", "is required");
        return ProductType::default();
    };
    let number = lenient::text(value).ok().and_then(|text| text.parse().ok());
    ProductType::try_from(number.unwrap_or(0)).unwrap_or_else(|rule| {
        reader.fail("base_product_type", "invalid", rule);
        ProductType::default()
    })
}

fn read_level(reader: &mut Reader<'_>) -> Level {
    let value = reader.value("product_type").map(lenient::text);
    match value.as_ref().map(|text| text.as_deref()) {
        None | Some(Ok("" | "0")) => Level::Both,
        Some(Ok("1")) => Level::Parent,
        Some(Ok("2")) => Level::Child,
        Some(_) => {
            let rule = "must be 0 for both, 1 for parents or 2 for children";
            reader.fail("product_type", "invalid", rule);
            Level::Both
        }
    }
}

fn read_price(reader: &mut Reader<'_>) -> Money {
    let Some(value) = reader.value("product_price").filter(|value| *value != "") else {
        return Money(0);
    };
    serde_json::from_value(value.clone()).unwrap_or_else(|_| {
        let rule = format!("must be {}", crate::money::InvalidMoney);
        reader.fail("product_price", "invalid", rule);
        Money(0)
    })
}

fn read_percent(reader: &mut Reader<'_>) -> Option<Percent> {
    let value = reader.value("percent").filter(|value| *value != "")?;
    let percent = serde_json::from_value(value.clone());
    percent
        .map_err(|_| {
            let rule = format!("must be {}", crate::money::InvalidPercent);
            reader.fail("percent", "invalid", rule);
        })
        .ok()
}

fn read_date(reader: &mut Reader<'_>, key: &str) -> Option<NaiveDate> {
    let value = reader.value(key).filter(|value| !lenient::is_none(value))?;
    let date = value.as_str();
    let date = date.and_then(|text| calendar::read_date(text, "YYYY-MM-DD").ok());
    if date.is_none() {
        reader.fail(key, "invalid", "must be a date as YYYY-MM-DD");
    }
    date
}

fn read_discounted(reader: &mut Reader<'_>) -> Vec<i64> {
    // One, or an array of them.
    let values = match reader.value("discounted") {
        None => &[],
        Some(Value::Array(values)) => values.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let mut ids = Vec::new();
    for value in values {
        match lenient::id(Some(value)) {
            Ok(id) => ids.extend(id),
            Err(rule) => reader.fail("discounted", "invalid", rule),
        }
    }
    ids
}

/// `{interval, every, count}`, as in the project file; each may be left out.
fn read_recurring(reader: &mut Reader<'_>) -> Option<Recurring> {
    let value = reader.value("recurring");
    let Value::Object(given) = value.filter(|value| !lenient::is_none(value))? else {
        let rule = "must be an object {interval, every, count}";
        reader.fail("recurring", "invalid", rule);
        return None;
    };
    let mut recurring = Recurring::default();
    for (key, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        let at = format!("recurring.{key}");
        match key.as_str() {
            "interval" => match serde_json::from_value(value.clone()) {
                Ok(interval) => recurring.interval = interval,
                Err(_) => {
                    let rule = "must be \"day\", \"week\", \"month\" or \"year\"";
                    reader.fail(&at, "invalid", rule);
                }
            },
            "every" => recurring.every = read_times(value),
            "count" => recurring.count = (!lenient::is_none(value)).then(|| read_times(value)),
            _ => {
                let rule = "is unknown; known are interval, every, count";
                reader.fail(&at, "unknown_parameter", rule);
            }
        }
    }
    Some(recurring)
}

/// What is no number becomes 0, which the rules of products refuse where it stands.
fn read_times(value: &Value) -> u32 {
    let number = lenient::text(value).ok().and_then(|text| text.parse().ok());
    number.unwrap_or(0)
}
