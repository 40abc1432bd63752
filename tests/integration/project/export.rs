//! `export-project`: what it writes is what was applied.

use clogin::ids::{AdminId, OrganizationId};
use clogin::project::export::export;
use serde_json::{Value, json};

use super::{ONE, Setup, block_on, demo, nothing};
use crate::support::TestApp;

impl Setup {
    pub(super) fn export(&self) -> Value {
        let file = self.runtime.block_on(export(&self.app, ONE)).unwrap();
        serde_json::to_value(file.unwrap()).unwrap()
    }
}

#[test]
fn what_is_exported_is_what_was_applied() {
    let setup = Setup::new();
    let mut file = demo();
    setup.apply(&file).unwrap();
    // Moved about, so that positions are not simply 0, 1, 2.
    let camp = &mut file["groups"][0];
    camp["forms"].as_array_mut().unwrap().swap(0, 3);
    camp["statuses"].as_array_mut().unwrap().reverse();
    let new = json!({ "id": 902, "name": "First", "mandatory": true });
    camp["categories"].as_array_mut().unwrap().insert(0, new);
    file["groups"].as_array_mut().unwrap().swap(0, 2);
    setup.apply(&file).unwrap();

    let exported = setup.export();
    let typed = |file: &Value| -> clogin::project::file::ProjectFile {
        let mut file = file.clone();
        file["users"] = json!([]);
        for admin in file["admins"].as_array_mut().unwrap() {
            admin.as_object_mut().unwrap().remove("token");
        }
        serde_json::from_value(file).unwrap()
    };
    assert_eq!(typed(&exported), typed(&file));
    assert_eq!(setup.apply(&exported).unwrap(), nothing());
    assert_eq!(setup.prune(&exported).unwrap(), nothing());

    let elsewhere = Setup::new();
    elsewhere.apply(&exported).unwrap();
    // As text: the order is the same, too.
    assert_eq!(elsewhere.export().to_string(), exported.to_string());
}

#[test]
fn neither_people_nor_secrets_are_exported() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    setup.revoke(AdminId(502));
    let exported = setup.export();
    let keys: Vec<_> = exported.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["organization", "admins", "groups"]);
    let admins = exported["admins"].as_array().unwrap();
    assert_eq!(admins.len(), 1);
    assert_eq!(admins[0]["id"], json!(501));
    assert!(admins[0].get("token").is_none());
    // The one that is revoked stays so.
    assert_eq!(setup.prune(&exported).unwrap(), nothing());
}

#[test]
fn what_the_api_made_is_exported() {
    let app = TestApp::start();
    for name in ["Guest", "Staff"] {
        let body = json!({ "action": "create", "group_id": 1001, "doc": { "status_name": name } });
        let headers = crate::support::client::SERVER;
        let body = body.to_string();
        let answer = app
            .client
            .send("POST", "/reg/api2/statuses/", &headers, body.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let file = block_on(export(&app.app, ONE)).unwrap().unwrap();
    let names: Vec<_> = file.groups[0]
        .statuses
        .iter()
        .map(|status| status.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["Waiting list", "Too young", "Cancelled", "Guest", "Staff"]
    );
    let files = vec![("x.json".to_owned(), file)];
    let options = clogin::project::apply::ApplyOptions {
        unnamed: clogin::project::apply::Unnamed::Removed,
        ..Default::default()
    };
    let applied = block_on(clogin::project::apply::apply(&app.app, files, options)).unwrap();
    assert_eq!(applied, nothing());
}

#[test]
fn what_the_api_made_of_products_is_exported() {
    let app = TestApp::start();
    let post = |action: &str, doc: Value| {
        let body = json!({ "action": action, "group_id": 1003, "doc": doc });
        let answer = app.client.post_to("/reg/api2/products/", body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let category =
        post("create_category", json!({ "category_name": "Concerts" }))["category_id"].clone();
    let edit =
        json!({ "category_id": category, "mandatory_category": 1, "category_top_remark": "One." });
    post("edit_category", edit);
    let create = |doc: Value| post("create", doc)["p_id"].clone();
    let holder =
        create(json!({ "base_product_type": 3, "product_name": "Week", "cat_id": category }));
    let session = json!({ "base_product_type": 4, "product_name": "Day", "cat_id": category, "quota": 3,
        "product_activity_start_date": "2027-03-27", "product_activity_end_date": "2027-03-27" });
    let session = create(session);
    create(
        json!({ "base_product_type": 2, "product_name": "Off", "percent": 5, "discounted": session }),
    );
    let file = block_on(export(&app.app, ONE)).unwrap().unwrap();
    let written = serde_json::to_value(&file.groups[3]).unwrap();
    let expected = json!({ "id": category, "name": "Concerts", "interchange": false, "mandatory": true,
        "top_remark": "One." });
    assert_eq!(written["categories"], json!([expected]));
    assert_eq!(written["products"][1]["holder"], holder);
    assert_eq!(written["products"][2]["percent"], json!("5.00"));
    let files = vec![("x.json".to_owned(), file)];
    let options = clogin::project::apply::ApplyOptions {
        unnamed: clogin::project::apply::Unnamed::Removed,
        ..Default::default()
    };
    let applied = block_on(clogin::project::apply::apply(&app.app, files, options)).unwrap();
    assert_eq!(applied, nothing());
    assert_eq!(block_on(super::disagreements(&app.app)), [""; 0]);
}

#[test]
fn an_organization_that_is_not_there_is_a_sentence() {
    let setup = Setup::new();
    let none = setup
        .runtime
        .block_on(export(&setup.app, OrganizationId(7)));
    assert!(none.unwrap().is_none());
    let (code, out, err) = setup.clogin(&["export-project", "7"]);
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (1, "", "there is no organization 7\n")
    );
    setup.apply(&demo()).unwrap();
    let (code, out, err) = setup.clogin(&["export-project", "1"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), setup.export());
    assert!(
        out.starts_with("{\n  \"organization\": {\n    \"id\": 1,"),
        "{out}"
    );
}
