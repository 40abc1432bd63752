//! The other organization: one of everything that has an id, made with its own key.

use clogin::project::apply::{ApplyOptions, apply};
use clogin::project::check;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::client::Answer;

const FILE: &str = include_str!("../../../fixtures/demo-other.json");
const KEY: &str = "Bearer c0a80101-3f5b-4a86-8f0c-4be1d3b7a602";

/// Stands in every text of the other organization, and nowhere else.
pub const MARK: &str = "hushed";

pub const GROUP: i64 = 2001;
pub const PERSON: i64 = 9101;

/// What an id is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Group,
    Clogin,
    Uuid,
    Status,
    Product,
    Category,
    CartLine,
    Payment,
    Trigger,
    Form,
    Field,
    Template,
    Email,
    Admin,
    Credential,
    Event,
    Request,
    Cursor,
    ListCursor,
    Token,
    ExternalId,
}

impl Kind {
    pub const ALL: [Kind; 21] = [
        Kind::Group,
        Kind::Clogin,
        Kind::Uuid,
        Kind::Status,
        Kind::Product,
        Kind::Category,
        Kind::CartLine,
        Kind::Payment,
        Kind::Trigger,
        Kind::Form,
        Kind::Field,
        Kind::Template,
        Kind::Email,
        Kind::Admin,
        Kind::Credential,
        Kind::Event,
        Kind::Request,
        Kind::Cursor,
        Kind::ListCursor,
        Kind::Token,
        Kind::ExternalId,
    ];

    /// A key under which somebody might send it.
    pub fn key(self) -> &'static str {
        match self {
            Kind::Group => "group_id",
            Kind::Clogin => "clogin_id",
            Kind::Uuid => "uuid",
            Kind::Status => "status_id",
            Kind::Product => "p_id",
            Kind::Category => "category_id",
            Kind::CartLine => "cart_id",
            Kind::Payment => "payment_id",
            Kind::Trigger => "trigger_id",
            Kind::Form => "form_id",
            Kind::Field => "field_id",
            Kind::Template => "template_id",
            Kind::Email => "email_id",
            Kind::Admin => "admin_id",
            Kind::Credential => "credential_id",
            Kind::Event => "event_id",
            Kind::Request => "request_id",
            Kind::Cursor => "next_cursor",
            Kind::ListCursor => "list_cursor",
            Kind::Token => "user_token",
            Kind::ExternalId => "external_id",
        }
    }
}

/// The ids, in the order of [`Kind::ALL`].
pub struct Theirs(Vec<Value>);

impl Theirs {
    pub fn id(&self, kind: Kind) -> &Value {
        &self.0[kind as usize]
    }

    /// As a URL has it.
    pub fn text(&self, kind: Kind) -> String {
        match self.id(kind) {
            Value::String(text) => text.clone(),
            id => id.to_string(),
        }
    }

