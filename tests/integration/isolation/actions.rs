//! Every action with every kind of id of the other organization, wherever the action takes one.

use clogin::actions::{Action, Endpoint};
use serde_json::{Value, json};

use super::ours::{Key, Ours};
use super::theirs::{GROUP, Kind, Theirs};
use super::{Cell, Refusal};

/// What a publishable key may call.
const PUBLIC: [&str; 3] = ["create", "authenticate", "verify_token"];

pub fn path(action: Action) -> String {
    format!("{}/", action.endpoint().path())
}

/// A call that is right: all its ids are the caller's.
pub fn right(action: Action, ours: &Ours) -> Value {
    let email = json!({ "from": "a@riverside.example", "to": "b@riverside.example", "subject": "s", "body": "b" });
    let condition = json!([
        { "field_id": "f_2_1", "field_value": "Drums" },
        { "product_id": 13, "action": "product_added" },
        { "status_id": 21, "action": "set_status" },
    ]);
    let rest = match action {
        Action::Create => json!({ "doc": { "first_name": "Nina" } }),
        Action::CreateChild => json!({ "connected_to": 9001, "doc": { "first_name": "Nina" } }),
        Action::Login => json!({ "clogin_id": 9001, "doc": {} }),
        Action::Authenticate => json!({ "doc": {
            "username": "ella@riverside.example", "password": "correct horse battery",
        } }),
        Action::VerifyToken => json!({ "doc": { "user_token": ours.token } }),
        Action::Update => json!({ "clogin_id": 9001, "doc": { "home_town": "Bath" } }),
        Action::AddProduct => json!({ "clogin_id": 9001, "product_list": { "p_id": 13 } }),
        Action::RemoveProduct => {
            json!({ "clogin_id": 9001, "product_list": { "cart_id": ours.cart_line } })
        }
        Action::AddPayment => json!({ "clogin_id": 9001, "doc": {
            "amount": "1.00", "kind": "payment", "status": "approved",
        } }),
        Action::AddEmail => json!({ "clogin_id": 9001, "doc": { "email_list": email } }),
        Action::GetInfo => json!({ "clogin_id": 9001, "doc": { "home_town": true } }),
        Action::SetStatus => json!({ "clogin_id": 9001, "status_id": 21 }),
        Action::GetUserList => json!({ "doc": { "home_town": true } }),
        Action::MoveChild => json!({ "clogin_id": 9002, "doc": { "connected_to": ours.parent } }),
        Action::Delete => json!({ "clogin_id": 9002, "doc": {} }),
        Action::CreateStatus => json!({ "doc": { "status_name": "New", "color": "#808080" } }),
        Action::CreateTrigger => json!({ "doc": {
            "action": { "product_id": 13, "action_type": "show_prod_in_list" },
            "conditions": { "andor": "and", "condition_list": condition },
        } }),
        Action::CreateProduct => json!({ "doc": {
            "base_product_type": 7, "product_name": "Cap", "cat_id": 1,
        } }),
        Action::CreateCategory => json!({ "doc": { "category_name": "New" } }),
        Action::EditCategory => json!({ "doc": { "category_id": 1, "category_name": "Weeks" } }),
    };
    let mut call = json!({ "action": action.name(), "group_id": 1001 });
    if action.endpoint() == Endpoint::Users && !PUBLIC.contains(&action.name()) {
        call["disable_email_sending"] = true.into();
    }
    let rest = rest.as_object().unwrap().clone();
    call.as_object_mut().unwrap().extend(rest);
    call
}

