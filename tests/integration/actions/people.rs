//! People of the demo's summer camp, many clients at once, and what has to be true of the rows whatever they do.

use std::sync::Barrier;

use serde_json::{Value, json};

use crate::support::client::Answer;
use crate::support::{TestApp, create};

/// The camp, whose people these are.
pub const CAMP: i64 = 1001;

/// A call about somebody, with further keys.
pub fn call(action: &str, clogin: &str, more: Value) -> Value {
    let mut body = json!({ "action": action, "group_id": CAMP, "clogin_id": clogin });
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}

pub fn update(clogin: &str, doc: Value) -> Value {
    call("update", clogin, json!({ "doc": doc }))
}

pub fn add_product(clogin: &str, list: Value) -> Value {
    call("add_product", clogin, json!({ "product_list": list }))
}

pub fn set_status(clogin: &str, status: i64) -> Value {
    call("set_status", clogin, json!({ "status_id": status }))
}

pub fn add_payment(clogin: &str, doc: Value) -> Value {
    call("add_payment", clogin, json!({ "doc": doc }))
}

/// An approved payment.
pub fn pay(clogin: &str, amount: &str) -> Value {
    let doc = json!({ "amount": amount, "kind": "payment", "status": "approved" });
    add_payment(clogin, doc)
}

/// An approved refund.
pub fn refund(clogin: &str, amount: &str) -> Value {
    let doc = json!({ "amount": amount, "kind": "refund", "status": "approved" });
    add_payment(clogin, doc)
}

pub fn move_child(child: &str, parent: &str) -> Value {
    let doc = json!({ "connected_to": parent });
    call("move_child", child, json!({ "doc": doc }))
}

pub fn create_child(parent: &str, doc: Value) -> Value {
    json!({ "action": "create_child", "group_id": CAMP, "connected_to": parent, "doc": doc })
}

pub fn verify_token(token: &str) -> Value {
    json!({ "action": "verify_token", "group_id": CAMP, "doc": { "user_token": token } })
}

pub fn authenticate(username: &str, password: &str) -> Value {
    let doc = json!({ "username": username, "password": password });
    json!({ "action": "authenticate", "group_id": CAMP, "doc": doc })
}

