//! Seats: pieces of products that have a quota, and who waits for them.
//!
//! A product with a waiting list is a queue. A line gets its seats when there are as many as it takes beside those that
//! older lines wait for; else it waits. Nobody overtakes: that holds for those who come as for those who ask again.

use std::collections::BTreeMap;

use super::cart::organization_of;
use crate::db::carts::{self, CartLine, Taken};
use crate::db::connection::Conn;
use crate::error::{Error, ErrorCode};
use crate::project::file::Product;
use crate::users::person::Person;

/// Whether a line has its seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seat {
    Taken,
    Waits,
    /// There are not as many, and nobody waits for this product. Nothing was taken.
    None,
}

/// Takes seats for a line. `waiting`: the line, where it waits already. `ahead`: pieces that others of this very call
/// wait for before it.
///
/// # Errors
///
/// When the database cannot do it.
pub(super) fn take(
    conn: &mut Conn,
    person: &Person,
    product: &Product,
    quantity: i64,
    waiting: Option<i64>,
    ahead: i64,
) -> Result<Seat, Error> {
    let organization = organization_of(person);
    let has_seat = match carts::take(conn, organization, product.id, quantity)? {
        Taken::Unlimited => return Ok(Seat::Taken),
        Taken::TooMany => false,
        Taken::Leaving(_) if !product.waitlist => true,
        Taken::Leaving(left) => {
            left >= ahead + carts::waited_for(conn, organization, product.id, waiting)?
        }
    };
    if has_seat {
        return Ok(Seat::Taken);
    }
    carts::give_back(conn, organization, product.id, quantity)?;
    Ok(if product.waitlist {
        Seat::Waits
    } else {
        Seat::None
    })
}

/// Gives the seats of lines back, by product, in the order in which seats are taken. Lines that wait have none.
///
/// # Errors
///
/// When the database cannot do it.
pub(super) fn give_back(conn: &mut Conn, person: &Person, lines: &[CartLine]) -> Result<(), Error> {
    for (product, quantity) in pieces(lines) {
        carts::give_back(conn, organization_of(person), product, quantity)?;
    }
    Ok(())
}

/// Takes the seats of lines that had them before.
///
/// # Errors
///
/// `quota_exceeded`, when others have them.
pub(super) fn take_again(
    conn: &mut Conn,
    person: &Person,
    lines: &[CartLine],
) -> Result<(), Error> {
    for (product, quantity) in pieces(lines) {
        if carts::take(conn, organization_of(person), product, quantity)? == Taken::TooMany {
            let msg = "A product in the user's cart is sold out.";
            return Err(Error::new(ErrorCode::QuotaExceeded, msg));
        }
    }
    Ok(())
}

/// Product → how many seats lines have, in the order in which seats are taken.
fn pieces(lines: &[CartLine]) -> BTreeMap<i64, i64> {
    let mut pieces = BTreeMap::new();
    for line in lines.iter().filter(|line| !line.waiting) {
        if let Some(product) = line.product_id {
            *pieces.entry(product).or_default() += line.quantity;
        }
    }
    pieces
}
