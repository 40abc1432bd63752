//! Carts: every line belongs to a registration, and the lines of one come to its order. What a discount takes off is
//! reckoned anew, from the rows.

use super::{Report, place};
use crate::db::audit;
use crate::db::carts::CartLine;
use crate::db::connection::DbConn;
use crate::db::registrations::Registration;
use crate::error::Error;
use crate::orders::discount;
use crate::orders::terms::Terms;

/// What is wrong with the cart of a registration.
pub(super) fn problems(row: &Registration, cart: &[CartLine]) -> Vec<String> {
    let mut problems: Vec<_> = cart.iter().filter_map(line_problem).collect();
    if !problems.is_empty() {
        // What such lines come to says nothing.
        return problems;
    }
    // A row that is wrong may hold anything: nothing overflows.
    let gross = cart.iter().try_fold(0_i64, |sum, line| {
        sum.checked_add(line.price.checked_mul(line.quantity)?)
    });
    let left = discount::reckon(&mut gross.map_or(Vec::new(), |_| cart.to_vec()));
    let sum: i64 = match (gross, left) {
        (Some(_), Ok(left)) => left.into_iter().sum(),
        _ => i64::MAX,
    };
    if sum != row.order_total {
        let total = row.order_total;
        problems.push(format!("order_total is {total}; its cart has {sum}"));
    }
    problems
}

fn line_problem(line: &CartLine) -> Option<String> {
    let terms: Option<Terms> = match line.terms.as_deref().map(serde_json::from_str).transpose() {
        Ok(terms) => terms,
        Err(error) => {
            let place = place(&error);
            return Some(format!(
                "the terms of its cart line {} do not parse ({place})",
                line.id
            ));
        }
    };
    let is_discount = matches!(terms, Some(Terms::Discount(_)));
    let how = if is_discount && (line.price, line.quantity) != (0, 1) {
        "is a discount and keeps a price or a quantity of its own"
    } else if line.price < 0 || line.quantity < 1 {
        "has a negative price, or no quantity"
    } else if line.waiting && line.product_id.is_none() {
        "waits for a seat of a private product"
    } else {
        return None;
    };
    Some(format!("its cart line {} {how}", line.id))
}

pub(super) fn check(conn: &mut DbConn, report: &mut Report) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let lost = audit::lost_lines(conn, report.organization(), after)?;
        let Some(last) = lost.last() else {
            return Ok(());
        };
        after = *last;
        for line in &lost {
            report.disagrees(format!("cart line {line}"), "belongs to no registration");
        }
    }
}
