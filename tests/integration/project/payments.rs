//! The payments of a file's users: by the rules of `add_payment`.

use serde_json::{Value, json};

use super::{ONE, Setup, demo};
use clogin::db::payments;
use clogin::ids::{CloginId, GroupId};

const PAYMENTS: &str = "x.json: users[1].registrations[0].payments";

fn with(payments: Value) -> Value {
    let mut file = demo();
    file["users"][1]["registrations"][0]["payments"] = payments;
    file
}

/// Kind, status, cents, reference and moment of each payment of Ray.
fn rows(setup: &Setup) -> Vec<String> {
    let people = [CloginId(9002)];
    let rows = setup.read(move |conn| Ok(payments::of_people(conn, ONE, GroupId(1001), &people)?));
    rows.into_iter()
        .map(|row| {
            let reference = row.reference.unwrap_or_default();
            let paid_at = row.paid_at.map(|at| at.to_string()).unwrap_or_default();
            format!(
                "{} {} {} {reference:?} {paid_at}",
                row.kind, row.status, row.amount
            )
        })
        .collect()
}

#[test]
fn the_payments_of_a_file_count() {
    let setup = Setup::new();
    let file = with(json!([
        { "amount": "100.00", "kind": "payment", "status": "approved" },
        { "amount": 50, "status": "pending", "reference": "bank 7", "paid_at": "2027-01-04" },
        { "amount": "30.50", "kind": "refund", "reference": "back" },
        { "amount": "30.50", "kind": "refund", "reference": "back" },
        { "amount": "50.00", "reference": "bank 7" },
    ]));
    setup.apply(&file).unwrap();
    let expected = [
        "payment approved 10000 \"\" 2027-01-05 09:00:00",
        "payment approved 5000 \"bank 7\" 2027-01-04 00:00:00",
        "refund approved 3050 \"back\" 2027-01-05 09:00:00",
    ];
    assert_eq!(rows(&setup), expected);
    assert_eq!(setup.check(), [""; 0]);
    assert_eq!((setup.ordered(1001), setup.paid(1001)), (25_000, 11_950));
    assert!(!setup.apply(&file).unwrap().is_changed);
    assert_eq!(setup.paid(1001), 11_950);
}

#[test]
fn what_add_payment_would_refuse_is_refused_with_its_path() {
    let amount = "must be an amount with at most two decimals, up to 9999999999.99, such as \"12.50\", and above zero";
    let left = "must be at most 20.00: what was paid, less the refunds that are pending";
    let moment = "must be a moment as in RFC 3339 (2027-01-05T09:00:00Z) or a date as YYYY-MM-DD";
    for (payments, problems) in [
        (
            json!([{ "amount": "0.00" }, { "amount": -1 }]),
            vec![("[0].amount", amount), ("[1].amount", amount)],
        ),
        (
            json!([{ "amount": 1, "paid_at": "soon" }]),
            vec![("[0].paid_at", moment)],
        ),
        (
            json!([{ "amount": 20 }, { "amount": "20.01", "kind": "refund" }]),
            vec![("[1].amount", left)],
        ),
    ] {
        let setup = Setup::new();
        let problems: Vec<_> = problems
            .into_iter()
            .map(|(path, rule)| format!("{PAYMENTS}{path} {rule}"))
            .collect();
        assert_eq!(setup.apply(&with(payments)).unwrap_err(), problems);
        assert_eq!(rows(&setup), [""; 0]);
    }
    for (payment, word) in [
        (json!({}), "amount"),
        (json!({ "amount": "1.234" }), "two decimals"),
        (json!({ "amount": 1, "kind": "gift" }), "gift"),
        (json!({ "amount": 1, "status": "maybe" }), "maybe"),
        (json!({ "amount": 1, "currency": "EUR" }), "currency"),
    ] {
        let problems = Setup::new().apply(&with(json!([payment]))).unwrap_err();
        assert!(
            problems[0].starts_with(&format!("{PAYMENTS}[0]")),
            "{problems:?}"
        );
        assert!(problems[0].contains(word), "{problems:?}");
    }
}
