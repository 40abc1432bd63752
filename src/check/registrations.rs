//! Registrations: what they refer to is there, their documents parse, and their sums are those of their carts and
//! payments.
//!
//! `order_total` is what the cart comes to, after discounts and without what waits for a seat, of a registration that has
//! ended too: `delete` keeps both as they are, and a registration that begins again has an empty cart and owes nothing.
//! The order of an ended one counts nowhere, neither in totals nor as sold; what it has paid still counts.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::configuration::Known;
use super::payments::{self, Paid};
use super::told::problem;
use super::totals::{Key, Sums};
use super::{Report, carts, categories};
use crate::clock::Timestamp;
use crate::db::audit::{self, Place};
use crate::db::carts::CartLine;
use crate::db::connection::DbConn;
use crate::db::registrations::Registration;
use crate::error::Error;
use crate::ids::OrganizationId;
use crate::project::file::Structure;
use crate::triggers::memory::Memory;
use crate::users::forms::FormState;

/// What the registrations of an organization come to.
#[derive(Default)]
pub(super) struct Counted {
    pub totals: BTreeMap<Key, Sums>,
    /// Product → pieces.
    pub sold: HashMap<i64, i64>,
}

/// What a page of registrations refers to.
struct Around {
    /// Person → since when it is deleted.
    people: HashMap<i64, Option<Timestamp>>,
    /// (project, person) → its place there.
    parents: HashMap<(i64, i64), Place>,
    carts: HashMap<(i64, i64), Vec<CartLine>>,
    payments: HashMap<(i64, i64), Paid>,
}

pub(super) fn check(
    conn: &mut DbConn,
    report: &mut Report,
    known: &Known,
) -> Result<Counted, Error> {
    let mut counted = Counted::default();
    let mut after = 0;
    loop {
        let page = audit::registrations(conn, report.organization(), after)?;
        let Some(last) = page.last() else {
            return Ok(counted);
        };
        after = last.id;
        let around = read_around(conn, report.organization(), &page)?;
        for registration in &page {
            report.verified.registrations += 1;
            let row = format!("registration {}", registration.id);
            for problem in problems(registration, known, &around) {
                report.disagrees(&row, problem);
            }
            let place = (registration.group_id, registration.clogin_id);
            let cart = around.carts.get(&place).map_or(&[][..], Vec::as_slice);
            if registration.deleted_at.is_none() {
                for remark in categories::remarks(known, cart) {
                    report.remarks(&row, remark);
                }
            }
            count(&mut counted, registration, &around);
        }
    }
}

fn read_around(
    conn: &mut DbConn,
    organization: OrganizationId,
    page: &[Registration],
) -> Result<Around, Error> {
    let people: Vec<i64> = page.iter().map(|row| row.clogin_id).collect();
    let parents: Vec<i64> = page.iter().filter_map(|row| row.parent_id).collect();
    let mut carts: HashMap<(i64, i64), Vec<CartLine>> = HashMap::new();
    for (group, line) in audit::lines(conn, organization, &people)? {
        carts.entry((group, line.clogin_id)).or_default().push(line);
    }
    let mut payments: HashMap<(i64, i64), Paid> = HashMap::new();
    for payment in audit::payments(conn, organization, &people)? {
        let paid = payments.entry((payment.group_id, payment.clogin_id));
        paid.or_default().add(&payment);
    }
    let places = audit::places(conn, organization, &parents)?;
    Ok(Around {
        people: audit::known_people(conn, organization, &people)?
            .into_iter()
            .collect(),
        parents: places
            .into_iter()
            .map(|place| ((place.group_id, place.clogin_id), place))
            .collect(),
        carts,
        payments,
    })
}

fn problems(row: &Registration, known: &Known, around: &Around) -> Vec<String> {
    let mut problems = Vec::new();
    match around.people.get(&row.clogin_id) {
        None => problems.push(format!("its user {} is not there", row.clogin_id)),
        Some(Some(_)) if row.deleted_at.is_none() => {
            problems.push(format!("its user {} is deleted", row.clogin_id));
        }
        Some(_) => {}
    }
    if !known.groups.contains_key(&row.group_id) {
        problems.push(format!("its project {} is not there", row.group_id));
    }
    problems.extend(status_problem(row, known));
    problems.extend(family_problem(row, known, around));
    problems.extend(problem::<Map<String, Value>>("answers", &row.answers));
    problems.extend(problem::<FormState>("forms", &row.forms));
    problems.extend(problem::<Memory>("triggers", &row.triggers));
    if let Some(utm) = &row.utm {
        problems.extend(problem::<Map<String, Value>>("utm", utm));
    }
    let cart = around.carts.get(&(row.group_id, row.clogin_id));
    problems.extend(carts::problems(
        row,
        cart.map(Vec::as_slice).unwrap_or_default(),
    ));
    let paid = around.payments.get(&(row.group_id, row.clogin_id));
    problems.extend(payments::problems(row, paid));
    problems
}

fn status_problem(row: &Registration, known: &Known) -> Option<String> {
    let is_excluded = match row.status_id {
        None => Some(false),
        Some(status) => match known.statuses.get(&(row.group_id, status)) {
            Some(is_excluded) => *is_excluded,
            None => return Some(format!("its project has no status {status}")),
        },
    };
    // A status that does not parse is named itself.
    let expected = is_excluded?;
    (expected != row.excluded)
        .then(|| format!("excluded is {}; its status says {expected}", row.excluded))
}

fn family_problem(row: &Registration, known: &Known, around: &Around) -> Option<String> {
    let parent = row.parent_id?;
    let has_no_families = known.groups.get(&row.group_id) == Some(&Some(Structure::Individual));
    if has_no_families && row.deleted_at.is_none() {
        return Some(format!(
            "has the parent {parent}; its project has no families"
        ));
    }
    let place = around.parents.get(&(row.group_id, parent));
    let how = match place {
        _ if parent == row.clogin_id => "is itself",
        // What has become of the parent since does not matter to a child that has ended.
        _ if row.deleted_at.is_some() => return None,
        None => "was never registered in the project",
        Some(place) if place.parent_id.is_some() => "is a child",
        Some(place) if place.deleted_at.is_some() => "is registered no more",
        Some(_) => return None,
    };
    Some(format!("its parent {parent} {how}"))
}

fn count(counted: &mut Counted, row: &Registration, around: &Around) {
    let key = Key {
        group: row.group_id,
        is_child: row.parent_id.is_some(),
        excluded: row.excluded,
    };
    let (users, ordered) = match row.deleted_at {
        None => (1, row.order_total),
        Some(_) => (0, 0),
    };
    counted.totals.entry(key).or_default().add(Sums {
        users,
        ordered,
        paid: row.paid_total,
    });
    if row.deleted_at.is_some() {
        return;
    }
    let cart = around.carts.get(&(row.group_id, row.clogin_id));
    for line in cart.into_iter().flatten().filter(|line| !line.waiting) {
        if let Some(product) = line.product_id {
            let sold = counted.sold.entry(product).or_default();
            *sold = sold.saturating_add(line.quantity);
        }
    }
}
