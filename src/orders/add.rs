//! Putting lines into a cart, inside a transaction that holds the registration.
//!
//! A cart has one line of a category whose products are interchanged: a new one replaces it once it has its seat.
//! A product that waits in the cart is not added a second time: who adds it again asks for its seat.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::availability::unavailable;
use super::cart::{Cart, delete, group_of, organization_of};
use super::locks::locked;
use super::product_list::{Item, NewLine};
use super::seats::{self, Seat};
use super::terms::Terms;
use crate::clock::Timestamp;
use crate::db::carts::{self, CartLine, NewCartLine};
use crate::db::connection::Conn;
use crate::error::{Error, ErrorCode, FieldError};
use crate::money;
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
/// user may not select itself.
///
/// # Errors
///
/// `product_unavailable`; `quota_exceeded`; `product_locked`, of a line that would be replaced.
pub fn add(
    conn: &mut Conn,
    person: &mut Person,
    lines: &[NewLine],
    is_hidden: impl Fn(&Product) -> bool,
    now: Timestamp,
) -> Result<Added, Error> {
    let mut cart = Cart::read(conn, person)?;
    let today = today(&person.project.group.settings, now);
    check_available(person, &cart, lines, is_hidden, today)?;
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
    let unavailable = unavailable(project, product, person.is_child(), today);
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

/// An entry of a call, and what it meets in the cart.
struct Entry<'a> {
    new: &'a NewLine,
    /// The line that waits for a seat already.
    waiting: Option<&'a CartLine>,
    /// What it is interchanged with.
    replaces: Vec<&'a CartLine>,
}

impl<'a> Entry<'a> {
    fn new(person: &'a Person, cart: &'a Cart, new: &'a NewLine) -> Result<Self, Error> {
        let mut entry = Entry {
            new,
            waiting: None,
            replaces: Vec::new(),
        };
        let Some(product) = new.product() else {
            return Ok(entry);
        };
        let project = &person.project;
        let mut lines = cart.lines().iter();
        entry.waiting = lines.find(|line| line.waiting && line.product_id == Some(product.id));
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

fn check_available(
    person: &Person,
    cart: &Cart,
    lines: &[NewLine],
    is_hidden: impl Fn(&Product) -> bool,
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
        let is_twice = |other: &&Product| {
            other.id == product.id && cart.line_of(product.id).is_some_and(|line| line.waiting)
        };
        let rule = if is_hidden(product) {
            Some("is hidden")
        } else if let Some(rule) = unavailable(project, product, person.is_child(), today) {
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
fn take_seats(conn: &mut Conn, person: &Person, entries: &[Entry<'_>]) -> Result<Vec<Seat>, Error> {
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

fn quota_exceeded(msg: &'static str, line: &NewLine, rule: impl Into<String>) -> Error {
    let path = format!("{}.p_id", line.path);
    let error = FieldError::new(path, "quota_exceeded", rule);
    Error::new(ErrorCode::QuotaExceeded, msg).with_errors(vec![error])
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

/// What a line costs before any discount.
fn gross(line: &CartLine) -> i64 {
    if line.price < 0 { 0 } else { line.total() }
}

fn check_sum(cart: &[CartLine], line: &CartLine, new: &NewLine) -> Result<(), Error> {
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
fn write(conn: &mut Conn, row: NewCartLine, waiting: Option<&CartLine>) -> Result<CartLine, Error> {
    let id = match waiting {
        Some(line) if row.waiting => return Ok(line.clone()),
        Some(line) => {
            let organization = crate::ids::OrganizationId(row.organization_id);
            carts::promote(conn, organization, line.id, row.price, row.terms.as_deref())?;
            return Ok(CartLine {
                waiting: false,
                price: row.price,
                terms: row.terms,
                ..line.clone()
            });
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

fn new_row(
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
