//! Somebody for whom a condition comes true and stops being true.

use serde_json::{Value, json};

use crate::triggers::{
    DONE_FORM, EXTRA_FORM, FIRST, HIDDEN, LISTED, Lab, PLAIN, SECOND, TARGET, TO_USER, field_is,
    status_of, who,
};

pub fn condition(lab: Lab, name: &str) -> Value {
    match name {
        "field" => field_is("a", "yes"),
        "one_of" => json!({ "on": "field", "field": "a", "one_of": ["yes", "ja"] }),
        "bounds" => json!({ "on": "field", "field": "n", "at_least": "5", "at_most": "10" }),
        "product_added" => json!({ "on": name, "product": lab.id(PLAIN) }),
        "status" => json!({ "on": name, "status": lab.id(FIRST) }),
        "children" => json!({ "on": name, "at_least": 1 }),
        "form_completed" => json!({ "on": name, "form": lab.id(DONE_FORM) }),
        "age" => {
            json!({ "on": name, "field": "born", "at_least": 10, "at_most": 12, "on_date": "2027-06-01" })
        }
        _ => json!({ "on": name }),
    }
}

pub fn action(lab: Lab, name: &str) -> Value {
    let product = match name {
        "show_prod_in_list" => HIDDEN,
        "remove_prod_from_list" => LISTED,
        _ => TARGET,
    };
    match name {
        "add_form" => json!({ "type": name, "form": lab.id(EXTRA_FORM) }),
        "set_status" => json!({ "type": name, "status": lab.id(SECOND) }),
        "send_email" => json!({ "type": name, "template": lab.id(TO_USER) }),
        _ => json!({ "type": name, "products": [lab.id(product)] }),
    }
}

/// Somebody, and what comes true and stops being true of it.
pub struct Somebody<'a> {
    pub lab: Lab<'a>,
    condition: &'static str,
    action: &'static str,
    pub id: String,
}

impl<'a> Somebody<'a> {
    pub fn new(lab: Lab<'a>, condition: &'static str, action: &'static str) -> Self {
        let id = lab.parent();
        if condition == "balance_closed" {
            lab.pay(&id, 1_000);
        }
        Somebody {
            lab,
            condition,
            action,
            id,
        }
    }

    /// Somebody whom a call with these flags registers, and its answer.
    pub fn registered(
        lab: Lab<'a>,
        action: &'static str,
        child: bool,
        flags: &Value,
    ) -> (Self, Value) {
        let mut more = json!({ "doc": { "main_email": "new@riverside.example" } });
        more.as_object_mut()
            .unwrap()
            .extend(flags.as_object().unwrap().clone());
        let name = if child {
            more["connected_to"] = json!(lab.parent());
            "create_child"
        } else {
            "create"
        };
        let answer = lab.done(name, more);
        let id = who(&answer);
        let condition = "registration";
        (
            Somebody {
                lab,
                condition,
                action,
                id,
            },
            answer,
        )
    }

    fn call(&self, name: &str, mut more: Value, flags: &Value) -> Value {
        more["clogin_id"] = json!(self.id);
        if name == "create_child" {
            more = json!({ "connected_to": self.id });
        }
        let flags = flags.as_object().unwrap().clone();
        more.as_object_mut().unwrap().extend(flags);
        self.lab.done(name, more)
    }

    fn update(&self, doc: Value, flags: &Value) -> Value {
        self.call("update", json!({ "doc": doc }), flags)
    }

    /// What the trigger did when its condition came true, or stayed so.
    pub fn make_true(&self, flags: Value) -> Vec<String> {
        let lab = self.lab;
        let answer = match self.condition {
            "field" | "one_of" => self.update(json!({ "a": "yes" }), &flags),
            "bounds" => self.update(json!({ "n": 5 }), &flags),
            "product_added" => {
                let list = json!({ "product_list": { "p_id": lab.id(PLAIN) } });
                self.call("add_product", list, &flags)
            }
            "balance_closed" => return self.close_balance(&flags),
            "status" => {
                let status = json!({ "status_id": lab.id(FIRST) });
                self.call("set_status", status, &flags)
            }
            "children" => self.call("create_child", json!({}), &flags),
            "form_completed" => self.update(json!({ "done": "yes" }), &flags),
            _ => self.update(json!({ "born": "2017-06-01" }), &flags),
        };
        self.results(&answer)
    }

