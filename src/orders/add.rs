//! Putting lines into a cart, inside a transaction that holds the registration.
//!
//! A cart has one line of a category whose products are interchanged: a new one replaces it once it has its seat.
//! A product that waits in the cart is not added a second time: who adds it again asks for its seat.

use chrono::NaiveDate;

use super::availability::{Audience, unavailable};
use super::cart::{Cart, delete};
use super::entries::{Entry, quota_exceeded, take_seats};
use super::lines::{check_sum, new_row, write};
use super::locks::locked;
use super::product_list::NewLine;
use super::seats::Seat;
use crate::clock::Timestamp;
use crate::db::carts::CartLine;
use crate::db::connection::Conn;
use crate::error::{Error, ErrorCode, FieldError};
use crate::project::calendar::today;
use crate::project::file::Product;
use crate::users::person::Person;

/// What became of a cart.
#[derive(Debug, Default)]
pub struct Added {
    /// In the order of the request.
    pub lines: Vec<CartLine>,
    /// Those in the place of which others came.
    pub replaced: Vec<CartLine>,
}

impl Added {
    pub fn all(&self) -> impl Iterator<Item = &CartLine> {
        self.lines.iter().chain(&self.replaced)
    }
}

/// Adds lines: seats are taken, and the registration's sum follows. All or nothing. `is_hidden`: which products this
/// user may not select itself. `audience`: whom they are offered to.
///
/// # Errors
///
/// `product_unavailable`; `quota_exceeded`; `product_locked`, of a line that would be replaced.
pub fn add(
    conn: &mut Conn,
    person: &mut Person,
    lines: &[NewLine],
    is_hidden: impl Fn(&Product) -> bool,
    audience: Audience,
    now: Timestamp,
) -> Result<Added, Error> {
    let mut cart = Cart::read(conn, person)?;
    let today = today(&person.project.group.settings, now);
    check_available(person, &cart, lines, is_hidden, audience, today)?;
    let entries = lines
        .iter()
        .map(|line| Entry::new(person, &cart, line))
        .collect::<Result<Vec<_>, _>>()?;
    let seats = take_seats(conn, person, &entries)?;
    let mut replaced = Vec::new();
    for (entry, seat) in entries.iter().zip(&seats) {
        if *seat == Seat::Taken {
            for line in &entry.replaces {
                check_unlocked(person, &cart, line, entry.new)?;
                delete(conn, person, line)?;
                replaced.push((*line).clone());
            }
        }
    }
    let is_replaced = |line: &CartLine| replaced.iter().any(|other| other.id == line.id);
    let mut after: Vec<_> = cart.lines().to_vec();
    after.retain(|line| !is_replaced(line));
    let mut ids = Vec::new();
    for (entry, seat) in entries.iter().zip(&seats) {
        let row = new_row(person, entry.new, *seat, today, now)?;
        let line = write(conn, row, entry.waiting)?;
        check_sum(&after, &line, entry.new)?;
        ids.push(line.id);
        match after.iter_mut().find(|other| other.id == line.id) {
            Some(promoted) => *promoted = line,
            None => after.push(line),
        }
    }
    check_categories(person, &after, lines)?;
    cart.become_of(after, person)?;
    Ok(Added {
        lines: ids
            .iter()
            .filter_map(|id| cart.line(*id).cloned())
            .collect(),
        replaced,
    })
}

fn check_available(
    person: &Person,
    cart: &Cart,
    lines: &[NewLine],
    is_hidden: impl Fn(&Product) -> bool,
    audience: Audience,
    today: NaiveDate,
) -> Result<(), Error> {
    let project = &person.project;
    let interchanged = |product: &Product| {
        let category = project.category(product.category?)?;
        category.interchange.then_some(category.id)
    };
    let mut in_cart: Vec<i64> = cart.products().collect();
    let mut seen: Vec<&Product> = Vec::new();
    let mut errors = Vec::new();
    for line in lines {
        let Some(product) = line.product() else {
            continue;
        };
        let category = interchanged(product);
        let waits = cart.waiting_line_of(product.id).is_some();
        let is_twice = |other: &&Product| waits && other.id == product.id;
        // Who asks for a seat has chosen already, or a trigger has.
        let rule = if is_hidden(product) && !waits {
            Some("is hidden")
        } else if let Some(rule) = unavailable(project, product, audience, today) {
            Some(rule)
        } else if product.is_only_one() && in_cart.contains(&product.id) {
            Some("is in the cart already, and there is only one of it")
        } else if category.is_some() && seen.iter().any(|other| interchanged(other) == category) {
            Some("is interchanged with another entry: a user has one product of its category")
        } else if seen.iter().any(is_twice) {
            Some("is there already, and waits for its seat")
        } else {
            None
        };
        if let Some(rule) = rule {
            let path = format!("{}.p_id", line.path);
            errors.push(FieldError::new(path, "product_unavailable", rule));
        }
        in_cart.push(product.id);
        seen.push(product);
    }
    if errors.is_empty() {
        return Ok(());
    }
    let msg = "A product is not available to this user.";
    Err(Error::new(ErrorCode::ProductUnavailable, msg).with_errors(errors))
}

fn check_unlocked(
    person: &Person,
    cart: &Cart,
    line: &CartLine,
    new: &NewLine,
) -> Result<(), Error> {
    let paid = person.registration.paid_total;
    let Some(reason) = locked(&person.project, cart, paid, line) else {
        return Ok(());
    };
    let rule = format!("would replace line {} of the cart, which {reason}", line.id);
    let path = format!("{}.p_id", new.path);
    let error = FieldError::new(path, "product_locked", rule);
    let msg = "A product cannot be interchanged any more.";
    Err(Error::new(ErrorCode::ProductLocked, msg).with_errors(vec![error]))
}

/// How many products of a category one user may order: what waits is not ordered yet.
fn check_categories(person: &Person, after: &[CartLine], new: &[NewLine]) -> Result<(), Error> {
    let project = &person.project;
    for line in new {
        let category = line
            .product()
            .and_then(|product| project.category(product.category?));
        let Some((category, quota)) =
            category.and_then(|category| Some((category, category.quota_ordered?)))
        else {
            continue;
        };
        let is_of_it = |line: &&CartLine| {
            let other = line.product_id.and_then(|id| project.category_of(id));
            !line.waiting && other.is_some_and(|other| other.id == category.id)
        };
        let ordered: i64 = after
            .iter()
            .filter(is_of_it)
            .map(|line| line.quantity)
            .sum();
        if ordered > i64::from(quota) {
            let rule = format!("is of a category of which a user may order {quota} at most");
            let msg = "The quota of a category is used up.";
            return Err(quota_exceeded(msg, line, rule));
        }
    }
    Ok(())
}
