//! How many SQL statements these actions may need, whatever they do: see also `tests/integration/statements.rs`.

use serde_json::{Value, json};

use super::people::{
    CAMP, add_payment, add_product, authenticate, call, child, create_child, done, move_child,
    parent, pay, refund, set_status, token, update, verify_token,
};
use crate::support::TestApp;

/// One connection: the row of totals that it adds to is there after the first calls.
fn app() -> TestApp {
    let app = TestApp::start_with(|config| config.pool_size = 1);
    let me = parent(&app, json!({}));
    let kid = child(&app, &me);
    done(&app, set_status(&me, 22));
    done(&app, set_status(&kid, 22));
    app
}

fn statements(app: &TestApp, body: Value) -> usize {
    let statements = app.statements_of(|| {
        done(app, body);
    });
    statements.len()
}

#[test]
fn each_action_has_its_budget() {
    let app = app();
    let me = parent(
        &app,
        json!({ "username": "me@riverside.example", "password": "rumba at midnight" }),
    );
    let budget = |body: Value, most: usize| {
        let name = body["action"].clone();
        let found = statements(&app, body);
        assert!(found <= most, "{name}: {found} statements");
    };
    // Reading the parent, holding it, whether there are families, person, registration, totals, its events; for the
    // discount for siblings the parent's cart, its children, and saving that they were looked at.
    budget(create_child(&me, json!({ "instrument": ["Piano"] })), 10);
    // Reading the person, holding it, the token.
    budget(call("login", &me, json!({})), 3);
    // And by the username, and holding the password.
    budget(authenticate("me@riverside.example", "rumba at midnight"), 5);
    budget(verify_token(&token(&app, &me)), 2);
    // Reading, holding, saving, its events; with names the person, with a password its tokens.
    budget(
        update(
            &me,
            json!({ "home_town": "Memphis", "pick_up": "Aunt May" }),
        ),
        4,
    );
    budget(
        update(
            &me,
            json!({ "first_name": "Ada", "password": "mambo at noon", "remarks": "x" }),
        ),
        6,
    );
    // And the status as it is now, and both totals.
    budget(set_status(&me, 21), 5);
    budget(set_status(&me, 22), 7);
}

#[test]
fn a_cart_has_its_budget() {
    let app = app();
    let kid = child(&app, &parent(&app, json!({})));
    // Reading, holding, the cart, the seats (twice, where there is no quota), the line, saving, totals, its events.
    for product in [11, 13, 15] {
        let one = statements(&app, add_product(&kid, json!({ "p_id": product })));
        assert!(one <= 9, "{product}: {one}");
    }
    // Each further one: the seats, the line.
    let list = json!([{ "p_id": 13 }, { "p_id": 15 }, { "p_id": 13 }]);
    let several = statements(&app, add_product(&kid, list));
    assert!(several <= 9 + 2 * 3, "{several}");
    let cart = done(
        &app,
        call("get_info", &kid, json!({ "doc": { "_usercart": 1 } })),
    );
    let id = cart["doc"]["_usercart"][0]["cart_id"].clone();
    let list = json!({ "product_list": { "cart_id": id } });
    let removed = statements(&app, call("remove_product", &kid, list));
    assert!(removed <= 9, "{removed}");
    // Reading, holding, the reference, the payment, saving, totals, its events; of a refund those that are pending.
    let doc = |kind: &str, status: &str| json!({ "amount": 5, "kind": kind, "status": status, "reference": "r" });
    let pending = add_payment(&kid, doc("payment", "pending"));
    assert!(statements(&app, pending) <= 5);
    let settled = add_payment(&kid, doc("payment", "approved"));
    assert!(statements(&app, settled) <= 7);
    assert!(statements(&app, pay(&kid, "5.00")) <= 6);
    assert!(statements(&app, refund(&kid, "5.00")) <= 7);
    // Reading, holding both parents and the child, saving, its events; of each parent its cart, its children, saving.
    let other = parent(&app, json!({}));
    let moved = statements(&app, move_child(&kid, &other));
    assert!(moved <= 12, "{moved}");
    // Reading, holding the parent and it, children, the cart, the tokens, saving, totals, its events; the seats of each
    // product; of the parent its cart, and saving that its children were counted.
    let deleted = statements(&app, call("delete", &kid, json!({})));
    assert!(deleted <= 9 + 3 + 2, "{deleted}");
}

