//! `get_user_list`: pages, and all combinations of its options.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::people::{CAMP, add_product, call, check, child, done, parent, set_status};
use crate::support::database::is_postgres;
use crate::support::{TestApp, create};

fn list(app: &TestApp, doc: Value) -> Value {
    done(
        app,
        json!({ "action": "get_user_list", "group_id": CAMP, "doc": doc }),
    )
}

/// The ids of a list's users or children, in its order.
fn ids(users: &Value) -> Vec<String> {
    let users = users.as_array().unwrap().iter();
    users
        .map(|user| user["user_info"]["clogin_id"].as_str().unwrap().to_owned())
        .collect()
}

/// A hundred and twenty parents, each with a child.
fn families(app: &TestApp) -> (Vec<String>, Vec<String>) {
    let parents: Vec<_> = (0..120).map(|_| parent(app, json!({}))).collect();
    let children = parents.iter().map(|parent| child(app, parent)).collect();
    (parents, children)
}

/// Turns all pages, while somebody else registers people; `next` says what to ask for after a page.
fn pages(app: &TestApp, key: &str, next: impl Fn(&Value, usize) -> Value) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut start = Value::Null;
    loop {
        let mut doc = json!({});
        doc[key] = start;
        pages.push(list(app, doc));
        done(app, create(CAMP, json!({})));
        let page = pages.last().unwrap();
        assert!(ids(&page["users"]).len() <= 50);
        if page["next_cursor"].is_null() {
            return pages;
        }
        start = next(page, pages.len());
    }
}

#[track_caller]
fn each_once(pages: &[Value], key: &str, expected: &[String]) {
    let all: Vec<_> = pages.iter().flat_map(|page| ids(&page[key])).collect();
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "nobody twice");
    let known: Vec<_> = all.iter().filter(|id| expected.contains(id)).collect();
    assert_eq!(known, expected.iter().collect::<Vec<_>>(), "in their order");
}

#[test]
fn pages_show_everybody_once_while_others_register() {
    let app = TestApp::start();
    let (parents, children) = families(&app);
    let by_position = pages(&app, "starting_position", |_, pages| json!(pages * 50));
    let by_cursor = pages(&app, "cursor", |page, _| page["next_cursor"].clone());
    for pages in [by_position, by_cursor] {
        assert_eq!(pages.len(), 3);
        each_once(&pages, "users", &parents);
        each_once(&pages, "children", &children);
        assert_eq!(ids(&pages[0]["users"]).len(), 50);
    }
    check(&app);
}

#[test]
fn pages_of_children_only_are_pages_of_children() {
    let app = TestApp::start();
    let (_, children) = families(&app);
    let first = list(&app, json!({ "only_children": 1 }));
    assert_eq!(first["users"], json!([]));
    assert_eq!(ids(&first["children"]).len(), 50);
    assert_eq!(first["total_users"], 121);
    let second = list(
        &app,
        json!({ "only_children": 1, "cursor": first["next_cursor"] }),
    );
    let third = list(
        &app,
        json!({ "only_children": 1, "cursor": second["next_cursor"] }),
    );
    assert_eq!(third["next_cursor"], Value::Null);
    each_once(&[first, second, third], "children", &children);
}

#[test]
fn a_full_last_page_is_the_last() {
    let app = TestApp::start();
    // With the demo's Ella: fifty.
    for _ in 0..49 {
        parent(&app, json!({}));
    }
    let page = list(&app, json!({}));
    assert_eq!(ids(&page["users"]).len(), 50);
    assert_eq!(page["next_cursor"], Value::Null);
    parent(&app, json!({}));
    let page = list(&app, json!({}));
    assert_eq!(page["total_users"], 51);
    let rest = list(&app, json!({ "cursor": page["next_cursor"] }));
    assert_eq!(ids(&rest["users"]).len(), 1);
}

/// Ella and Ray of the demo; a parent with a child of each kind; an excluded one with a child of each kind.
struct Camp {
    app: TestApp,
    names: Vec<(String, &'static str)>,
}

impl Camp {
    fn new() -> Self {
        let app = TestApp::start();
        let mut names = vec![("9001".to_owned(), "ella"), ("9002".to_owned(), "ray")];
        for [name, kid, gone] in [["in", "in-in", "in-out"], ["out", "out-in", "out-out"]] {
            let me = parent(&app, json!({}));
            let kids = [child(&app, &me), child(&app, &me)];
            done(&app, set_status(&kids[1], 22));
            if name == "out" {
                done(&app, set_status(&me, 22));
            }
            names.push((me, name));
            names.extend(kids.into_iter().zip([kid, gone]));
        }
        Camp { app, names }
    }