/// Calls that make products which refer to others, of one's own, and where each refers to it.
pub fn referring() -> [(Value, &'static str); 2] {
    let make =
        |group: i64, doc: Value| json!({ "action": "create", "group_id": group, "doc": doc });
    [
        (
            make(
                1005,
                json!({
                    "base_product_type": 4, "product_name": "Autumn course", "holder": 51, "cat_id": 3,
                    "product_activity_start_date": "2027-09-27", "product_activity_end_date": "2027-09-29",
                }),
            ),
            "/doc/holder",
        ),
        (
            make(
                1001,
                json!({
                    "base_product_type": 2, "product_name": "Voucher", "product_price": "5.00", "discounted": 16,
                }),
            ),
            "/doc/discounted",
        ),
    ]
}

/// Where an action takes such an id, as paths in its call, and what it answers to another organization's.
fn places(action: Action, kind: Kind) -> Vec<(&'static str, Refusal)> {
    let mut places = match kind {
        Kind::Group => vec![("/group_id", (403, "group_forbidden"))],
        Kind::Clogin => people(action),
        _ => vec![],
    };
    places.extend(match (action, kind) {
        (Action::SetStatus, Kind::Status) => vec![("/status_id", (404, "status_not_found"))],
        (Action::CreateTrigger, Kind::Status) => vec![(
            "/doc/conditions/condition_list/2/status_id",
            (404, "status_not_found"),
        )],
        (Action::CreateTrigger, Kind::Field) => vec![(
            "/doc/conditions/condition_list/0/field_id",
            (404, "field_not_found"),
        )],
        (Action::CreateTrigger, Kind::Product) => vec![
            ("/doc/action/product_id", (404, "product_not_found")),
            (
                "/doc/conditions/condition_list/1/product_id",
                (404, "product_not_found"),
            ),
        ],
        (Action::AddProduct, Kind::Product) => {
            vec![("/product_list/p_id", (404, "product_not_found"))]
        }
        (Action::RemoveProduct, Kind::CartLine) => {
            vec![("/product_list/cart_id", (404, "product_not_found"))]
        }
        (Action::CreateProduct, Kind::Category) => {
            vec![("/doc/cat_id", (404, "category_not_found"))]
        }
        (Action::EditCategory, Kind::Category) => {
            vec![("/doc/category_id", (404, "category_not_found"))]
        }
        (Action::AddEmail, Kind::Admin) => {
            vec![("/doc/email_list/admin_id", (422, "validation_failed"))]
        }
        (Action::VerifyToken, Kind::Token) => {
            vec![("/doc/user_token", (401, "token_invalid"))]
        }
        // A filter finds nothing, and a position is no permission.
        (Action::GetInfo | Action::GetUserList, Kind::Product) => {
            vec![("/doc/_usercart/p_id", (200, ""))]
        }
        (Action::GetInfo | Action::GetUserList, Kind::Category) => {
            vec![("/doc/_usercart/category", (200, ""))]
        }
        (Action::GetUserList, Kind::ListCursor) => vec![("/doc/cursor", (200, ""))],
        _ => vec![],
    });
    places
}

/// Where an action takes people.
fn people(action: Action) -> Vec<(&'static str, Refusal)> {
    let unknown = (404, "user_not_found");
    let mut places = Vec::new();
    if action.needs_clogin_id() || matches!(action, Action::Create | Action::CreateChild) {
        places.push(("/clogin_id", unknown));
    }
    match action {
        Action::CreateChild => places.push(("/connected_to", unknown)),
        Action::GetUserList => {}
        Action::MoveChild => places.push(("/doc/connected_to", unknown)),
        _ if action.endpoint() != Endpoint::Users => {}
        _ => places.push(("/connected_to", (422, "not_a_child_of"))),
    }
    places
}

/// Whether the keys of `doc` are fields.
fn takes_fields(action: Action) -> bool {
    matches!(
        action,
        Action::Create
            | Action::CreateChild
            | Action::Update
            | Action::GetInfo
            | Action::GetUserList
    )
}

pub fn cells(action: Action, kind: Kind, ours: &Ours, theirs: &Theirs) -> Vec<Cell> {
    let id = theirs.id(kind);
    let right = right(action, ours);
    let mut calls: Vec<_> = places(action, kind)
        .into_iter()
        .map(|(place, refusal)| {
            let mut call = right.clone();
            put(&mut call, place, id.clone());
            (call, refusal)
        })
        .collect();
    if action == Action::Authenticate && kind == Kind::Clogin {
        // The same username; the password is the other organization's.
        let mut call = right.clone();
        put(&mut call, "/doc/password", "another horse battery".into());
        calls.push((call, (401, "invalid_credentials")));
    }
    if action == Action::CreateProduct && kind == Kind::Product {
        for (mut call, place) in referring() {
            put(&mut call, place, id.clone());
            calls.push((call, (404, "product_not_found")));
        }
    }
    if calls.is_empty() {
        // It takes none: whoever sends one is told so.
        let mut call = right;
        let refusal = if takes_fields(action) {
            put(
                &mut call,
                &format!("/doc/{}", theirs.text(kind)),
                true.into(),
            );
            (404, "field_not_found")
        } else {
            put(&mut call, &format!("/doc/{}", kind.key()), id.clone());
            (422, "unknown_parameter")
        };
        calls.push((call, refusal));
    }
    let cell = |(call, right): (Value, Refusal)| Cell {
        method: "POST".to_owned(),
        path: path(action),
        expected: Key::ALL.map(|key| refusal(action, &call, key, right)),
        body: call,
    };
    calls.into_iter().map(cell).collect()
}

/// What a key is answered that is not the right one.
fn refusal(action: Action, call: &Value, key: Key, right: Refusal) -> Refusal {
    match key {
        Key::Revoked | Key::None => (401, "unauthenticated"),
        Key::Publishable if !PUBLIC.contains(&action.permission()) => (403, "action_forbidden"),
        Key::Publishable
            if action == Action::Create
                && call.get("clogin_id").is_some()
                && call["group_id"] != GROUP =>
        {
            (403, "action_forbidden")
        }
        Key::Right | Key::Publishable => right,
    }
}

/// Sets the value at a path; objects on the way are made.
fn put(call: &mut Value, path: &str, value: Value) {
    let mut place = call;
    for part in path.trim_start_matches('/').split('/') {
        place = match part.parse::<usize>() {
            Ok(index) if place.is_array() => &mut place[index],
            _ => &mut place[part],
        };
    }
    *place = value;
}
