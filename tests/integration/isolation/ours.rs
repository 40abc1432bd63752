//! The caller's organization, and the keys with which it is tried.

use clogin::ids::OrganizationId;
use clogin::project::admins;
use serde_json::{Value, json};

use crate::support::TestApp;

pub const SECRET: &str = "5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11";
const PUBLISHABLE: &str = "pub-riverside-camp-7d1f0c64";
const ORIGIN: &str = "https://camp.riverside.example";

/// With what a call comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Right,
    Publishable,
    Revoked,
    None,
}

impl Key {
    pub const ALL: [Key; 4] = [Key::Right, Key::Publishable, Key::Revoked, Key::None];
}

/// What the calls that are right are about.
pub struct Ours {
    revoked: String,
    pub token: Value,
    pub cart_line: Value,
    /// Beside 9001, whose child 9002 is.
    pub parent: Value,
}

impl Ours {
    pub fn make(app: &TestApp) -> Self {
        let admin = json!({ "id": 0, "email": "gone@riverside.example" });
        let admin = serde_json::from_value(admin).unwrap();
        let made = admins::create(&app.app, OrganizationId(1), admin);
        let (id, revoked) = app.block_on(made).unwrap();
        app.block_on(admins::revoke(&app.app, id)).unwrap();
        app.block_on(app.app.projects.refresh(&app.app.db)).unwrap();
        let call = |action: &str, rest: Value| {
            let mut body =
                json!({ "action": action, "group_id": 1001, "disable_email_sending": true });
            let rest = rest.as_object().unwrap().clone();
            body.as_object_mut().unwrap().extend(rest);
            let answer = app.post(body);
            assert_eq!(answer.status, 200, "{}", answer.text);
            answer.json()
        };
        let line = json!({ "clogin_id": 9001, "product_list": { "p_id": 13 } });
        let id = |answer: Value| answer["user_info"]["clogin_id"].clone();
        Ours {
            revoked,
            token: call("login", json!({ "clogin_id": 9001 }))["user_token"].clone(),
            cart_line: call("add_product", line)["products"][0]["cart_id"].clone(),
            parent: id(call("create", json!({}))),
        }
    }

    pub fn headers(&self, key: Key) -> Vec<(&'static str, String)> {
        let bearer = |token: &str| ("Authorization", format!("Bearer {token}"));
        match key {
            Key::Right => vec![bearer(SECRET)],
            Key::Publishable => vec![bearer(PUBLISHABLE), ("Origin", ORIGIN.to_owned())],
            Key::Revoked => vec![bearer(&self.revoked)],
            Key::None => vec![],
        }
    }
}
