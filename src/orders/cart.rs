//! Adding to a cart and taking out of it, inside a transaction that holds the registration.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::db::carts::{self, CartLine, NewCartLine, Taken};
use crate::db::connection::Conn;
use crate::error::{Error, ErrorCode, FieldError};
use crate::money;
use crate::project::file::Product;
use crate::users::person::Person;

use super::product_list::{Item, NewLine, refusal};

/// The products that a cart takes today: events and merchandise. The others come with their own rules.
const SIMPLE_TYPES: [u8; 2] = [1, 7];

/// Adds lines: seats are taken, and the registration's sum grows. All or nothing. `is_hidden`: which products this user
/// may not select itself.
///
/// # Errors
///
/// `product_unavailable`; `quota_exceeded`.
pub fn add(
    conn: &mut Conn,
    person: &mut Person,
    lines: &[NewLine],
    is_hidden: impl Fn(&Product) -> bool,
    now: Timestamp,
) -> Result<Vec<CartLine>, Error> {
    check_available(conn, person, lines, is_hidden)?;
    take_seats(conn, person, lines)?;
    lines
        .iter()
        .map(|line| insert(conn, person, line, now))
        .collect()
}

fn insert(
    conn: &mut Conn,
    person: &mut Person,
    line: &NewLine,
    now: Timestamp,
) -> Result<CartLine, Error> {
    let new = new_row(person, line, now);
    let sum = person.registration.order_total + new.price * new.quantity;
    if sum > money::MAX.0 {
        let rule = format!("makes the cart cost more than {}", money::MAX);
        return Err(Error::invalid(line.path.clone(), "too_large", rule));
    }
    person.registration.order_total = sum;
    let id = carts::insert(conn, &new)?;
    Ok(CartLine {
        id,
        clogin_id: new.clogin_id,
        product_id: new.product_id,
        name: new.name,
        price: new.price,
        quantity: new.quantity,
        remark: new.remark,
        created_at: now,
    })
}

/// Takes lines out: seats are given back, and the registration's sum shrinks. All or nothing.
///
/// # Errors
///
/// `product_not_found`, when a line is not in this cart.
pub fn remove(
    conn: &mut Conn,
    person: &mut Person,
    cart_ids: &[(String, i64)],
) -> Result<Vec<CartLine>, Error> {
    let mut cart = of_person(conn, person)?;
    let mut removed = Vec::new();
    let mut errors = Vec::new();
    for (path, id) in cart_ids {
        match cart.iter().position(|line| line.id == *id) {
            Some(position) => removed.push(cart.remove(position)),
            None => {
                let rule = "is not in this user's cart";
                errors.push(FieldError::new(path.as_str(), "product_not_found", rule));
            }
        }
    }
    if !errors.is_empty() {
        return Err(refusal(errors));
    }
    take_out(conn, person, &removed)?;
    Ok(removed)
}

/// Takes lines of this cart out: seats are given back, and the registration's sum shrinks.
///
/// # Errors
///
/// When the database cannot do it.
pub fn take_out(conn: &mut Conn, person: &mut Person, lines: &[CartLine]) -> Result<(), Error> {
    for line in lines {
        carts::delete(
            conn,
            project_of(person),
            group_of(person),
            person.clogin_id(),
            line.id,
        )?;
        person.registration.order_total -= line.price * line.quantity;
    }
    give_seats_back(conn, person, lines)
}

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
    product: &Product,
    now: Timestamp,
) -> Result<Offered, Error> {
    if let Some(reason) = unavailable(product, person, &[]) {
        return Ok(Offered::Refused(reason));
    }
    if person.registration.order_total + product.price.0 > money::MAX.0 {
        return Ok(Offered::Refused("makes the cart cost too much"));
    }
    if carts::take(conn, project_of(person), product.id, 1)? == Taken::TooMany {
        // Nothing is rolled back here: what was taken is given back.
        carts::give_back(conn, project_of(person), product.id, 1)?;
        return Ok(Offered::Refused("is sold out"));
    }
    let line = NewLine {
        path: String::new(),
        item: Item::Listed(product.clone()),
        quantity: 1,
        remark: String::new(),
    };
    let line = insert(conn, person, &line, now)?;
    Ok(Offered::Added(line))
}

/// Gives back the seats of a whole cart, which stays as it is: its owner is leaving.
///
/// # Errors
///
/// When the database cannot do it.
pub fn free_seats(conn: &mut Conn, person: &Person) -> Result<(), Error> {
    let cart = of_person(conn, person)?;
    give_seats_back(conn, person, &cart)
}

