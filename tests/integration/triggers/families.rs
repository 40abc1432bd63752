//! Parents whose triggers look at their children.

use clogin::project::apply::ApplyOptions;
use serde_json::{Value, json};

use super::{
    Lab, PLAIN, SCARCE, TARGET, add_product, apply_groups, disagreements, field_is, group,
    reversed, status_of,
};
use crate::support::TestApp;

fn with_children(lab: Lab, at_least: u32) -> Value {
    let on = json!({ "on": "children", "at_least": at_least });
    reversed(on, add_product(lab.id(TARGET)))
}

#[test]
fn children_that_come_and_go_change_the_parents_cart() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| vec![with_children(lab, 2)]);
    let me = lab.parent();
    let one = lab.child(&me);
    assert_eq!(lab.cart(&me), [0; 0]);
    let two = lab.child(&me);
    assert_eq!(lab.cart(&me), [TARGET]);
    // The answer is about the child, the trace about the parent.
    let gone = lab.done("delete", json!({ "clogin_id": two }));
    assert_eq!(lab.results(&gone, &me, 1), ["undone"]);
    assert_eq!(gone["user_info"]["clogin_id"], two);
    assert_eq!(lab.cart(&me), [0; 0]);
    let back = json!({ "clogin_id": two, "connected_to": me });
    let back = lab.done("create_child", back);
    assert_eq!(lab.results(&back, &me, 1), ["fired"]);
    assert_eq!(lab.cart(&me), [TARGET]);
    lab.done("delete", json!({ "clogin_id": one }));
    lab.done("delete", json!({ "clogin_id": two }));
    assert_eq!(lab.cart(&me), [0; 0]);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn none_is_a_number_too_and_children_have_none() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let on = json!({ "on": "children", "at_most": 0 });
        vec![reversed(on, add_product(lab.id(TARGET)))]
    });
    let me = lab.parent();
    assert_eq!(lab.cart(&me), [TARGET]);
    let kid = lab.child(&me);
    assert_eq!(lab.cart(&me), [0; 0]);
    assert_eq!(lab.cart(&kid), [0; 0]);
}

#[test]
fn flags_reach_the_parents_triggers() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| vec![with_children(lab, 1)]);
    let me = lab.parent();
    let held = json!({ "connected_to": me, "submit_forms": false });
    let answer = lab.done("create_child", held);
    assert_eq!(lab.results(&answer, &me, 1), ["held_back"]);
    lab.child(&me);
    assert_eq!(lab.cart(&me), [0; 0]);
}

#[test]
fn a_childs_triggers_and_its_parents_run_in_one_call() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let own = reversed(field_is("a", "yes"), add_product(lab.id(PLAIN)));
        vec![own, with_children(lab, 1)]
    });
    let me = lab.parent();
    let more = json!({ "connected_to": me, "doc": { "a": "yes" } });
    let answer = lab.done("create_child", more);
    let kid = super::who(&answer);
    assert_eq!(lab.results(&answer, &kid, 1), ["fired"]);
    assert_eq!(lab.results(&answer, &me, 2), ["fired"]);
    assert_eq!((lab.cart(&kid), lab.cart(&me)), (vec![PLAIN], vec![TARGET]));
    assert_eq!(disagreements(&app), [""; 0]);
}

/// Ella and Ray come with the project file, where nothing fires; then nothing of it is made up.
#[test]
fn a_family_of_the_project_file_has_set_off_nothing_for_good() {
    let app = TestApp::start();
    let lab = Lab {
        app: &app,
        number: 0,
    };
    let status = json!({ "type": "set_status", "status": lab.id(1) });
    let triggers = vec![
        with_children(lab, 1),
        reversed(field_is("a", "yes"), status),
    ];
    let organization = json!({ "id": 1, "name": "Riverside Music" });
    let registration = |more: Value| {
        let mut registration = json!({ "group_id": 5000, "answers": { "a": "yes" } });
        registration
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!([registration])
    };
    let users = json!([
        { "clogin_id": 9801, "first_name": "Ada", "registrations": registration(json!({})) },
        { "clogin_id": 9802, "first_name": "Bo", "registrations": registration(json!({ "connected_to": 9801 })) },
    ]);
    let file =
        json!({ "organization": organization, "groups": [group(0, triggers)], "users": users });
    super::apply_file(&app, &file, ApplyOptions::default());
    let nothing = |who: &str| {
        assert_eq!(lab.cart(who), [0; 0]);
        let answer = lab.done("get_info", json!({ "clogin_id": who }));
        assert_eq!(status_of(&answer), 0);
    };
    nothing("9801");
    lab.update("9801", json!({ "b": "changed" }));
    lab.child("9801");
    nothing("9801");
    lab.update("9802", json!({ "b": "changed" }));
    nothing("9802");
    // What becomes true anew fires.
    lab.update("9801", json!({ "a": "no" }));
    let answer = lab.update("9801", json!({ "a": "yes" }));
    assert_eq!(status_of(&answer), lab.id(1));
    assert_eq!(disagreements(&app), [""; 0]);
}

