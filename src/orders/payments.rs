//! Payments and refunds of a registration, inside a transaction that holds it.
//!
//! What is approved counts: payments less refunds are the registration's `paid_total`, which is never below zero. A
//! refund that is pending counts against what can still be given back, so that it can always be approved.
//!
//! A reference names one payment or refund of a registration. Sent again it changes nothing, with one exception: a
//! pending one is settled by the same kind and amount with another status.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::db::connection::Conn;
use crate::db::payments::{self, NewPaymentRow, Payment};
use crate::error::{Error, FieldError};
use crate::lenient;
use crate::money::{self, InvalidMoney, Money};
use crate::users::person::Person;

/// The keys of a payment, as `add_payment` takes them.
pub const KEYS: [&str; 5] = ["amount", "kind", "status", "reference", "paid_at"];

/// In characters.
const MAX_REFERENCE_LENGTH: usize = 255;

const KIND_RULE: &str = "must be \"payment\" or \"refund\"";
const STATUS_RULE: &str = "must be \"approved\", \"pending\" or \"failed\"";

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PaymentKind")]
pub enum Kind {
    #[default]
    Payment,
    Refund,
}

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PaymentStatus")]
pub enum Status {
    #[default]
    Approved,
    /// It counts when it is approved.
    Pending,
    Failed,
}

impl Kind {
    pub fn find(name: &str) -> Option<Self> {
        let mut all = [Kind::Payment, Kind::Refund].into_iter();
        all.find(|kind| kind.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Payment => "payment",
            Kind::Refund => "refund",
        }
    }
}

impl Status {
    pub fn find(name: &str) -> Option<Self> {
        let mut all = [Status::Approved, Status::Pending, Status::Failed].into_iter();
        all.find(|status| status.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Status::Approved => "approved",
            Status::Pending => "pending",
            Status::Failed => "failed",
        }
    }
}

/// What a payment or refund adds to what is paid, in minor units.
pub fn effect(kind: Kind, status: Status, amount: i64) -> i64 {
    match (status, kind) {
        (Status::Approved, Kind::Payment) => amount,
        (Status::Approved, Kind::Refund) => -amount,
        (Status::Pending | Status::Failed, _) => 0,
    }
}

/// A payment that is to be recorded.
#[derive(Clone, Debug)]
pub struct NewPayment {
    /// Where it stands in the request.
    path: String,
    amount: i64,
    kind: Kind,
    status: Status,
    reference: Option<String>,
    paid_at: Option<Timestamp>,
}

/// What became of a payment.
pub enum Recorded {
    Added(Payment),
    /// It was pending.
    Settled(Payment),
    /// Its reference is that of this one, which stays as it is.
    Known(Payment),
}

/// Reads a payment; unknown keys are somebody else's concern.
///
/// # Errors
///
/// `validation_failed`, with everything that is wrong.
pub fn read(path: &str, doc: &Map<String, Value>) -> Result<NewPayment, Error> {
    let mut errors = Vec::new();
    let mut keep = |error: FieldError| errors.push(error);
    let at = |key: &str| format!("{path}.{key}");
    let amount = read_amount(at("amount"), given(doc, "amount")).map_err(&mut keep);
    let kind = read_word(at("kind"), given(doc, "kind"), KIND_RULE, Kind::find);
    let kind = kind.map_err(&mut keep);
    let status = read_word(
        at("status"),
        given(doc, "status"),
        STATUS_RULE,
        Status::find,
    );
    let status = status.map_err(&mut keep);
    let reference = read_reference(at("reference"), given(doc, "reference")).map_err(&mut keep);
    let paid_at = lenient::moment(given(doc, "paid_at"))
        .map_err(|rule| keep(FieldError::new(at("paid_at"), "invalid", rule)));
    match (amount, kind, status, reference, paid_at) {
        (Ok(amount), Ok(kind), Ok(status), Ok(reference), Ok(paid_at)) => Ok(NewPayment {
            path: path.to_owned(),
            amount,
            kind,
            status,
            reference,
            paid_at,
        }),
        _ => Err(Error::validation(errors)),
    }
}

fn given<'a>(doc: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    doc.get(key).filter(|value| !value.is_null())
}

fn read_amount(path: String, value: Option<&Value>) -> Result<i64, FieldError> {
    let Some(value) = value else {
        return Err(FieldError::new(path, "required", "is required"));
    };
    match serde_json::from_value::<Money>(value.clone()) {
        Ok(amount) if amount.0 > 0 => Ok(amount.0),
        _ => {
            let rule = format!("must be {InvalidMoney}, and above zero");
            Err(FieldError::new(path, "invalid", rule))
        }
    }
}

