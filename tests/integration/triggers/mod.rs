//! Triggers: each test sets up a project of its own, and is its client.

mod balance;
mod changed;
mod cycles;
mod effects;
mod families;
mod kept;
mod lists;
mod mails;
mod offered;
mod races;
mod settled;
mod shared;
mod statements;
mod table;
mod traced;
mod values;

use std::sync::{Arc, Mutex};

use clogin::project::apply::{Applied, ApplyOptions, apply};
use clogin::project::check as file_check;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::client::Answer;

/// Applies a file to the database of a server, and lets the server see it.
fn apply_file(app: &TestApp, file: &Value, options: ApplyOptions) -> Applied {
    let file = file_check::parse("x.json", file.to_string().as_bytes()).unwrap();
    let files = vec![("x.json".to_owned(), file)];
    app.block_on(async {
        let applied = match apply(&app.app, files, options).await {
            Ok(applied) => applied,
            Err(error) => panic!("{error:?}"),
        };
        app.app.projects.refresh(&app.app.db).await.unwrap();
        applied
    })
}

fn apply_groups(app: &TestApp, groups: Vec<Value>) -> Applied {
    let file = json!({ "organization": { "id": 1, "name": "Riverside Music" }, "groups": groups });
    apply_file(app, &file, ApplyOptions::default())
}

/// What `clogin check` says.
pub fn disagreements(app: &TestApp) -> Vec<String> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let sink: clogin::check::Sink =
        Arc::new(move |line| kept.lock().unwrap().push(line.to_owned()));
    app.block_on(clogin::check::check(&app.app, None, sink))
        .unwrap();
    let lines = lines.lock().unwrap();
    lines.clone()
}

/// A project for trying out triggers. Its items, of every kind, are numbered alike: see [`Lab::id`].
#[derive(Clone, Copy)]
struct Lab<'a> {
    app: &'a TestApp,
    number: i64,
}

const PLAIN: i64 = 1;
const TARGET: i64 = 2;
const HIDDEN: i64 = 3;
const SCARCE: i64 = 4;
const LISTED: i64 = 5;
const DEAR: i64 = 6;

const FIRST: i64 = 1;
const SECOND: i64 = 2;
const EXCLUDING: i64 = 3;

const EXTRA_FORM: i64 = 2;
const DONE_FORM: i64 = 3;

const TO_USER: i64 = 1;
const TO_OFFICE: i64 = 2;

fn id(number: i64, item: i64) -> i64 {
    (50 + number) * 100 + item
}

/// The project, with its triggers, which get their ids here: 1, 2, 3…
fn group(number: i64, triggers: Vec<Value>) -> Value {
    let at = |item| id(number, item);
    let field = |form: i64, name: &str, kind: &str| json!({ "id": format!("f_{}_{name}", at(form)), "name": name, "type": kind });
    let product = |item, price: &str| json!({ "id": at(item), "name": format!("Product {item}"), "price": price });
    let with = |mut value: Value, key: &str, one: Value| {
        value[key] = one;
        value
    };
    let triggers: Vec<_> = (1..)
        .zip(triggers)
        .map(|(item, trigger)| {
            let named = with(trigger, "name", json!(format!("T{item}")));
            with(named, "id", json!(at(item)))
        })
        .collect();
    let x = with(field(EXTRA_FORM, "x", "text"), "required", json!(true));
    let done = with(field(DONE_FORM, "done", "text"), "required", json!(true));
    json!({
        "id": 5000 + number, "name": "Lab", "structure": "family",
        "settings": { "dns_check": false, "from": "Lab <lab@riverside.example>" },
        "forms": [
            { "id": at(1), "name": "Base", "fields": [field(1, "a", "text"), field(1, "b", "text"), field(1, "c", "text"),
                field(1, "born", "date"), field(1, "n", "integer")] },
            { "id": at(EXTRA_FORM), "name": "Extra", "added_on": "trigger", "fields": [x] },
            { "id": at(DONE_FORM), "name": "Done", "fields": [done] },
        ],
        "products": [product(PLAIN, "10.00"), product(TARGET, "20.00"),
            with(product(HIDDEN, "30.00"), "visible", json!(false)), with(product(SCARCE, "40.00"), "quota", json!(1)),
            product(LISTED, "50.00"), product(DEAR, "9999999999.99")],
        "statuses": [{ "id": at(FIRST), "name": "First" }, { "id": at(SECOND), "name": "Second" },
            { "id": at(EXCLUDING), "name": "Out", "is_excluded": true }],
        "email_templates": [
            { "id": at(TO_USER), "name": "U", "to": "{{ user.main_email }}", "subject": "Of {{ meta_info.total_order }}", "body_html": "<p>Hi</p>" },
            { "id": at(TO_OFFICE), "name": "O", "to": "office@riverside.example", "subject": "News", "body_html": "<p>Hi</p>" },
        ],
        "triggers": triggers,
    })
}

