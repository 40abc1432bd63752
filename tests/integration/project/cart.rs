//! The carts of a file's users: filled by the rules of `add_product`, but for the level of a product.

use clogin::db::carts;
use clogin::ids::{CloginId, GroupId};
use serde_json::json;

use super::{ONE, Setup, demo};

const CART: &str = "x.json: users[1].registrations[0].cart";

#[test]
fn a_cart_of_a_file_takes_seats_and_counts() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    let lines = setup.read(|conn| {
        Ok(carts::of_people(
            conn,
            ONE,
            GroupId(1001),
            &[CloginId(9002)],
        )?)
    });
    let shown: Vec<_> = lines
        .iter()
        .map(|line| (line.product_id, line.quantity, line.price))
        .collect();
    assert_eq!(shown, [(Some(11), 1, 25_000)]);
    assert_eq!(setup.stock(11), Some((100, 1)));
    assert_eq!(setup.ordered(1001), 25_000);
    assert!(!setup.apply(&demo()).unwrap().is_changed);
    assert_eq!(setup.stock(11), Some((100, 1)));
}

#[test]
fn the_level_of_a_product_is_not_looked_at() {
    let setup = Setup::new();
    let mut file = demo();
    let products = file["groups"][0]["products"].as_array_mut().unwrap();
    products.push(json!({ "id": 113, "name": "For parents", "level": "parent", "quota": 3 }));
    file["users"][1]["registrations"][0]["cart"] = json!([{ "p_id": 113 }]);
    setup.apply(&file).unwrap();
    assert_eq!(setup.stock(113), Some((3, 1)));
    assert_eq!(setup.check(), [""; 0]);
}

#[test]
fn what_add_product_would_refuse_is_refused_with_its_path() {
    let unavailable = |rule: &str| vec![format!("{CART}[0].p_id {rule}")];
    for (cart, problems) in [
        (
            json!([{ "p_id": 99 }, { "p_id": 11, "q": 2 }]),
            vec![
                format!("{CART}[0].p_id is not a product of this project"),
                format!("{CART}[1].q must be 1: there is only one of it"),
            ],
        ),
        (json!([{ "p_id": 12 }]), unavailable("is hidden")),
        (
            json!([{ "p_id": 114, "q": 4 }]),
            unavailable("has not as many left"),
        ),
        (
            json!([{ "p_id": 11 }, { "p_id": 11 }]),
            vec![format!(
                "{CART}[1].p_id is in the cart already, and there is only one of it"
            )],
        ),
        (
            json!([{ "p_id": 114, "q": 0 }]),
            vec![format!("{CART}[0].q must be a whole number from 1 to 9999")],
        ),
    ] {
        let setup = Setup::new();
        let mut file = demo();
        let products = file["groups"][0]["products"].as_array_mut().unwrap();
        products.push(json!({ "id": 114, "name": "Shirt", "quota": 3 }));
        file["users"][1]["registrations"][0]["cart"] = cart.clone();
        assert_eq!(setup.apply(&file).unwrap_err(), problems, "{cart}");
        assert_eq!(setup.stock(11), None);
    }
}