/// Takes the seats of a whole cart again: its owner is coming back.
///
/// # Errors
///
/// `quota_exceeded`, when others have them.
pub fn take_seats_again(conn: &mut Conn, person: &Person) -> Result<(), Error> {
    let cart = of_person(conn, person)?;
    for (product, quantity) in pieces(&cart) {
        if carts::take(conn, project_of(person), product, quantity)? == Taken::TooMany {
            let msg = "A product in the user's cart is sold out.";
            return Err(Error::new(ErrorCode::QuotaExceeded, msg));
        }
    }
    Ok(())
}

fn project_of(person: &Person) -> crate::ids::OrganizationId {
    person.project.organization_id
}

fn group_of(person: &Person) -> crate::ids::GroupId {
    person.project.id()
}

/// What is in a cart, oldest first.
///
/// # Errors
///
/// When the database cannot be read.
pub fn of_person(conn: &mut Conn, person: &Person) -> Result<Vec<CartLine>, Error> {
    let people = [person.clogin_id()];
    Ok(carts::of_people(
        conn,
        project_of(person),
        group_of(person),
        &people,
    )?)
}

fn check_available(
    conn: &mut Conn,
    person: &Person,
    lines: &[NewLine],
    is_hidden: impl Fn(&Product) -> bool,
) -> Result<(), Error> {
    let only_one = lines
        .iter()
        .any(|line| matches!(&line.item, Item::Listed(product) if product.only_one));
    // Only then does what is in the cart already matter.
    let cart = if only_one {
        of_person(conn, person)?
    } else {
        Vec::new()
    };
    let mut seen: Vec<i64> = cart.iter().filter_map(|line| line.product_id).collect();
    let mut errors = Vec::new();
    for line in lines {
        let Item::Listed(product) = &line.item else {
            continue;
        };
        let hidden = is_hidden(product).then_some("is hidden");
        if let Some(rule) = hidden.or_else(|| unavailable(product, person, &seen)) {
            let path = format!("{}.p_id", line.path);
            errors.push(FieldError::new(path, "product_unavailable", rule));
        }
        seen.push(product.id);
    }
    if errors.is_empty() {
        return Ok(());
    }
    let msg = "A product is not available to this user.";
    Err(Error::new(ErrorCode::ProductUnavailable, msg).with_errors(errors))
}

/// Why a user may not add a product, if it may not.
fn unavailable(product: &Product, person: &Person, in_cart: &[i64]) -> Option<&'static str> {
    if !product.level.includes(person.is_child()) {
        Some("is not for users of this level")
    } else if !SIMPLE_TYPES.contains(&product.base_product_type) {
        Some("cannot be added by itself")
    } else if product.only_one && in_cart.contains(&product.id) {
        Some("is in the cart already, and there is only one of it")
    } else {
        None
    }
}

fn take_seats(conn: &mut Conn, person: &Person, lines: &[NewLine]) -> Result<(), Error> {
    let mut wanted: Vec<(i64, &NewLine)> = lines
        .iter()
        .filter_map(|line| match &line.item {
            Item::Listed(product) => Some((product.id, line)),
            Item::Private { .. } => None,
        })
        .collect();
    // Always in this order, so that two calls never wait for each other.
    wanted.sort_by_key(|(product, _)| *product);
    for (product, line) in wanted {
        if carts::take(conn, project_of(person), product, line.quantity)? == Taken::TooMany {
            let rule = "has not as many left";
            let path = format!("{}.p_id", line.path);
            let error = FieldError::new(path, "quota_exceeded", rule);
            let msg = "A product is sold out.";
            return Err(Error::new(ErrorCode::QuotaExceeded, msg).with_errors(vec![error]));
        }
    }
    Ok(())
}

/// Product → how many, in the order in which seats are taken.
fn pieces(lines: &[CartLine]) -> BTreeMap<i64, i64> {
    let mut pieces = BTreeMap::new();
    for line in lines {
        if let Some(product) = line.product_id {
            *pieces.entry(product).or_default() += line.quantity;
        }
    }
    pieces
}

fn give_seats_back(conn: &mut Conn, person: &Person, lines: &[CartLine]) -> Result<(), Error> {
    for (product, quantity) in pieces(lines) {
        carts::give_back(conn, project_of(person), product, quantity)?;
    }
    Ok(())
}

fn new_row(person: &Person, line: &NewLine, now: Timestamp) -> NewCartLine {
    let (product_id, name, price) = match &line.item {
        Item::Listed(product) => (Some(product.id), product.name.clone(), product.price),
        Item::Private { name, price } => (None, name.clone(), *price),
    };
    NewCartLine {
        organization_id: project_of(person).0,
        group_id: group_of(person).0,
        clogin_id: person.clogin_id().0,
        product_id,
        name,
        price: price.0,
        quantity: line.quantity,
        remark: line.remark.clone(),
        created_at: now,
    }
}