impl<'a> Lab<'a> {
    fn new(app: &'a TestApp, triggers: impl Fn(Lab<'a>) -> Vec<Value>) -> Self {
        let lab = Lab { app, number: 0 };
        apply_groups(app, vec![group(0, triggers(lab))]);
        lab
    }

    fn id(self, item: i64) -> i64 {
        id(self.number, item)
    }

    fn body(self, action: &str, more: Value) -> Value {
        let mut body = json!({ "action": action, "group_id": 5000 + self.number, "trace": true });
        let more = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(more);
        body
    }

    /// Posts what has to succeed.
    #[track_caller]
    fn done(self, action: &str, more: Value) -> Value {
        let answer = self.post(action, more);
        assert_eq!(answer.status, 200, "{action}: {}", answer.text);
        answer.json()
    }

    fn post(self, action: &str, more: Value) -> Answer {
        self.app.post(self.body(action, more))
    }

    #[track_caller]
    fn parent(self) -> String {
        who(&self.done(
            "create",
            json!({ "doc": { "main_email": "one@riverside.example" } }),
        ))
    }

    #[track_caller]
    fn child(self, parent: &str) -> String {
        who(&self.done("create_child", json!({ "connected_to": parent })))
    }

    #[track_caller]
    fn update(self, clogin: &str, doc: Value) -> Value {
        self.done("update", json!({ "clogin_id": clogin, "doc": doc }))
    }

    #[track_caller]
    fn info(self, clogin: &str, key: &str) -> Value {
        let answer = self.done(
            "get_info",
            json!({ "clogin_id": clogin, "doc": { key: true } }),
        );
        answer["doc"][key].clone()
    }

    #[track_caller]
    fn set_status(self, clogin: &str, status: i64) -> Value {
        let status = if status == 0 { 0 } else { self.id(status) };
        let more = json!({ "clogin_id": clogin, "status_id": status });
        self.done("set_status", more)
    }

    #[track_caller]
    fn add(self, clogin: &str, product: i64) -> Value {
        let list = json!({ "p_id": self.id(product) });
        let more = json!({ "clogin_id": clogin, "product_list": list });
        self.done("add_product", more)
    }

    /// Takes all lines of a product out of the cart.
    #[track_caller]
    fn take_out(self, clogin: &str, product: i64) -> Value {
        let lines = self.lines(clogin, product);
        let list: Vec<_> = lines.iter().map(|id| json!({ "cart_id": id })).collect();
        let more = json!({ "clogin_id": clogin, "product_list": list });
        self.done("remove_product", more)
    }

    /// Pays so much, in whole units.
    #[track_caller]
    fn pay(self, clogin: &str, amount: i64) -> Value {
        let doc = json!({ "amount": amount.to_string(), "kind": "payment", "status": "approved" });
        self.done("add_payment", json!({ "clogin_id": clogin, "doc": doc }))
    }

    /// The cart lines of a product.
    #[track_caller]
    fn lines(self, clogin: &str, product: i64) -> Vec<Value> {
        let cart = self.info(clogin, "_usercart");
        let id = json!(self.id(product));
        let lines = cart.as_array().unwrap().iter();
        lines
            .filter(|line| line["p_id"] == id)
            .map(|line| line["cart_id"].clone())
            .collect()
    }

    /// The products in the cart.
    #[track_caller]
    fn cart(self, clogin: &str) -> Vec<i64> {
        self.ids(clogin, "_usercart", "p_id")
    }

    /// The products that can be selected.
    #[track_caller]
    fn selectable(self, clogin: &str) -> Vec<i64> {
        self.ids(clogin, "_userproducts", "p_id")
    }

    #[track_caller]
    fn forms(self, clogin: &str) -> Vec<i64> {
        self.ids(clogin, "_userforms", "form_id")
    }

    #[track_caller]
    fn ids(self, clogin: &str, key: &str, name: &str) -> Vec<i64> {
        let list = self.info(clogin, key);
        let list = list.as_array().unwrap().iter();
        list.map(|item| number(&item[name]) - self.id(0)).collect()
    }

    /// The states of all e-mails.
    #[track_caller]
    fn emails(self, clogin: &str) -> Vec<String> {
        let list = self.info(clogin, "_emails");
        let list = list.as_array().unwrap().iter();
        list.map(|email| email["state"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What came of a trigger of somebody in a call, look by look.
    fn results(self, answer: &Value, clogin: &str, trigger: i64) -> Vec<String> {
        let looks = answer["trace"].as_array().unwrap().iter();
        let theirs = looks.filter(|look| {
            number(&look["trigger_id"]) == self.id(trigger)
                && number(&look["clogin_id"]).to_string() == clogin
        });
        theirs
            .map(|look| look["result"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// An id, as a number or a string.
fn number(value: &Value) -> i64 {
    let text = value.as_str().map(str::to_owned);
    let text = text.unwrap_or_else(|| value.to_string());
    text.parse().unwrap_or_else(|_| panic!("{value}"))
}

fn who(answer: &Value) -> String {
    number(&answer["user_info"]["clogin_id"]).to_string()
}

fn status_of(answer: &Value) -> i64 {
    number(&answer["meta_info"]["status_id"])
}

fn field_is(field: &str, value: &str) -> Value {
    json!({ "on": "field", "field": field, "value": value })
}

fn trigger(condition: Value, action: Value) -> Value {
    json!({ "conditions": [condition], "action": action })
}

fn reversed(condition: Value, action: Value) -> Value {
    json!({ "reverse_trigger": true, "conditions": [condition], "action": action })
}

fn add_product(id: i64) -> Value {
    json!({ "type": "add_product", "products": [id] })
}

fn send_email(template: i64) -> Value {
    json!({ "type": "send_email", "template": template })
}
