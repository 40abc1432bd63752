//! How many SQL statements these actions may need, whatever they do: see also `tests/integration/statements.rs`.

use serde_json::{Value, json};

use super::people::{
    CAMP, add_product, authenticate, call, child, create_child, done, parent, set_status, token,
    update, verify_token,
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
    // Reading the parent, holding it, person, registration, totals, two events.
    budget(create_child(&me, json!({ "instrument": ["Piano"] })), 7);
    // Reading the person, holding it, the token.
    budget(call("login", &me, json!({})), 3);
    // And by the username, and holding the password.
    budget(authenticate("me@riverside.example", "rumba at midnight"), 5);
    budget(verify_token(&token(&app, &me)), 2);
    // Reading, holding, saving, two events; with names the person, with a password its tokens.
    budget(
        update(
            &me,
            json!({ "home_town": "Memphis", "pick_up": "Aunt May" }),
        ),
        5,
    );
    budget(
        update(
            &me,
            json!({ "first_name": "Ada", "password": "mambo at noon", "remarks": "x" }),
        ),
        7,
    );
    // And the status as it is now, and both totals.
    budget(set_status(&me, 21), 6);
    budget(set_status(&me, 22), 8);
}

#[test]
fn a_cart_has_its_budget() {
    let app = app();
    let kid = child(&app, &parent(&app, json!({})));
    // Reading, holding, the cart, the seats (twice, where there is no quota), the line, saving, totals, two events.
    for product in [11, 13, 15] {
        let one = statements(&app, add_product(&kid, json!({ "p_id": product })));
        assert!(one <= 10, "{product}: {one}");
    }
    // Each further one: the seats, the line.
    let list = json!([{ "p_id": 13 }, { "p_id": 15 }, { "p_id": 13 }]);
    let several = statements(&app, add_product(&kid, list));
    assert!(several <= 10 + 2 * 3, "{several}");
    let cart = done(
        &app,
        call("get_info", &kid, json!({ "doc": { "_usercart": 1 } })),
    );
    let id = cart["doc"]["_usercart"][0]["cart_id"].clone();
    let list = json!({ "product_list": { "cart_id": id } });
    let removed = statements(&app, call("remove_product", &kid, list));
    assert!(removed <= 10, "{removed}");
    // Reading, holding the parent and it, children, the cart, the tokens, saving, totals, two events; the seats of each
    // product.
    let deleted = statements(&app, call("delete", &kid, json!({})));
    assert!(deleted <= 10 + 3, "{deleted}");
}

#[test]
fn a_list_needs_as_many_for_many_as_for_one() {
    let app = app();
    let everything = json!({
        "with_excluded": 1, "_family": 1, "_usercart": 1, "_emails": 1, "_allfields": 1, "_userforms": 1,
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
    assert!(few.iter().all(|count| *count <= 6), "{few:?}");
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
