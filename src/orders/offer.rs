//! What a trigger puts into a cart: nobody has selected it, and the call that set the trigger off goes on whatever becomes
//! of it.

use chrono::NaiveDate;

use super::availability::{Audience, unavailable};
use super::cart::Cart;
use super::lines::{gross, new_row, write};
use super::product_list::{Item, NewLine};
use super::seats::{self, Seat};
use crate::clock::Timestamp;
use crate::db::carts::CartLine;
use crate::db::connection::Conn;
use crate::error::Error;
use crate::money;
use crate::project::calendar::today;
use crate::project::file::Product;
use crate::users::person::Person;

/// What became of a product that a trigger puts into a cart.
pub enum Offered {
    Added(CartLine),
    /// Why not.
    Refused(&'static str),
}

/// Puts one piece of a product into a cart that does not have it, whether or not it can be selected. What cannot be
/// added is no error: the call that set the trigger off goes on.
///
/// # Errors
///
/// When the database cannot do it.
pub fn offer(
    conn: &mut Conn,
    person: &mut Person,
    cart: &mut Cart,
    product: &Product,
    now: Timestamp,
) -> Result<Offered, Error> {
    let today = today(&person.project.group.settings, now);
    let line = NewLine {
        path: String::new(),
        item: Item::Listed(Box::new(product.clone())),
        quantity: 1,
        remark: String::new(),
        starts_on: None,
    };
    let reason = refusal(person, cart, product, today);
    if let Some(reason) = reason {
        return Ok(Offered::Refused(reason));
    }
    let seat = seats::take(conn, person, product, 1, None, 0)?;
    if seat == Seat::None {
        return Ok(Offered::Refused("is sold out"));
    }
    let row = new_row(person, &line, seat, today, now)?;
    let line = write(conn, row, None)?;
    let id = line.id;
    let mut after = cart.lines().to_vec();
    after.push(line);
    cart.become_of(after, person)?;
    let added = cart.line(id).cloned();
    Ok(added.map_or(Offered::Refused("is not in the cart"), Offered::Added))
}

/// Why a trigger cannot add a product, if it cannot. It replaces nothing: that could not be undone.
fn refusal(
    person: &Person,
    cart: &Cart,
    product: &Product,
    today: NaiveDate,
) -> Option<&'static str> {
    let project = &person.project;
    let category = product.category.and_then(|id| project.category(id));
    let seated = |category| {
        let lines = cart.of_category(project, category);
        lines.filter(|line| !line.waiting).map(|line| line.quantity)
    };
    let unavailable = unavailable(project, product, Audience::of(person), today);
    unavailable.or_else(|| {
        let gross: i64 = cart.lines().iter().map(gross).sum();
        if cart.line_of(product.id).is_some() {
            Some("is in the cart already")
        } else if gross + product.price.0 > money::MAX.0 {
            Some("makes the cart cost too much")
        } else if category
            .is_some_and(|category| category.interchange && seated(category.id).next().is_some())
        {
            Some("would replace another one of its category")
        } else if category.is_some_and(|category| {
            let quota = category.quota_ordered.map(i64::from);
            quota.is_some_and(|quota| seated(category.id).sum::<i64>() >= quota)
        }) {
            Some("is beyond the quota of its category")
        } else {
            None
        }
    })
}