    pub fn make(app: &TestApp) -> Self {
        extend(app);
        let users = "/reg/api2/users/";
        let action = |action: &str, path: &str, rest: Value| {
            let mut body = json!({ "action": action, "group_id": GROUP });
            let rest = rest.as_object().unwrap().clone();
            body.as_object_mut().unwrap().extend(rest);
            ok(send(app, "POST", path, &body))
        };
        let product =
            json!({ "base_product_type": 7, "product_name": MARK, "product_price": "7.77" });
        let product =
            action("create", "/reg/api2/products/", json!({ "doc": product }))["p_id"].clone();
        let category = json!({ "category_name": MARK });
        let category = json!({ "doc": category });
        let category =
            action("create_category", "/reg/api2/products/", category)["category_id"].clone();
        let status = json!({ "doc": { "status_name": MARK, "color": "#123456" } });
        let status = action("create", "/reg/api2/statuses/", status)["status_id"].clone();
        let line = json!({ "clogin_id": PERSON, "product_list": { "p_id": product, "product_remark": MARK } });
        let line = action("add_product", users, line)["products"][0]["cart_id"].clone();
        let trigger = json!({ "doc": {
            "action": { "product_id": product, "action_type": "add_product_no_show" },
            "conditions": { "andor": "and", "condition_list": [{ "field_id": "f_7_1", "field_value": MARK }] },
        } });
        let trigger = action("create", "/reg/api2/triggers/", trigger)["trigger_id"].clone();
        let set = json!({ "clogin_id": PERSON, "status_id": status });
        action("set_status", users, set);
        let payment =
            json!({ "amount": "3.33", "kind": "payment", "status": "approved", "reference": MARK });
        let payment = json!({ "clogin_id": PERSON, "doc": payment });
        let payment = action("add_payment", users, payment)["payment"]["payment_id"].clone();
        let email = json!({ "from": "a@hushed.example", "to": "b@hushed.example", "subject": MARK, "body": MARK });
        let email = json!({ "clogin_id": PERSON, "doc": { "email_list": email } });
        let email = action("add_email", users, email)["email_ids"][0].clone();
        let token = action("login", users, json!({ "clogin_id": PERSON }))["user_token"].clone();
        let uuid = app
            .direct()
            .texts("SELECT uuid AS text FROM users WHERE id = 9101")
            .remove(0);
        let person = json!({ "locale": "en", "custom_properties": { "external_id": "reserved-7", "note": MARK } });
        ok(send(
            app,
            "PATCH",
            &format!("/api/v1/users/{uuid}/"),
            &person,
        ));
        let claims = json!({
            "claims": { "mark": MARK, "external_id": "reserved-7" },
            "authenticationProvider": { "providerId": MARK, "subjectId": "reserved-7" },
        });
        ok(send(app, "PUT", &format!("/core/v1/users/{uuid}"), &claims));
        let credential = json!({ "id": "credential-of-theirs", "profile": MARK });
        let path = format!("/core/v1/users/{uuid}/credentials");
        ok(send(app, "POST", &path, &credential));
        let page = ok(send(app, "GET", "/core/v1/users?limit=1", &Value::Null));
        let events = "/core/v1/analytics/events?limit=1&types=USER_CREATE_START,USER_UPDATE_START";
        let event = ok(send(app, "GET", events, &Value::Null))["data"][0].clone();
        let registration = app
            .direct()
            .number("SELECT id FROM registrations WHERE clogin_id = 9101");
        let ids: Vec<Value> = Kind::ALL
            .into_iter()
            .map(|kind| match kind {
                Kind::Group => GROUP.into(),
                Kind::Clogin => PERSON.into(),
                Kind::Uuid => uuid.clone().into(),
                Kind::Status => status.clone(),
                Kind::Product => product.clone(),
                Kind::Category => category.clone(),
                Kind::CartLine => line.clone(),
                Kind::Payment => payment.clone(),
                Kind::Trigger => trigger.clone(),
                Kind::Form => 7.into(),
                Kind::Field => "f_7_1".into(),
                Kind::Template => 7001.into(),
                Kind::Email => email.clone(),
                Kind::Admin => 601.into(),
                Kind::Credential => credential["id"].clone(),
                Kind::Event => event["id"].clone(),
                Kind::Request => event["requestId"].clone(),
                Kind::Cursor => page["nextCursor"].clone(),
                Kind::ListCursor => registration.to_string().into(),
                Kind::Token => token.clone(),
                Kind::ExternalId => "reserved-7".into(),
            })
            .collect();
        assert!(ids.iter().all(|id| !id.is_null()), "{ids:?}");
        Theirs(ids)
    }
}

/// Marks what its project file says, and adds what only a file can.
fn extend(app: &TestApp) {
    let mut file: Value = serde_json::from_str(FILE).unwrap();
    // Its events tell all they can.
    file["organization"]["event_level"] = 3.into();
    let group = &mut file["groups"][0];
    group["name"] = MARK.into();
    group["settings"]["from"] = "office@hushed.example".into();
    group["forms"][0]["name"] = MARK.into();
    group["forms"][0]["fields"][0]["label"] = MARK.into();
    group["email_templates"] = json!([
        { "id": 7001, "name": MARK, "to": "{{ user.main_email }}", "subject": MARK, "body_html": MARK }
    ]);
    file.as_object_mut().unwrap().remove("users");
    let file = check::parse("other.json", file.to_string().as_bytes()).unwrap();
    let files = vec![("other.json".to_owned(), file)];
    app.block_on(apply(&app.app, files, ApplyOptions::default()))
        .unwrap();
    app.block_on(app.app.projects.refresh(&app.app.db)).unwrap();
    let doc = json!({ "first_name": MARK, "last_name": MARK, "f_7_1": MARK });
    let update = json!({ "action": "update", "group_id": GROUP, "clogin_id": PERSON, "doc": doc });
    ok(send(app, "POST", "/reg/api2/users/", &update));
}

fn send(app: &TestApp, method: &str, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let headers = [("Authorization", KEY)];
    app.client.send(method, path, &headers, body.as_bytes())
}

#[track_caller]
fn ok(answer: Answer) -> Value {
    assert!([200, 201].contains(&answer.status), "{}", answer.text);
    answer.json()
}