    fn named(&self, users: &Value) -> Vec<&'static str> {
        let name = |id: &String| {
            let found = self.names.iter().find(|(known, _)| known == id);
            found.unwrap().1
        };
        ids(users).iter().map(name).collect()
    }

    /// Users, children, the number that is paged, and that of the selection.
    #[track_caller]
    fn expect(&self, options: &[&str], users: &[&str], children: &[&str], counts: (i64, i64)) {
        let doc: Value = options
            .iter()
            .map(|option| (option.to_string(), json!(true)))
            .collect();
        let answer = list(&self.app, doc);
        assert_eq!(self.named(&answer["users"]), users, "{options:?}");
        assert_eq!(self.named(&answer["children"]), children, "{options:?}");
        let found = (&answer["total_users"], &answer["totals"]["users"]);
        assert_eq!(found, (&json!(counts.0), &json!(counts.1)), "{options:?}");
        assert_eq!(answer["records_per_page"], 50);
        assert_eq!(
            (&answer["user_info"], &answer["meta_info"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[test]
fn options_say_who_is_listed() {
    let camp = Camp::new();
    let all = ["ray", "in-in", "in-out", "out-in", "out-out"];
    // A child stays in the list that its parent has left.
    camp.expect(&[], &["ella", "in"], &["ray", "in-in", "out-in"], (3, 5));
    camp.expect(&["with_excluded"], &["ella", "in", "out"], &all, (3, 8));
    let excluded = ["in-out", "out-out"];
    camp.expect(&["only_excluded"], &["out"], &excluded, (2, 3));
    let both = ["with_excluded", "only_excluded"];
    camp.expect(&both, &["out"], &excluded, (2, 3));
    camp.expect(&["only_parents"], &["ella", "in"], &[], (2, 2));
    camp.expect(
        &["only_parents", "with_excluded"],
        &["ella", "in", "out"],
        &[],
        (3, 3),
    );
    camp.expect(&["only_parents", "only_excluded"], &["out"], &[], (1, 1));
    camp.expect(&["only_children"], &[], &["ray", "in-in", "out-in"], (3, 3));
    camp.expect(&["only_children", "with_excluded"], &[], &all, (5, 5));
    camp.expect(
        &["only_children", "only_excluded"],
        &[],
        &["in-out", "out-out"],
        (2, 2),
    );
}

#[test]
fn families_have_their_children_inside() {
    let camp = Camp::new();
    let inside = |doc: Value| -> Vec<(&str, Vec<&str>)> {
        let answer = list(&camp.app, doc);
        assert_eq!(answer["children"], json!([]));
        let parents = camp.named(&answer["users"]);
        let users = answer["users"].as_array().unwrap().iter();
        let children = users.map(|user| camp.named(&user["children"]));
        parents.into_iter().zip(children).collect()
    };
    assert_eq!(
        inside(json!({ "return_families": true })),
        [
            ("ella", vec!["ray"]),
            ("in", vec!["in-in"]),
            ("out-in", vec![])
        ]
    );
    assert_eq!(
        inside(json!({ "return_families": true, "only_excluded": true })),
        [("in-out", vec![]), ("out", vec!["out-out"])]
    );
    assert_eq!(
        inside(json!({ "return_families": 1, "with_excluded": "1" })),
        [
            ("ella", vec!["ray"]),
            ("in", vec!["in-in", "in-out"]),
            ("out", vec!["out-in", "out-out"])
        ]
    );
    assert_eq!(
        inside(json!({ "return_families": true, "only_parents": true })),
        [("ella", vec![]), ("in", vec![])]
    );
}

#[test]
fn every_user_has_what_get_info_answers() {
    let camp = Camp::new();
    let app = &camp.app;
    done(app, add_product("9001", json!({ "p_id": 13 })));
    let mail = json!({ "from": "a@b.example", "to": "c@d.example", "subject": "Hi" });
    done(
        app,
        call(
            "add_email",
            "9002",
            json!({ "doc": { "email_list": mail } }),
        ),
    );
    let wanted = json!({
        "home_town": 1, "instrument": 1, "first_name": 1, "_allfields": 1, "_userforms": 1,
        "_usercart": { "p_id": 13 }, "_family": 1, "_emails": 1, "_utm": 1,
    });
    let mut doc = wanted.clone();
    doc["with_excluded"] = json!(true);
    let answer = list(app, doc);
    let users = answer["users"].as_array().unwrap().iter();
    for user in users.chain(answer["children"].as_array().unwrap()) {
        let id = user["user_info"]["clogin_id"].as_str().unwrap();
        let alone = done(app, call("get_info", id, json!({ "doc": wanted })));
        for key in ["user_info", "meta_info", "doc"] {
            assert_eq!(user[key], alone[key], "{id} {key}");
        }
    }
}

#[test]
fn who_was_deleted_is_not_listed() {
    let app = TestApp::start();
    let me = parent(&app, json!({}));
    assert_eq!(list(&app, json!({}))["total_users"], 2);
    done(&app, call("delete", &me, json!({})));
    let answer = list(&app, json!({ "with_excluded": true }));
    assert_eq!(ids(&answer["users"]), ["9001"]);
    assert_eq!(answer["total_users"], 1);
}

#[test]
fn a_project_without_users_has_an_empty_list() {
    let app = TestApp::start();
    let answer = app.post(json!({ "action": "get_user_list", "group_id": 1003 }));
    let totals = json!({ "users": 0, "order": "0.00", "paid": "0.00", "balance": "0.00" });
    let empty = json!({
        "users": [], "children": [], "totals": totals, "total_users": 0, "records_per_page": 50,
        "next_cursor": null, "success": true, "user_info": null, "meta_info": null,
    });
    assert_eq!((answer.status, answer.json()), (200, empty));
}

/// Everybody on all pages, by the way of going from one to the next; checks that no page is too long, and the counts.
fn everybody(app: &TestApp, options: &Value, key: &str) -> BTreeSet<String> {
    let mut seen = Vec::new();
    let mut doc = options.clone();
    let mut heads = 0;
    loop {
        let page = list(app, doc.clone());
        let users = page["users"].as_array().unwrap().iter();
        let inside: Vec<_> = users.flat_map(|user| ids(&user["children"])).collect();
        let listed = ids(&page["users"]);
        assert!(listed.len() <= 50);
        heads += listed.len();
        seen.extend([listed, inside].concat());
        if page["next_cursor"].is_null() {
            assert_eq!(page["total_users"], json!(heads), "{doc}");
            assert_eq!(page["totals"]["users"], json!(seen.len()), "{doc}");
            break;
        }
        doc[key] = match key {
            "cursor" => page["next_cursor"].clone(),
            _ => json!(heads),
        };
    }
    let distinct: BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!(distinct.len(), seen.len(), "nobody twice");
    distinct
}

#[test]
fn pages_and_counts_agree_whoever_is_excluded() {
    let app = TestApp::start();
    let (parents, children) = families(&app);
    for (number, (parent, child)) in parents.iter().zip(&children).enumerate() {
        match number % 4 {
            0 | 1 => done(&app, set_status(parent, 22)),
            2 => done(&app, set_status(child, 22)),
            _ => continue,
        };
    }
    let both = [parents, children].concat();
    let of = |excluded: bool| -> BTreeSet<String> {
        let is_excluded = |place: usize| match place % 4 {
            0 | 1 => place < 120,
            2 => place >= 120,
            _ => false,
        };
        let people = both.iter().enumerate();
        let chosen = people.filter(|(place, _)| is_excluded(*place) == excluded);
        let demo = ["9001", "9002"].iter().filter(|_| !excluded);
        let chosen = chosen.map(|(_, id)| id.clone());
        chosen.chain(demo.map(ToString::to_string)).collect()
    };
    for key in ["cursor", "starting_position"] {
        let families = json!({ "return_families": true });
        assert_eq!(everybody(&app, &families, key), of(false));
        let families = json!({ "return_families": true, "only_excluded": true });
        assert_eq!(everybody(&app, &families, key), of(true));
    }
    // In the flat list a child is among the children.
    let page = list(&app, json!({ "starting_position": 50 }));
    let users = ids(&page["users"]);
    let children = page["children"].as_array().unwrap().iter();
    let parents = children.map(|child| child["user_info"]["connected_to"].as_str().unwrap());
    let strays = parents.filter(|parent| !users.iter().any(|user| user == parent));
    assert_eq!((users.len(), strays.count()), (11, 39));
    check(&app);
}

#[test]
fn a_page_with_strays_goes_by_the_indexes() {
    let camp = Camp::new();
    for option in ["with_excluded", "only_excluded", "return_families"] {
        let doc = json!({ option: true, "cursor": 1 });
        let statements = camp.app.statements_of(|| {
            list(&camp.app, doc);
        });
        assert!(statements.len() <= 6, "{statements:#?}");
        for statement in statements.iter().filter(|_| !is_postgres()) {
            for step in camp.app.direct().plan(statement) {
                assert!(!step.starts_with("SCAN"), "{step}: {statement}");
                let range = "(organization_id=? AND group_id=?)";
                let whole = step.ends_with(range) && !step.contains("registrations_excluded");
                assert!(
                    !whole || step.contains("group_totals"),
                    "{step}: {statement}"
                );
            }
        }
    }
}