/// A group that is applied anew with one more child of the file: still nothing.
#[test]
fn a_child_of_a_later_file_sets_off_nothing() {
    let app = TestApp::start();
    let lab = Lab {
        app: &app,
        number: 0,
    };
    apply_groups(&app, vec![group(0, vec![with_children(lab, 1)])]);
    let me = lab.parent();
    let child = json!({ "clogin_id": 9803, "first_name": "Cy",
        "registrations": [{ "group_id": 5000, "connected_to": me.parse::<i64>().unwrap() }] });
    let organization = json!({ "id": 1, "name": "Riverside Music" });
    let file = json!({ "organization": organization, "users": [child] });
    super::apply_file(&app, &file, ApplyOptions::default());
    lab.child(&me);
    assert_eq!(lab.cart(&me), [0; 0]);
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn a_child_that_moves_changes_both_parents() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| vec![with_children(lab, 1)]);
    let (from, to) = (lab.parent(), lab.parent());
    let kid = lab.child(&from);
    let there = |parent: &str| json!({ "clogin_id": kid, "doc": { "connected_to": parent } });
    let moved = lab.done("move_child", there(&to));
    assert_eq!(lab.results(&moved, &from, 1), ["undone"]);
    assert_eq!(lab.results(&moved, &to, 1), ["fired"]);
    assert_eq!((lab.cart(&from), lab.cart(&to)), (vec![], vec![TARGET]));
    // It is there already: nobody has a child more or less.
    assert_eq!(lab.done("move_child", there(&to))["trace"], json!([]));
    let mut back = there(&from);
    back["dry_run"] = json!(true);
    let tried = lab.done("move_child", back);
    assert_eq!(lab.results(&tried, &from, 1), ["fired"]);
    assert_eq!((lab.cart(&from), lab.cart(&to)), (vec![], vec![TARGET]));
    assert_eq!(disagreements(&app), [""; 0]);
}

#[test]
fn children_that_move_at_once_leave_the_triggers_of_all_parents_right() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        vec![with_children(lab, 1), with_children_exactly(lab, 2)]
    });
    let parents: Vec<_> = (0..3).map(|_| lab.parent()).collect();
    let kids: Vec<_> = parents.iter().map(|parent| lab.child(parent)).collect();
    let barrier = std::sync::Barrier::new(9);
    std::thread::scope(|scope| {
        for number in 0..9 {
            let (barrier, parents, kids) = (&barrier, &parents, &kids);
            scope.spawn(move || {
                barrier.wait();
                for round in 0..4 {
                    let (kid, to) = (&kids[number % 3], &parents[(number / 3 + round) % 3]);
                    let doc = json!({ "connected_to": to });
                    lab.done("move_child", json!({ "clogin_id": kid, "doc": doc }));
                }
            });
        }
    });
    for parent in &parents {
        let family = lab.info(parent, "_family");
        let count = family["children"].as_array().unwrap().len();
        let mut expected = Vec::new();
        expected.extend((count >= 1).then_some(TARGET));
        expected.extend((count == 2).then_some(PLAIN));
        let mut cart = lab.cart(parent);
        cart.sort_unstable();
        expected.sort_unstable();
        assert_eq!(cart, expected, "{count}");
    }
    assert_eq!(disagreements(&app), [""; 0]);
}

fn with_children_exactly(lab: Lab, number: u32) -> Value {
    let on = json!({ "on": "children", "at_least": number, "at_most": number });
    reversed(on, add_product(lab.id(PLAIN)))
}

/// Which of the statements that change stock and totals come in which order.
fn stock_and_totals(app: &TestApp, f: impl FnOnce()) -> Vec<&'static str> {
    let statements = app.statements_of(f);
    let tables = statements.iter().filter(|sql| !sql.starts_with("SELECT"));
    tables
        .filter_map(|sql| {
            ["product_stock", "group_totals"]
                .into_iter()
                .find(|table| sql.contains(table))
        })
        .collect()
}

#[test]
fn totals_come_after_the_parents_products() {
    let app = TestApp::start();
    let lab = Lab::new(&app, |lab| {
        let on = json!({ "on": "children", "at_least": 1 });
        vec![
            reversed(on, add_product(lab.id(SCARCE))),
            reversed(field_is("a", "yes"), add_product(lab.id(PLAIN))),
        ]
    });
    let me = lab.parent();
    let mut kid = String::new();
    let create = json!({ "connected_to": me, "doc": { "a": "yes" } });
    let order = stock_and_totals(&app, || kid = super::who(&lab.done("create_child", create)));
    assert_eq!(lab.cart(&me), [SCARCE]);
    let [products, totals] = ["product_stock", "group_totals"];
    assert_eq!(order, [products, products, totals, totals]);
    let order = stock_and_totals(&app, || {
        lab.done("delete", json!({ "clogin_id": kid }));
    });
    assert_eq!(order, [products, products, totals, totals]);
    assert_eq!(disagreements(&app), [""; 0]);
}