fn read_word<T>(
    path: String,
    value: Option<&Value>,
    rule: &'static str,
    find: impl Fn(&str) -> Option<T>,
) -> Result<T, FieldError> {
    match value {
        None => Err(FieldError::new(
            path,
            "required",
            format!("is required: it {rule}"),
        )),
        Some(value) => {
            let found = value.as_str().and_then(find);
            found.ok_or_else(|| FieldError::new(path, "invalid", rule))
        }
    }
}

fn read_reference(path: String, value: Option<&Value>) -> Result<Option<String>, FieldError> {
    let Some(value) = value else { return Ok(None) };
    let text = match lenient::text(value) {
        Ok(text) => text.trim().to_owned(),
        Err(rule) => return Err(FieldError::new(path, "invalid", rule)),
    };
    if text.chars().count() > MAX_REFERENCE_LENGTH {
        let rule = format!("must have at most {MAX_REFERENCE_LENGTH} characters");
        return Err(FieldError::new(path, "too_long", rule));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Records a payment; the registration's sum follows.
///
/// # Errors
///
/// `validation_failed`: a refund above what was paid, or more paid than is counted.
pub fn record(
    conn: &mut Conn,
    person: &mut Person,
    new: &NewPayment,
    now: Timestamp,
) -> Result<Recorded, Error> {
    let project = &person.project;
    let (organization, group) = (project.organization_id, project.id());
    if let Some(reference) = &new.reference {
        let first = payments::find(conn, organization, group, person.clogin_id(), reference)?;
        if let Some(first) = first {
            return again(conn, person, first, new, now);
        }
    }
    check_refund(conn, person, new)?;
    count(person, new)?;
    let row = NewPaymentRow {
        organization_id: organization.0,
        group_id: group.0,
        clogin_id: person.clogin_id().0,
        kind: new.kind.name(),
        status: new.status.name(),
        amount: new.amount,
        reference: new.reference.clone(),
        paid_at: new.paid_at.or_else(|| new.is_approved().then_some(now)),
        created_at: now,
    };
    Ok(Recorded::Added(Payment {
        id: payments::insert(conn, &row)?,
        clogin_id: row.clogin_id,
        kind: row.kind.to_owned(),
        status: row.status.to_owned(),
        amount: row.amount,
        reference: row.reference,
        paid_at: row.paid_at,
        created_at: now,
    }))
}

impl NewPayment {
    fn is_approved(&self) -> bool {
        self.status == Status::Approved
    }

    /// Whether this is the end of one that was pending.
    fn settles(&self, first: &Payment) -> bool {
        first.status == Status::Pending.name()
            && self.status != Status::Pending
            && first.kind == self.kind.name()
            && first.amount == self.amount
    }

    fn too_large(&self, rule: String) -> Error {
        Error::invalid(format!("{}.amount", self.path), "too_large", rule)
    }
}

/// The same reference again.
fn again(
    conn: &mut Conn,
    person: &mut Person,
    first: Payment,
    new: &NewPayment,
    now: Timestamp,
) -> Result<Recorded, Error> {
    if !new.settles(&first) {
        return Ok(Recorded::Known(first));
    }
    count(person, new)?;
    let known = new.paid_at.or(first.paid_at);
    let settled = Payment {
        status: new.status.name().to_owned(),
        paid_at: known.or_else(|| new.is_approved().then_some(now)),
        ..first
    };
    payments::settle(
        conn,
        person.project.organization_id,
        settled.id,
        &settled.status,
        settled.paid_at,
    )?;
    Ok(Recorded::Settled(settled))
}

fn check_refund(conn: &mut Conn, person: &Person, new: &NewPayment) -> Result<(), Error> {
    if new.kind != Kind::Refund || new.status == Status::Failed {
        return Ok(());
    }
    let pending = payments::sum(
        conn,
        person.project.organization_id,
        person.project.id(),
        person.clogin_id(),
        Kind::Refund.name(),
        Status::Pending.name(),
    )?;
    let left = person.registration.paid_total - pending;
    if new.amount <= left {
        return Ok(());
    }
    let left = Money(left);
    let rule = format!("must be at most {left}: what was paid, less the refunds that are pending");
    Err(new.too_large(rule))
}

fn count(person: &mut Person, new: &NewPayment) -> Result<(), Error> {
    let paid = person.registration.paid_total + effect(new.kind, new.status, new.amount);
    if paid > money::MAX.0 {
        let rule = format!("brings what is paid above {}", money::MAX);
        return Err(new.too_large(rule));
    }
    person.registration.paid_total = paid;
    Ok(())
}
