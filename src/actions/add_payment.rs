//! `add_payment`: records what a user has paid, or was given back. Approved payments less approved refunds are
//! `total_paid`.

use serde_json::{Value, json};

use super::reply::Body;
use super::{Call, Done};
use crate::clock::rfc3339;
use crate::db::payments::Payment;
use crate::error::Error;
use crate::money::Money;
use crate::orders::payments::{self, Recorded};

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let person = call.person_with_doc(&payments::KEYS).await?;
    let new = match payments::read("doc", &call.envelope.doc) {
        Ok(new) => new,
        Err(error) => return Err(error.about(person)),
    };
    let now = call.app.clock.now();
    call.change(person, move |conn, person| {
        let (payment, msg, system_action) = match payments::record(conn, person, &new, now)? {
            Recorded::Added(payment) => (payment, "Payment added", json!(["payment_added"])),
            Recorded::Settled(payment) => (payment, "Payment settled", json!(["payment_settled"])),
            Recorded::Known(payment) => (payment, "Payment added", json!([])),
        };
        Ok(Done::new([
            ("msg", json!(msg)),
            ("system_action", system_action),
            ("payment", describe(&payment)),
        ]))
    })
    .await
}

pub(super) fn describe(payment: &Payment) -> Value {
    json!({
        "payment_id": payment.id,
        "amount": Money(payment.amount),
        "kind": payment.kind,
        "status": payment.status,
        "reference": payment.reference,
        "paid_at": payment.paid_at.map(rfc3339),
        "created_at": rfc3339(payment.created_at),
    })
}
