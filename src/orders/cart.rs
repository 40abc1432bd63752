//! A cart in the hands of a call that holds its registration: taking lines out of it. Putting lines in is in `add.rs`.

use super::locks::{indispensable, locked};
use super::product_list::refusal;
use super::{discount, seats};
use crate::db::carts::{self, CartLine};
use crate::db::connection::{Conn, DbConn};
use crate::error::{Error, ErrorCode, FieldError};
use crate::ids::{GroupId, OrganizationId};
use crate::project::snapshot::Project;
use crate::users::person::Person;

/// A whole cart, oldest line first, with its discounts reckoned.
#[derive(Clone, Debug, Default)]
pub struct Cart {
    lines: Vec<CartLine>,
    /// What there is left to pay of each line.
    left: Vec<i64>,
}

impl Cart {
    /// # Errors
    ///
    /// When the terms of a line do not parse.
    pub fn new(mut lines: Vec<CartLine>) -> Result<Self, Error> {
        let left = discount::reckon(&mut lines)?;
        Ok(Cart { lines, left })
    }

    /// Reads it, in one query.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the terms of a line do not parse.
    pub fn read(conn: &mut DbConn, person: &Person) -> Result<Self, Error> {
        let people = [person.clogin_id()];
        let lines = carts::of_people(conn, organization_of(person), group_of(person), &people)?;
        Cart::new(lines)
    }

    pub fn lines(&self) -> &[CartLine] {
        &self.lines
    }

    /// Each line with what there is left to pay of it after discounts.
    pub fn with_left(&self) -> impl Iterator<Item = (&CartLine, i64)> {
        self.lines.iter().zip(self.left.iter().copied())
    }

    pub fn line(&self, id: i64) -> Option<&CartLine> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// The line of a product: the oldest one.
    pub fn line_of(&self, product: i64) -> Option<&CartLine> {
        let mut lines = self.lines.iter();
        lines.find(|line| line.product_id == Some(product))
    }

    /// The line of a product that waits for its seat: the oldest one.
    pub fn waiting_line_of(&self, product: i64) -> Option<&CartLine> {
        let mut lines = self.lines.iter();
        lines.find(|line| line.waiting && line.product_id == Some(product))
    }

    /// The order: what all lines come to.
    pub fn total(&self) -> i64 {
        self.left.iter().sum()
    }

    /// The products that are in it, and not only waited for.
    pub fn products(&self) -> impl Iterator<Item = i64> {
        let seated = self.lines.iter().filter(|line| !line.waiting);
        seated.filter_map(|line| line.product_id)
    }

    /// Its lines of a category.
    pub fn of_category<'a>(
        &'a self,
        project: &'a Project,
        category: i64,
    ) -> impl Iterator<Item = &'a CartLine> {
        self.lines.iter().filter(move |line| {
            let product = line.product_id.and_then(|id| project.product(id));
            product.is_some_and(|product| product.category == Some(category))
        })
    }

    /// Takes over what a call has done to its rows; the registration's sum follows.
    pub(super) fn become_of(
        &mut self,
        lines: Vec<CartLine>,
        person: &mut Person,
    ) -> Result<(), Error> {
        *self = Cart::new(lines)?;
        person.registration.order_total = self.total();
        Ok(())
    }
}

/// Takes lines out that a user removes: seats are given back, and the registration's sum follows. All or nothing.
///
/// # Errors
///
/// `product_not_found`, when a line is not in this cart; `product_locked`.
pub fn remove(
    conn: &mut Conn,
    person: &mut Person,
    cart_ids: &[(String, i64)],
) -> Result<Vec<CartLine>, Error> {
    let mut cart = Cart::read(conn, person)?;
    let unknown: Vec<_> = cart_ids
        .iter()
        .filter(|(_, id)| cart.line(*id).is_none())
        .map(|(path, _)| {
            let rule = "is not in this user's cart";
            FieldError::new(path.as_str(), "product_not_found", rule)
        })
        .collect();
    if !unknown.is_empty() {
        return Err(refusal(unknown));
    }
    check_locks(&cart, person, cart_ids)?;
    let ids: Vec<_> = cart_ids.iter().map(|(_, id)| *id).collect();
    take_out(conn, person, &mut cart, &ids)
}

fn check_locks(cart: &Cart, person: &Person, cart_ids: &[(String, i64)]) -> Result<(), Error> {
    let project = &person.project;
    let goes = |line: &CartLine| cart_ids.iter().any(|(_, id)| *id == line.id);
    let reason = |line: &CartLine| {
        locked(project, cart, person.registration.paid_total, line)
            .or_else(|| indispensable(project, cart, line, goes))
    };
    let errors: Vec<_> = cart_ids
        .iter()
        .filter_map(|(path, id)| {
            let rule = reason(cart.line(*id)?)?;
            Some(FieldError::new(path.as_str(), "product_locked", rule))
        })
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorCode::ProductLocked, "A line cannot be removed.").with_errors(errors))
}

/// Takes lines of this cart out, whatever they are: seats are given back, and the registration's sum follows.
///
/// # Errors
///
/// When the database cannot do it.
pub fn take_out(
    conn: &mut Conn,
    person: &mut Person,
    cart: &mut Cart,
    ids: &[i64],
) -> Result<Vec<CartLine>, Error> {
    let lines = cart.lines().iter().cloned();
    let (removed, kept): (Vec<_>, Vec<_>) = lines.partition(|line| ids.contains(&line.id));
    for line in &removed {
        delete(conn, person, line)?;
    }
    seats::give_back(conn, person, &removed)?;
    cart.become_of(kept, person)?;
    // In the order that was asked for.
    let place = |line: &CartLine| ids.iter().position(|id| *id == line.id);
    let mut removed = removed;
    removed.sort_by_key(place);
    Ok(removed)
}

pub(super) fn delete(conn: &mut Conn, person: &Person, line: &CartLine) -> Result<(), Error> {
    let (organization, group) = (organization_of(person), group_of(person));
    let clogin = person.clogin_id();
    Ok(carts::delete(conn, organization, group, clogin, line.id)?)
}

/// Gives back the seats of a whole cart, which stays as it is: its owner is leaving.
///
/// # Errors
///
/// When the database cannot do it.
pub fn free_seats(conn: &mut Conn, person: &Person) -> Result<(), Error> {
    let cart = Cart::read(conn, person)?;
    seats::give_back(conn, person, cart.lines())
}

/// Takes the seats of a whole cart again: its owner is coming back. What waited goes on waiting.
///
/// # Errors
///
/// `quota_exceeded`, when others have them.
pub fn take_seats_again(conn: &mut Conn, person: &Person) -> Result<(), Error> {
    let cart = Cart::read(conn, person)?;
    seats::take_again(conn, person, cart.lines())
}

pub(super) fn organization_of(person: &Person) -> OrganizationId {
    person.project.organization_id
}

pub(super) fn group_of(person: &Person) -> GroupId {
    person.project.id()
}
