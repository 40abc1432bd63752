//! `add_payment` beyond its fixtures: many clients at one account, and what is left when its owner goes.

use serde_json::{Value, json};

use super::people::{
    CAMP, add_payment, at_once, call, check, done, parent, pay, refund, set_status, statuses,
    with_headers_at_once,
};
use crate::support::client::Answer;
use crate::support::{TestApp, get_info};

fn paid(answer: &Value) -> &str {
    answer["meta_info"]["total_paid"].as_str().unwrap()
}

/// What `get_info` says is paid, and how many payments there are.
fn account(app: &TestApp, clogin: &str) -> (String, usize) {
    let info = done(app, get_info(CAMP, clogin, json!({ "_userpayments": 1 })));
    let payments = info["doc"]["_userpayments"].as_array().unwrap().len();
    (paid(&info).to_owned(), payments)
}

/// How many answers say each of these.
fn actions(answers: &[Answer], action: &str) -> usize {
    let says = |answer: &&Answer| answer.json()["system_action"][0] == action;
    answers.iter().filter(says).count()
}

#[test]
fn of_refunds_at_once_only_what_was_paid_is_given_back() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    done(&app, pay(&me, "100.00"));
    let answers = at_once(&app, &vec![refund(&me, "30.00"); 12]);
    assert_eq!(statuses(&answers), [(200, 3), (422, 9)]);
    assert_eq!(account(&app, &me), ("10.00".to_owned(), 4));
    check(&app);
}

#[test]
fn refunds_that_are_pending_share_what_was_paid_with_those_that_are_approved() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    done(&app, pay(&me, "100.00"));
    let calls: Vec<_> = (0..12)
        .map(|number| {
            let status = ["pending", "approved", "failed"][number % 3];
            let reference = format!("refund {number}");
            let doc =
                json!({ "amount": 30, "kind": "refund", "status": status, "reference": reference });
            add_payment(&me, doc)
        })
        .collect();
    let answers = at_once(&app, &calls);
    // Those that have failed count for nothing.
    assert_eq!(statuses(&answers), [(200, 3 + 4), (422, 5)]);
    check(&app);
    // Each that is pending can be approved, whatever comes between.
    for mut call in calls {
        call["doc"]["status"] = json!("approved");
        let answer = app.post(call.clone());
        if answer.status == 422 {
            assert_eq!(answer.code(), "validation_failed");
        }
        check(&app);
    }
    assert_eq!(account(&app, &me).0, "10.00");
}

#[test]
fn one_reference_at_once_is_one_payment() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let doc =
        json!({ "amount": "40.00", "kind": "payment", "status": "approved", "reference": "one" });
    let answers = at_once(&app, &vec![add_payment(&me, doc); 16]);
    assert_eq!(statuses(&answers), [(200, 16)]);
    assert_eq!(actions(&answers, "payment_added"), 1);
    let first = answers[0].json()["payment"].clone();
    assert!(
        answers
            .iter()
            .all(|answer| answer.json()["payment"] == first)
    );
    assert_eq!(account(&app, &me), ("40.00".to_owned(), 1));
    check(&app);
}

#[test]
fn what_is_pending_is_settled_once() {
    let app = TestApp::start();
    for _ in 0..5 {
        let me = parent(&app, json!({}));
        let with = |status: &str| {
            let doc =
                json!({ "amount": 40, "kind": "payment", "status": status, "reference": "one" });
            add_payment(&me, doc)
        };
        done(&app, with("pending"));
        let calls: Vec<_> = (0..12)
            .map(|number| with(["approved", "failed", "pending"][number % 3]))
            .collect();
        let answers = at_once(&app, &calls);
        assert_eq!(actions(&answers, "payment_settled"), 1);
        let (paid, payments) = account(&app, &me);
        assert!(paid == "40.00" || paid == "0.00");
        assert_eq!(payments, 1);
        check(&app);
    }
}

#[test]
fn with_an_idempotency_key_it_is_added_once() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let key = [("Idempotency-Key", "pay")];
    let answers = with_headers_at_once(&app, &key, &vec![pay(&me, "1.00"); 8]);
    assert!(answers.iter().all(|answer| answer.text == answers[0].text));
    assert_eq!(account(&app, &me), ("1.00".to_owned(), 1));
    check(&app);
}

#[test]
fn payments_outlive_the_registration_and_come_back_with_it() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let sums = |app: &TestApp| {
        let list = json!({ "action": "get_user_list", "group_id": CAMP });
        done(app, list)["totals"].clone()
    };
    done(&app, pay(&me, "25.00"));
    done(&app, set_status(&me, 22));
    assert_eq!(sums(&app)["paid"], "25.00");
    done(&app, call("delete", &me, json!({})));
    assert_eq!(app.post(pay(&me, "1.00")).code(), "user_not_found");
    assert_eq!(
        sums(&app),
        json!({ "users": 2, "order": "250.00", "paid": "25.00", "balance": "225.00" })
    );
    check(&app);
    let revived = done(&app, call("create", &me, json!({})));
    assert_eq!(paid(&revived), "25.00");
    assert_eq!(revived["meta_info"]["total_balance"], "-25.00");
    done(&app, refund(&me, "25.00"));
    assert_eq!(account(&app, &me), ("0.00".to_owned(), 2));
    assert_eq!(sums(&app)["paid"], "0.00");
    check(&app);
}

#[test]
fn sums_stay_within_what_is_counted() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    let most = "9999999999.99";
    done(&app, pay(&me, most));
    assert_eq!(app.post(pay(&me, "0.01")).status, 422);
    let doc = |status: &str| json!({ "amount": "0.01", "kind": "payment", "status": status, "reference": "later" });
    done(&app, add_payment(&me, doc("pending")));
    assert_eq!(app.post(add_payment(&me, doc("approved"))).status, 422);
    done(&app, refund(&me, most));
    done(&app, add_payment(&me, doc("approved")));
    assert_eq!(account(&app, &me), ("0.01".to_owned(), 3));
    check(&app);
}
