//! How many SQL statements triggers cost.

use serde_json::{Value, json};

use super::{
    EXTRA_FORM, FIRST, HIDDEN, Lab, PLAIN, TARGET, TO_OFFICE, TO_USER, add_product, apply_groups,
    field_is, group, reversed, send_email, trigger,
};
use crate::support::TestApp;

fn app() -> TestApp {
    TestApp::start_with(|config| config.pool_size = 1)
}

fn count(lab: Lab, action: &str, more: Value) -> usize {
    // The row of totals is there after the first call.
    let statements = lab.app.statements_of(|| {
        lab.done(action, more);
    });
    statements.len()
}

#[test]
fn five_triggers_and_two_e_mails_cost_little() {
    let app = app();
    let lab = Lab::new(&app, |lab| {
        let on = || field_is("a", "yes");
        vec![
            reversed(on(), add_product(lab.id(TARGET))),
            reversed(
                on(),
                json!({ "type": "show_prod_in_list", "products": [lab.id(HIDDEN)] }),
            ),
            trigger(
                on(),
                json!({ "type": "add_form", "form": lab.id(EXTRA_FORM) }),
            ),
            trigger(on(), send_email(lab.id(TO_USER))),
            trigger(on(), send_email(lab.id(TO_OFFICE))),
        ]
    });
    lab.parent();
    let doc = |a: &str| json!({ "doc": { "a": a, "main_email": "one@riverside.example" } });
    let none = count(lab, "create", doc("no"));
    let all = count(lab, "create", doc("yes"));
    assert_eq!(app.direct().rows("emails"), 2);
    assert!(2 * all <= 5 * none, "{all} and {none} statements");
}

/// A project of so many triggers, of which three look at what changes here.
fn project(app: &TestApp, number: i64, triggers: i64) -> Lab<'_> {
    let lab = Lab { app, number };
    let status = json!({ "type": "set_status", "status": lab.id(FIRST) });
    let mut all = vec![
        reversed(field_is("a", "yes"), add_product(lab.id(TARGET))),
        reversed(field_is("a", "yes"), add_product(lab.id(PLAIN))),
        reversed(field_is("a", "yes"), status),
    ];
    for other in 3..triggers {
        let on = field_is("b", &other.to_string());
        all.push(reversed(on, add_product(lab.id(HIDDEN))));
    }
    apply_groups(app, vec![group(number, all)]);
    lab
}

#[test]
fn triggers_that_look_elsewhere_cost_nothing() {
    let app = app();
    // Triggers have ids of their own from one project to the next.
    let [few, many] = [(0, 10), (1, 1_000)].map(|(number, triggers)| {
        let lab = project(&app, number * 20, triggers);
        let me = lab.parent();
        let update = |a: &str| count(lab, "update", json!({ "clogin_id": me, "doc": { "a": a } }));
        let counts = [update("yes"), update("maybe"), update("yes")];
        assert_eq!(lab.cart(&me), [TARGET, PLAIN]);
        (
            counts,
            count(lab, "create", json!({ "doc": { "a": "yes" } })),
        )
    });
    assert_eq!(few, many);
}
