//! `_usercart` and `_userproducts`: what somebody has chosen, and what it may choose. `docs/action-api.md` says what each
//! key means.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::wanted::CartFilter;
use crate::clock::rfc3339;
use crate::db::carts::CartLine;
use crate::error::Error;
use crate::money::Money;
use crate::orders::cart::Cart;
use crate::orders::terms::{Subscription, Terms};
use crate::orders::{Audience, indispensable, locked, not_offered};
use crate::project::calendar;
use crate::project::file::{Product, ProductType, Recurring};
use crate::project::snapshot::Project;
use crate::triggers::selectable::is_hidden;
use crate::users::person::Person;

/// The lines of a cart, oldest first; discounts follow the whole cart, whatever the filter takes.
///
/// # Errors
///
/// When the terms of a line do not parse.
pub(super) fn cart(person: &Person, cart: &Cart, filter: CartFilter) -> Result<Value, Error> {
    let project = &person.project;
    let lines = cart.lines().iter();
    lines
        .filter(|line| filter.takes(project, line))
        .map(|line| describe_line(person, cart, line))
        .collect()
}

fn describe_line(person: &Person, cart: &Cart, line: &CartLine) -> Result<Value, Error> {
    let project = &person.project;
    let product = line.product_id.and_then(|id| project.product(id));
    let recurring = match Terms::read(line)? {
        Some(Terms::Subscription(terms)) => describe_subscription(&terms),
        _ => Value::Null,
    };
    let lock = locked(project, cart, person.registration.paid_total, line)
        .or_else(|| indispensable(project, cart, line, |other| other.id == line.id));
    Ok(json!({
        "cart_id": line.id,
        "p_id": line.product_id,
        "name": line.name,
        "q": line.quantity,
        "price": Money(line.price),
        "total": Money(line.total()),
        "product_remark": line.remark,
        "added_at": rfc3339(line.created_at),
        "category": product.and_then(|product| product.category),
        "base_product_type": product.map(|product| product.base_product_type),
        "waiting": line.waiting,
        "locked": lock.is_some(),
        "recurring": recurring,
    }))
}

fn describe_subscription(terms: &Subscription) -> Value {
    let mut described = describe_recurring(&terms.recurring);
    described["start_date"] = json!(terms.start_date);
    described["last_date"] = json!(calendar::last_date(&terms.recurring, terms.start_date));
    described
}

fn describe_recurring(recurring: &Recurring) -> Value {
    json!({
        "interval": recurring.interval,
        "every": recurring.every,
        "count": recurring.count,
    })
}

/// What the user may select today, in the project's order: with the cart line where it is in the cart. `left`: of the
/// products that have a quota.
///
/// # Errors
///
/// When a stored document does not parse.
pub(super) fn products(
    person: &Person,
    cart: &Cart,
    left: &HashMap<i64, i64>,
    today: NaiveDate,
) -> Result<Value, Error> {
    let project = &person.project;
    let memory = person.trigger_memory()?;
    let is_selectable = |product: &&Product| {
        not_offered(project, product, Audience::of(person), today).is_none()
            && !is_hidden(project, &memory, product)
    };
    let products = project.group.products.iter();
    Ok(products
        .filter(is_selectable)
        .map(|product| describe_product(project, product, cart, left))
        .collect())
}

fn describe_product(
    project: &Project,
    product: &Product,
    cart: &Cart,
    left: &HashMap<i64, i64>,
) -> Value {
    let line = cart.line_of(product.id);
    let recurring = (product.base_product_type == ProductType::Subscription)
        .then(|| describe_recurring(&product.recurring.unwrap_or_default()));
    json!({
        "p_id": product.id,
        "name": product.name,
        "price": product.price,
        "category": product.category,
        "base_product_type": product.base_product_type,
        "level": product.level,
        "only_one": product.is_only_one(),
        "quota_left": left.get(&product.id).map(|left| left.max(&0)),
        "waitlist": product.waitlist,
        "required": is_required(project, product, cart),
        "start_date": product.start_date,
        "end_date": product.end_date,
        "activity_start_date": product.activity_start_date,
        "activity_end_date": product.activity_end_date,
        "short_remarks": product.short_remarks,
        "location": product.location,
        "internalid": product.internalid,
        "misc1": product.misc1,
        "misc2": product.misc2,
        "percent": product.percent,
        "discounted": product.discounted,
        "holder": product.holder,
        "days": days(project, product),
        "recurring": recurring,
        "cart_id": line.map(|line| line.id),
        "waiting": line.is_some_and(|line| line.waiting),
    })
}

/// Whether the user still has to choose a product of its category.
fn is_required(project: &Project, product: &Product, cart: &Cart) -> bool {
    let category = product.category.and_then(|id| project.category(id));
    category.is_some_and(|category| {
        category.mandatory && cart.of_category(project, category.id).next().is_none()
    })
}

/// The days of a session: each is of the type 5, and made from the session's dates.
fn days(project: &Project, product: &Product) -> Vec<Value> {
    let dates = product.activity_start_date.zip(product.activity_end_date);
    let Some((first, last)) = dates.filter(|_| product.base_product_type == ProductType::Session)
    else {
        return Vec::new();
    };
    let days = calendar::days(&project.group.settings, first, last);
    let describe = |day: calendar::Day| {
        json!({
            "base_product_type": ProductType::DAY,
            "date": day.date,
            "starts_at": rfc3339(day.starts_at),
            "ends_at": rfc3339(day.ends_at),
        })
    };
    days.into_iter().map(describe).collect()
}