    /// Changes what the condition looks at, while it stays true; nothing where that cannot be.
    pub fn stay_true(&self) -> Vec<String> {
        let answer = match self.condition {
            "one_of" => self.update(json!({ "a": "ja" }), &json!({})),
            "bounds" => self.update(json!({ "n": 10 }), &json!({})),
            "age" => self.update(json!({ "born": "2015-05-01" }), &json!({})),
            "product_added" | "children" => return self.make_true(json!({})),
            "balance_closed" => self.order(1, &json!({})),
            _ => return vec!["unchanged".to_owned()],
        };
        self.results(&answer)
    }

    pub fn make_false(&self) -> Vec<String> {
        let answer = match self.condition {
            "field" | "one_of" => self.update(json!({ "a": "no" }), &json!({})),
            "bounds" => self.update(json!({ "n": 11 }), &json!({})),
            "product_added" => self.lab.take_out(&self.id, PLAIN),
            "status" => self.lab.set_status(&self.id, 0),
            "children" => return self.delete_children(),
            "balance_closed" => self.order(9_999, &json!({})),
            _ => self.update(json!({ "born": "2017-06-02" }), &json!({})),
        };
        self.results(&answer)
    }

    fn order(&self, quantity: u32, flags: &Value) -> Value {
        let list = json!({ "p_id": self.lab.id(PLAIN), "q": quantity });
        self.call("add_product", json!({ "product_list": list }), flags)
    }

    /// Orders less than is paid: the first line, or no more of what cost more.
    fn close_balance(&self, flags: &Value) -> Vec<String> {
        let answer = match self.lab.lines(&self.id, PLAIN).last() {
            None => self.order(1, flags),
            Some(line) => {
                let list = json!({ "product_list": { "cart_id": line } });
                self.call("remove_product", list, flags)
            }
        };
        self.results(&answer)
    }

    fn delete_children(&self) -> Vec<String> {
        let family = self.lab.info(&self.id, "_family");
        let children = family["children"].as_array().unwrap().len();
        let ids = self.lab.app.direct().texts(&format!(
            "SELECT CAST(clogin_id AS TEXT) AS text FROM registrations \
             WHERE parent_id = {} AND deleted_at IS NULL",
            self.id
        ));
        assert_eq!(ids.len(), children);
        let mut results = Vec::new();
        for id in ids {
            let answer = self.lab.done("delete", json!({ "clogin_id": id }));
            results = self.results(&answer);
        }
        results
    }

    fn results(&self, answer: &Value) -> Vec<String> {
        let mut results = self.lab.results(answer, &self.id, 1);
        // A product that it adds changes the balance too, so that it looks once more.
        if self.condition == "balance_closed" && results.len() > 1 {
            results.retain(|result| result != "unchanged");
        }
        results
    }

    pub fn is_in_force(&self) -> bool {
        let lab = self.lab;
        match self.action {
            "add_product" | "add_product_no_show" => lab.cart(&self.id).contains(&TARGET),
            "show_prod_in_list" => lab.selectable(&self.id).contains(&HIDDEN),
            "remove_prod_from_list" => !lab.selectable(&self.id).contains(&LISTED),
            "add_form" => lab.forms(&self.id).contains(&EXTRA_FORM),
            "set_status" => {
                let answer = lab.done("get_info", json!({ "clogin_id": self.id }));
                status_of(&answer) == lab.id(SECOND)
            }
            _ => !lab.emails(&self.id).is_empty(),
        }
    }

    pub fn sends(&self) -> bool {
        self.action == "send_email"
    }

    #[track_caller]
    pub fn expect(&self, what: &str, results: Vec<String>, expected: &[&str], in_force: bool) {
        let case = format!("{} {}: {what}", self.condition, self.action);
        assert_eq!(results, expected, "{case}");
        assert_eq!(self.is_in_force(), in_force, "{case}");
    }

    pub fn is_undone(&self) -> bool {
        self.condition != "form_completed"
    }
}
