use serde_json::json;

use super::*;

#[test]
fn triggers() {
    let condition = "groups[0].triggers[0].conditions[0]";
    for (value, path) in [
        (
            json!({ "on": "field", "field": "nose", "value": "x" }),
            ".field",
        ),
        (json!({ "on": "field", "field": "years" }), ""),
        (
            json!({ "on": "field", "field": "years", "value": "1", "at_most": "2" }),
            "",
        ),
        (
            json!({ "on": "field", "field": "years", "one_of": [] }),
            ".one_of",
        ),
        (
            json!({ "on": "field", "field": "years", "value": "many" }),
            ".value",
        ),
        (
            json!({ "on": "field", "field": "f_1", "value": "Flute" }),
            ".value",
        ),
        (
            json!({ "on": "field", "field": "f_1", "one_of": ["Piano", "Flute"] }),
            ".one_of[1]",
        ),
        (
            json!({ "on": "field", "field": "f_1", "at_least": "Piano" }),
            "",
        ),
        (
            json!({ "on": "field", "field": "years", "at_least": "10", "at_most": "9" }),
            "",
        ),
        (
            json!({ "on": "field", "field": "birth_date", "at_least": "2016" }),
            ".at_least",
        ),
        (json!({ "on": "product_added", "product": 12 }), ".product"),
        (json!({ "on": "status", "status": 22 }), ".status"),
        (json!({ "on": "children" }), ""),
        (json!({ "on": "children", "at_least": 2, "at_most": 1 }), ""),
        (json!({ "on": "form_completed", "form": 2 }), ".form"),
        (
            json!({ "on": "age", "field": "years", "at_least": 6, "on_date": "2027-07-01" }),
            ".field",
        ),
        (
            json!({ "on": "age", "field": "birth_date", "on_date": "2027-07-01" }),
            "",
        ),
        (json!({ "on": "user_registered", "x": 1 }), ".x"),
        (json!({ "on": "balance_closed", "value": "100" }), ".value"),
    ] {
        let pointer = "/groups/0/triggers/0/conditions/0";
        check_table(&[(pointer, value, &format!("{condition}{path}"))]);
    }
    let action = "groups[0].triggers[0].action";
    for (value, path) in [
        (
            json!({ "type": "add_product", "products": [] }),
            ".products",
        ),
        (
            json!({ "type": "add_product_no_show", "products": [11, 12] }),
            ".products[1]",
        ),
        (json!({ "type": "add_form", "form": 2 }), ".form"),
        (json!({ "type": "set_status", "status": 22 }), ".status"),
        (json!({ "type": "send_email", "template": 32 }), ".template"),
    ] {
        let pointer = "/groups/0/triggers/0/action";
        check_table(&[(pointer, value, &format!("{action}{path}"))]);
    }
    let pointer = "/groups/0/triggers/0/conditions";
    check_table(&[(pointer, json!([]), "groups[0].triggers[0].conditions")]);
}

#[test]
fn people() {
    let child = "users[1].registrations[0]";
    check_table(&[
        (
            "/users/1",
            json!({ "clogin_id": 9001 }),
            "users[1].clogin_id",
        ),
        (
            "/users/0/registrations/1/group_id",
            json!(7),
            "users[0].registrations[1].group_id",
        ),
        (
            "/users/0/registrations/1/group_id",
            json!(1001),
            "users[0].registrations[1].group_id",
        ),
        (
            "/users/0/registrations/0/status",
            json!(22),
            "users[0].registrations[0].status",
        ),
        (
            "/users/1/registrations/0/connected_to",
            json!(9003),
            &format!("{child}.connected_to"),
        ),
        (
            "/users/1/registrations/0/connected_to",
            json!(9002),
            &format!("{child}.connected_to"),
        ),
        (
            "/users/1/registrations/0/group_id",
            json!(1002),
            &format!("{child}.connected_to"),
        ),
    ]);
    let mut file = sound();
    file["users"].as_array_mut().unwrap().remove(0);
    assert_eq!(
        problems(&file)[0].path,
        "users[0].registrations[0].connected_to"
    );
    for (role, count) in [(Role::Parent, 0), (Role::Child, 1)] {
        let key = (GroupId(1001), CloginId(9001));
        let people = KnownPeople {
            registered: HashMap::from([(key, role)]),
            ..KnownPeople::default()
        };
        assert_eq!(problems_beside(&file, &people).len(), count);
    }
}
