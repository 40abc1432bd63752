//! Lines of a cart as rows.

use chrono::NaiveDate;

use super::cart::{group_of, organization_of};
use super::product_list::{Item, NewLine};
use super::seats::Seat;
use super::terms::Terms;
use crate::clock::Timestamp;
use crate::db::carts::{self, CartLine, NewCartLine};
use crate::db::connection::Conn;
use crate::error::Error;
use crate::ids::OrganizationId;
use crate::money;
use crate::users::person::Person;

/// What a line costs before any discount.
pub(super) fn gross(line: &CartLine) -> i64 {
    if line.price < 0 { 0 } else { line.total() }
}

pub(super) fn check_sum(cart: &[CartLine], line: &CartLine, new: &NewLine) -> Result<(), Error> {
    let others: i64 = cart
        .iter()
        .filter(|other| other.id != line.id)
        .map(gross)
        .sum();
    if others + gross(line) > money::MAX.0 {
        let rule = format!("makes the cart cost more than {}", money::MAX);
        return Err(Error::invalid(new.path.clone(), "too_large", rule));
    }
    Ok(())
}

/// Inserts a line, or gives the one that waits its seat.
pub(super) fn write(
    conn: &mut Conn,
    row: NewCartLine,
    waiting: Option<&CartLine>,
) -> Result<CartLine, Error> {
    let id = match waiting {
        Some(line) if row.waiting => return Ok(line.clone()),
        Some(line) => {
            let mut line = CartLine {
                waiting: false,
                price: row.price,
                terms: row.terms,
                ..line.clone()
            };
            if !row.remark.is_empty() {
                line.remark = row.remark;
            }
            carts::promote(conn, OrganizationId(row.organization_id), &line)?;
            return Ok(line);
        }
        None => carts::insert(conn, &row)?,
    };
    Ok(CartLine {
        id,
        clogin_id: row.clogin_id,
        product_id: row.product_id,
        name: row.name,
        price: row.price,
        quantity: row.quantity,
        remark: row.remark,
        created_at: row.created_at,
        waiting: row.waiting,
        terms: row.terms,
    })
}

pub(super) fn new_row(
    person: &Person,
    line: &NewLine,
    seat: Seat,
    today: NaiveDate,
    now: Timestamp,
) -> Result<NewCartLine, Error> {
    let (product_id, name, price, terms) = match &line.item {
        Item::Listed(product) => {
            let terms = Terms::of(product, line.starts_on.unwrap_or(today));
            let price = match terms {
                Some(Terms::Discount(_)) => 0,
                _ => product.price.0,
            };
            (Some(product.id), product.name.clone(), price, terms)
        }
        Item::Private { name, price } => (None, name.clone(), price.0, None),
    };
    Ok(NewCartLine {
        organization_id: organization_of(person).0,
        group_id: group_of(person).0,
        clogin_id: person.clogin_id().0,
        product_id,
        name,
        price,
        quantity: line.quantity,
        remark: line.remark.clone(),
        created_at: now,
        waiting: seat == Seat::Waits,
        terms: terms.as_ref().map(Terms::to_json).transpose()?,
    })
}