/// Posts what has to succeed.
#[track_caller]
pub fn done(app: &TestApp, body: Value) -> Value {
    let answer = app.post(body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// A new parent of the camp, by its id.
pub fn parent(app: &TestApp, doc: Value) -> String {
    id(&done(app, create(CAMP, doc)))
}

pub fn child(app: &TestApp, parent: &str) -> String {
    id(&done(app, create_child(parent, json!({}))))
}

fn id(answer: &Value) -> String {
    answer["user_info"]["clogin_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A token of `login`.
pub fn token(app: &TestApp, clogin: &str) -> String {
    let answer = done(app, call("login", clogin, json!({})));
    answer["user_token"].as_str().unwrap().to_owned()
}

/// Calls from as many clients at the same time.
pub fn at_once(app: &TestApp, bodies: &[Value]) -> Vec<Answer> {
    with_headers_at_once(app, &[], bodies)
}

pub fn with_headers_at_once(
    app: &TestApp,
    headers: &[(&str, &str)],
    bodies: &[Value],
) -> Vec<Answer> {
    let barrier = Barrier::new(bodies.len());
    std::thread::scope(|scope| {
        let clients: Vec<_> = bodies
            .iter()
            .map(|body| {
                let (barrier, client) = (&barrier, app.client.clone());
                scope.spawn(move || {
                    barrier.wait();
                    client.users_with(headers, body.clone())
                })
            })
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    })
}

/// How many answers have each status, as `[(200, 1), (409, 9)]`.
pub fn statuses(answers: &[Answer]) -> Vec<(u16, usize)> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    let each = statuses.chunk_by(|one, other| one == other);
    each.map(|same| (same[0], same.len())).collect()
}

/// What is there, summed up from the people; of those who have gone what they have paid.
const SUMS: &str = "SELECT organization_id || ' ' || group_id || ' ' \
    || CASE WHEN parent_id IS NULL THEN 'parents ' ELSE 'children ' END \
    || CASE WHEN excluded THEN 'out ' ELSE 'in ' END \
    || sum(CASE WHEN deleted_at IS NULL THEN 1 ELSE 0 END) || ' ' \
    || sum(CASE WHEN deleted_at IS NULL THEN order_total ELSE 0 END) || ' ' || sum(paid_total) AS text \
    FROM registrations WHERE deleted_at IS NULL OR paid_total <> 0 \
    GROUP BY organization_id, group_id, parent_id IS NULL, excluded ORDER BY 1";

/// The same, as the totals say.
const TOTALS: &str = "SELECT organization_id || ' ' || group_id || ' ' \
    || CASE WHEN is_child THEN 'children ' ELSE 'parents ' END \
    || CASE WHEN excluded THEN 'out ' ELSE 'in ' END \
    || sum(users) || ' ' || sum(ordered) || ' ' || sum(paid) AS text \
    FROM group_totals WHERE group_id <> 0 GROUP BY organization_id, group_id, is_child, excluded \
    HAVING sum(users) <> 0 OR sum(ordered) <> 0 OR sum(paid) <> 0 ORDER BY 1";

/// People whose order is not what is in their cart.
const WRONG_ORDERS: &str = "SELECT count(*) FROM registrations r WHERE deleted_at IS NULL AND order_total <> \
    (SELECT coalesce(sum(price * quantity), 0) FROM cart_lines c WHERE c.organization_id = r.organization_id \
    AND c.group_id = r.group_id AND c.clogin_id = r.clogin_id)";

/// People who have paid something else than their payments, or cannot be given back what is to be.
const WRONG_PAID: &str = "SELECT count(*) FROM registrations r WHERE paid_total < 0 OR paid_total <> \
    (SELECT coalesce(sum(CASE WHEN status <> 'approved' THEN 0 WHEN kind = 'refund' THEN -amount ELSE amount END), 0) \
    FROM payments p WHERE p.organization_id = r.organization_id AND p.group_id = r.group_id \
    AND p.clogin_id = r.clogin_id) OR paid_total < \
    (SELECT coalesce(sum(amount), 0) FROM payments p WHERE p.organization_id = r.organization_id \
    AND p.group_id = r.group_id AND p.clogin_id = r.clogin_id AND kind = 'refund' AND status = 'pending')";

/// Organizations with another number of people than is kept.
const WRONG_PEOPLE: &str = "SELECT count(*) FROM organizations o WHERE \
    (SELECT coalesce(sum(users), 0) FROM group_totals t WHERE t.organization_id = o.id AND t.group_id = 0) <> \
    (SELECT count(*) FROM users u WHERE u.organization_id = o.id AND u.deleted_at IS NULL)";

/// Products of which other numbers are sold than people have.
const WRONG_STOCK: &str = "SELECT count(*) FROM product_stock s WHERE sold > quota OR sold <> \
    (SELECT coalesce(sum(quantity), 0) FROM cart_lines c JOIN registrations r \
    ON c.organization_id = r.organization_id AND c.group_id = r.group_id AND c.clogin_id = r.clogin_id \
    WHERE c.organization_id = s.organization_id AND c.product_id = s.product_id AND NOT c.waiting AND r.deleted_at IS NULL)";

/// Children whose parent is not there, or is a child.
const ORPHANS: &str = "SELECT count(*) FROM registrations c WHERE deleted_at IS NULL AND parent_id IS NOT NULL \
    AND NOT EXISTS (SELECT 1 FROM registrations p WHERE p.organization_id = c.organization_id \
    AND p.group_id = c.group_id AND p.clogin_id = c.parent_id AND p.deleted_at IS NULL AND p.parent_id IS NULL)";

/// Kept sums equal the rows, and families are whole.
#[track_caller]
pub fn check(app: &TestApp) {
    let mut direct = app.direct();
    assert_eq!(direct.texts(TOTALS), direct.texts(SUMS));
    for wrong in [WRONG_PEOPLE, WRONG_ORDERS, WRONG_PAID, WRONG_STOCK, ORPHANS] {
        assert_eq!(direct.number(wrong), 0, "{wrong}");
    }
}
