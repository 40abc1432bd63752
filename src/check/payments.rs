//! What a registration has paid is the sum of its payments, and no refund is above it. Every payment belongs to a
//! registration.

use super::Report;
use crate::db::audit::{self, AuditedPayment};
use crate::db::connection::DbConn;
use crate::db::registrations::Registration;
use crate::error::Error;
use crate::orders::payments::{Kind, Status, effect};

/// What a registration's payments come to, in minor units. A row that is wrong may hold anything: nothing overflows.
#[derive(Default)]
pub(super) struct Paid {
    approved: i64,
    pending_refunds: i64,
    wrong: Vec<i64>,
}

impl Paid {
    pub(super) fn add(&mut self, payment: &AuditedPayment) {
        let (kind, status) = (Kind::find(&payment.kind), Status::find(&payment.status));
        let amount = payment.amount;
        match (kind, status) {
            (Some(kind), Some(status)) if amount > 0 => {
                self.approved = self.approved.saturating_add(effect(kind, status, amount));
                if (kind, status) == (Kind::Refund, Status::Pending) {
                    self.pending_refunds = self.pending_refunds.saturating_add(amount);
                }
            }
            _ => self.wrong.push(payment.id),
        }
    }
}

/// `paid`: none where there is no payment.
pub(super) fn problems(row: &Registration, paid: Option<&Paid>) -> Vec<String> {
    let none = Paid::default();
    let paid = paid.unwrap_or(&none);
    let mut problems: Vec<_> = paid
        .wrong
        .iter()
        .map(|id| format!("its payment {id} is of no known kind, status or amount"))
        .collect();
    let (total, approved) = (row.paid_total, paid.approved);
    if total != approved {
        problems.push(format!(
            "paid_total is {total}; its payments have {approved}"
        ));
    }
    let pending = paid.pending_refunds;
    if pending > approved {
        problems.push(format!(
            "has paid {approved}; its pending refunds have {pending}"
        ));
    }
    problems
}

/// Payments that belong to nobody's registration.
pub(super) fn check(conn: &mut DbConn, report: &mut Report) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let lost = audit::lost_payments(conn, report.organization(), after)?;
        let Some(last) = lost.last() else {
            return Ok(());
        };
        after = *last;
        for payment in &lost {
            report.disagrees(format!("payment {payment}"), "belongs to no registration");
        }
    }
}