/// Of the academy, which has products of every kind.
fn in_academy(action: &str, clogin: &str, more: Value) -> Value {
    let mut body = call(action, clogin, more);
    body["group_id"] = json!(1005);
    body
}

#[test]
fn every_kind_of_product_has_the_same_budget() {
    /// Eight of its own, and its events.
    const BUDGET: usize = 8 + 1;
    let app = app();
    let person = || {
        let answer = done(&app, crate::support::create(1005, json!({})));
        answer["user_info"]["clogin_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let add = |me: &str, list: Value| {
        statements(
            &app,
            in_academy("add_product", me, json!({ "product_list": list })),
        )
    };
    let me = person();
    // A voucher first, so that every line is reckoned with.
    for product in [60, 52, 54, 56, 58, 59, 61, 64] {
        let found = add(&me, json!({ "p_id": product }));
        assert!(found <= BUDGET, "{product}: {found}");
    }
    let private = add(&me, json!({ "name": "Lessons", "price": 10 }));
    assert!(private <= BUDGET, "private: {private}");
    // Waiting, and asking for the seat.
    let other = person();
    for _ in 0..2 {
        let waiting = add(&other, json!({ "p_id": 61, "q": 5 }));
        assert!(waiting <= BUDGET, "waiting: {waiting}");
    }
    let cart = done(
        &app,
        in_academy(
            "get_info",
            &me,
            json!({ "doc": { "_usercart": { "p_id": 61 } } }),
        ),
    );
    let list = json!({ "cart_id": cart["doc"]["_usercart"][0]["cart_id"] });
    let removed = statements(
        &app,
        in_academy("remove_product", &me, json!({ "product_list": list })),
    );
    assert!(removed <= BUDGET, "removed: {removed}");
    let promoted = add(&other, json!({ "p_id": 61, "q": 5 }));
    assert!(promoted <= BUDGET, "promoted: {promoted}");
    // And the line that is replaced, with its seat.
    let interchanged = add(&me, json!({ "p_id": 55 }));
    assert!(interchanged <= BUDGET + 2, "interchanged: {interchanged}");
}

#[test]
fn a_long_cart_is_one_statement() {
    let app = app();
    let me = parent(&app, json!({}));
    let look = || {
        statements(
            &app,
            call("get_info", &me, json!({ "doc": { "_usercart": 1 } })),
        )
    };
    let empty = look();
    // The person, once more with the cart, the cart.
    assert_eq!(empty, 3);
    let hundred: Value = (0..100)
        .map(|number| json!({ "name": format!("Lesson {number}"), "price": 1 }))
        .collect();
    for _ in 0..2 {
        done(&app, add_product(&me, hundred.clone()));
    }
    assert_eq!(look(), empty);
}

#[test]
fn a_list_needs_as_many_for_many_as_for_one() {
    let app = app();
    let everything = json!({
        "with_excluded": 1, "_family": 1, "_usercart": 1, "_userpayments": 1, "_emails": 1, "_allfields": 1, "_userforms": 1,
        "_utm": 1, "home_town": 1,
    });
    let count = |doc: &Value, option: &str| {
        let mut doc = doc.clone();
        doc[option] = json!(true);
        statements(
            &app,
            json!({ "action": "get_user_list", "group_id": CAMP, "doc": doc }),
        )
    };
    let options = [
        "with_excluded",
        "return_families",
        "only_parents",
        "only_children",
    ];
    let few: Vec<_> = options.map(|option| count(&everything, option)).to_vec();
    assert!(few.iter().all(|count| *count <= 7), "{few:?}");
    // The page, its children, the totals.
    assert_eq!(count(&json!({}), "with_excluded"), 3);
    for _ in 0..60 {
        child(&app, &parent(&app, json!({})));
    }
    assert_eq!(
        options.map(|option| count(&everything, option)).to_vec(),
        few
    );
}

#[test]
fn get_info_needs_a_few_more_for_what_stands_in_other_rows() {
    let app = app();
    let me = parent(&app, json!({}));
    let kid = child(&app, &me);
    let doc = json!({ "doc": { "_family": 1, "_usercart": 1, "_emails": 1 } });
    assert!(statements(&app, call("get_info", &me, doc.clone())) <= 5);
    assert!(statements(&app, call("get_info", &kid, doc)) <= 6);
}
