//! The entries of a call that adds products, with what each meets in the cart, and their seats.

use std::collections::BTreeMap;

use super::cart::{Cart, organization_of};
use super::product_list::NewLine;
use super::seats::{self, Seat};
use crate::db::carts::{self, CartLine};
use crate::db::connection::Conn;
use crate::error::{Error, ErrorCode, FieldError};
use crate::users::person::Person;

/// An entry of a call, and what it meets in the cart.
pub(super) struct Entry<'a> {
    pub(super) new: &'a NewLine,
    /// The line that waits for a seat already.
    pub(super) waiting: Option<&'a CartLine>,
    /// What it is interchanged with.
    pub(super) replaces: Vec<&'a CartLine>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(person: &'a Person, cart: &'a Cart, new: &'a NewLine) -> Result<Self, Error> {
        let mut entry = Entry {
            new,
            waiting: None,
            replaces: Vec::new(),
        };
        let Some(product) = new.product() else {
            return Ok(entry);
        };
        let project = &person.project;
        entry.waiting = cart.waiting_line_of(product.id);
        if let Some(line) = entry.waiting
            && line.quantity != new.quantity
        {
            let rule = format!(
                "must be {}: as many wait in the cart already; remove them to ask for another number",
                line.quantity
            );
            return Err(Error::invalid(format!("{}.q", new.path), "invalid", rule));
        }
        let category = product.category.and_then(|id| project.category(id));
        if let Some(category) = category.filter(|category| category.interchange) {
            let lines = cart.of_category(project, category.id);
            entry.replaces = lines.filter(|line| !line.waiting).collect();
        }
        Ok(entry)
    }
}

/// What is done with the stock of a product, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Move {
    /// The seats of a line that the entry replaces.
    Free(usize, usize),
    /// The seats of the entry.
    Take(usize),
}

/// Takes the seats of all entries, and frees those of the lines that they replace; whose entry has to wait gets them
/// back. By product, always in this order, so that two calls never wait for each other.
pub(super) fn take_seats(
    conn: &mut Conn,
    person: &Person,
    entries: &[Entry<'_>],
) -> Result<Vec<Seat>, Error> {
    let mut moves = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        for (place, line) in entry.replaces.iter().enumerate() {
            moves.extend(line.product_id.map(|id| (id, Move::Free(index, place))));
        }
        let product = entry.new.product();
        moves.extend(product.map(|product| (product.id, Move::Take(index))));
    }
    moves.sort_unstable();
    let mut seats = vec![Seat::Taken; entries.len()];
    let mut ahead: BTreeMap<i64, i64> = BTreeMap::new();
    for (id, step) in &moves {
        match step {
            Move::Free(index, place) => {
                let line = entries[*index].replaces[*place];
                carts::give_back(conn, organization_of(person), *id, line.quantity)?;
            }
            Move::Take(index) => {
                let (entry, ahead) = (&entries[*index], ahead.entry(*id).or_default());
                seats[*index] = take_seat(conn, person, entry, *ahead)?;
                if seats[*index] == Seat::Waits {
                    *ahead += entry.new.quantity;
                }
            }
        }
    }
    for (id, step) in &moves {
        if let Move::Free(index, place) = step
            && seats[*index] == Seat::Waits
        {
            let line = entries[*index].replaces[*place];
            carts::take(conn, organization_of(person), *id, line.quantity)?;
        }
    }
    Ok(seats)
}

fn take_seat(
    conn: &mut Conn,
    person: &Person,
    entry: &Entry<'_>,
    ahead: i64,
) -> Result<Seat, Error> {
    let (new, waiting) = (entry.new, entry.waiting.map(|line| line.id));
    let Some(product) = new.product() else {
        return Ok(Seat::Taken);
    };
    match seats::take(conn, person, product, new.quantity, waiting, ahead)? {
        Seat::None => {
            let msg = "A product is sold out.";
            Err(quota_exceeded(msg, new, "has not as many left"))
        }
        seat => Ok(seat),
    }
}

pub(super) fn quota_exceeded(msg: &'static str, line: &NewLine, rule: impl Into<String>) -> Error {
    let path = format!("{}.p_id", line.path);
    let error = FieldError::new(path, "quota_exceeded", rule);
    Error::new(ErrorCode::QuotaExceeded, msg).with_errors(vec![error])
}
