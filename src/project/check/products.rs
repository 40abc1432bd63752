//! The rules of a product. The action that makes one has the same.

use chrono::NaiveDate;

use crate::money;
use crate::project::file::{Group, Product, ProductType};

/// The longest session, in days.
const MAX_DAYS: i64 = 366;
/// In characters, of `location`, `internalid`, `misc1` and `misc2`.
const MAX_TEXT_LENGTH: usize = 200;
/// In characters.
pub const MAX_REMARK_LENGTH: usize = 1_000;

/// What is wrong with a product: under which key of the project file, and what is allowed there. `whole`: its project,
/// as it will be.
pub fn problems(product: &Product, whole: &Group) -> Vec<(&'static str, String)> {
    let mut problems = Problems(Vec::new());
    problems.price(product);
    if let Some(id) = product.category
        && !whole.categories.iter().any(|category| category.id == id)
    {
        let rule = format!("must be a category of the project; there is no {id}");
        problems.add("category", rule);
    }
    problems.texts(product);
    problems.dates(product);
    problems.discount(product, whole);
    problems.session(product, whole);
    problems.recurring(product);
    problems.0
}

struct Problems(Vec<(&'static str, String)>);

impl Problems {
    fn add(&mut self, key: &'static str, rule: impl Into<String>) {
        self.0.push((key, rule.into()));
    }

    fn price(&mut self, product: &Product) {
        if product.price.0 < 0 || product.price > money::MAX {
            let rule = format!("must be an amount from 0.00 to {}", money::MAX);
            self.add("price", rule);
        }
    }

    fn texts(&mut self, product: &Product) {
        for (key, text, most) in [
            ("short_remarks", &product.short_remarks, MAX_REMARK_LENGTH),
            ("location", &product.location, MAX_TEXT_LENGTH),
            ("internalid", &product.internalid, MAX_TEXT_LENGTH),
            ("misc1", &product.misc1, MAX_TEXT_LENGTH),
            ("misc2", &product.misc2, MAX_TEXT_LENGTH),
        ] {
            if text.chars().count() > most {
                self.add(key, format!("must have at most {most} characters"));
            }
        }
    }

    fn dates(&mut self, product: &Product) {
        let dates = [
            ("start_date", product.start_date),
            ("end_date", product.end_date),
            ("activity_start_date", product.activity_start_date),
            ("activity_end_date", product.activity_end_date),
        ];
        let [start, end, activity_start, activity_end] = dates.map(|(_, date)| date);
        self.order("end_date", start, end);
        self.order("activity_end_date", activity_start, activity_end);
    }

    fn order(&mut self, key: &'static str, start: Option<NaiveDate>, end: Option<NaiveDate>) {
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            self.add(
                key,
                format!("must not be before {start}, with which it begins"),
            );
        }
    }

    fn discount(&mut self, product: &Product, whole: &Group) {
        if product.base_product_type != ProductType::Discount {
            let rule = "must be left out: only a discount has it";
            if product.percent.is_some() {
                self.add("percent", rule);
            }
            if !product.discounted.is_empty() {
                self.add("discounted", rule);
            }
            return;
        }
        match product.percent {
            Some(_) if product.price.0 != 0 => {
                let rule = "must be left out where there is a price: a discount takes off either";
                self.add("percent", rule);
            }
            None if product.price.0 == 0 => {
                self.add(
                    "price",
                    "must be more than 0.00, where a discount has no percent",
                );
            }
            _ => {}
        }
        for id in &product.discounted {
            let found = whole.products.iter().find(|other| other.id == *id);
            let is_in_no_order = |other: &Product| {
                let kind = other.base_product_type;
                matches!(kind, ProductType::Discount | ProductType::SessionHolder)
            };
            if found.is_none_or(is_in_no_order) {
                let rule = format!(
                    "must name products of the project other than discounts and session holders; {id} is none"
                );
                self.add("discounted", rule);
            }
        }
    }

    fn session(&mut self, product: &Product, whole: &Group) {
        let kind = product.base_product_type;
        if kind == ProductType::SessionHolder && (product.quota.is_some() || product.waitlist) {
            let key = if product.waitlist {
                "waitlist"
            } else {
                "quota"
            };
            self.add(key, "must be left out: the seats are those of its sessions");
        }
        if kind != ProductType::Session {
            if product.holder.is_some() {
                self.add("holder", "must be left out: only a session has it");
            }
            return;
        }
        let is_holder = |other: &Product| {
            Some(other.id) == product.holder
                && other.base_product_type == ProductType::SessionHolder
        };
        if !whole.products.iter().any(is_holder) {
            self.add("holder", "must be a session holder of the project");
        }
        match (product.activity_start_date, product.activity_end_date) {
            (Some(start), Some(end)) if (end - start).num_days() >= MAX_DAYS => {
                let rule = format!("must make it last {MAX_DAYS} days at most");
                self.add("activity_end_date", rule);
            }
            (Some(_), Some(_)) => {}
            (start, _) => {
                let key = match start {
                    None => "activity_start_date",
                    Some(_) => "activity_end_date",
                };
                self.add(key, "is required: a session has a first and a last day");
            }
        }
    }

    fn recurring(&mut self, product: &Product) {
        let Some(recurring) = product.recurring else {
            return;
        };
        if product.base_product_type != ProductType::Subscription {
            self.add("recurring", "must be left out: only a subscription has it");
        }
        if !(1..=999).contains(&recurring.every) {
            self.add("recurring.every", "must be a whole number from 1 to 999");
        }
        if recurring
            .count
            .is_some_and(|count| !(1..=9999).contains(&count))
        {
            let rule = "must be a whole number from 1 to 9999, or left out for no end";
            self.add("recurring.count", rule);
        }
    }
}
