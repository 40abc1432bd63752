//! One person, three views: whoever makes it, it reads right on the other two.

use clogin::actions::users::change::change;
use clogin::db::error::UniqueIndex;
use clogin::users::views::{ClientUser, Given, PlatformUser, ProviderLink};
use serde_json::{Value, json};

use super::{call, create, object, read, server, uuid, verify};
use crate::support::{TestApp, create as create_body, get_info};

fn client_view(app: &TestApp, uuid: &str) -> Value {
    let user = read(app, uuid).unwrap();
    serde_json::to_value(ClientUser::of(&user).unwrap()).unwrap()
}

fn platform_view(app: &TestApp, uuid: &str) -> Value {
    let user = read(app, uuid).unwrap();
    serde_json::to_value(PlatformUser::of(&user).unwrap()).unwrap()
}

fn link(provider: Option<&str>, subject: &str) -> ProviderLink {
    ProviderLink {
        provider_id: provider.map(str::to_owned),
        url: Some("https://login.example/ ".to_owned()),
        subject_id: subject.to_owned(),
    }
}

#[test]
fn one_made_by_the_action_api() {
    let app = TestApp::start();
    let doc = json!({ "main_email": "Nina@Riverside.example", "first_name": "Nina" });
    let answer = app.post(create_body(1001, doc)).json();
    let uuid = uuid(&app, answer["user_info"]["clogin_id"].as_str().unwrap());
    assert_eq!(
        client_view(&app, &uuid),
        json!({ "id": uuid, "email": "Nina@Riverside.example", "locale": "en", "custom_properties": null })
    );
    assert_eq!(
        platform_view(&app, &uuid),
        json!({ "id": uuid, "claims": {} })
    );
    verify(&app);
}

#[test]
fn one_made_by_a_client() {
    let app = TestApp::start();
    let properties = json!({ "external_id": "abc123", "tags": ["a", 1.5, null, { "b": true }] });
    let given = Given {
        email: Some(Some("nina@riverside.example".to_owned())),
        locale: Some("de".to_owned()),
        custom_properties: Some(Some(object(properties.clone()))),
        ..Given::default()
    };
    let user = create(&app, given);
    let expected = json!({
        "id": user.uuid, "email": "nina@riverside.example", "locale": "de", "custom_properties": properties,
    });
    assert_eq!(client_view(&app, &user.uuid), expected);
    assert_eq!(
        platform_view(&app, &user.uuid),
        json!({ "id": user.uuid, "claims": {} })
    );
    // It can be registered in a project, and is named by its e-mail there.
    let mut body = create_body(1001, json!({ "home_town": "Tryon" }));
    body["clogin_id"] = json!(user.id);
    let answer = app.post(body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["system_action"], json!(["user_registered"]));
    let info = get_info(
        1001,
        &user.id.to_string(),
        json!({ "main_email": 1, "home_town": 1 }),
    );
    assert_eq!(
        app.post(info).json()["doc"],
        json!({ "main_email": "nina@riverside.example", "home_town": "Tryon" })
    );
    assert_eq!(client_view(&app, &user.uuid), expected);
    verify(&app);
}

#[test]
fn one_made_by_a_platform() {
    let app = TestApp::start();
    let claims =
        json!({ "givenName": "Patrick", "address": { "city": "Auckland" }, "n": [7, "7"] });
    let given = Given {
        claims: Some(object(claims.clone())),
        provider_link: Some(link(Some("p-1"), "oauth2|123")),
        ..Given::default()
    };
    let user = create(&app, given);
    assert_eq!(
        platform_view(&app, &user.uuid),
        json!({
            "id": user.uuid, "claims": claims,
            "authenticationProvider": { "providerId": "p-1", "url": "https://login.example/ ", "subjectId": "oauth2|123" },
        })
    );
    assert_eq!(
        client_view(&app, &user.uuid),
        json!({ "id": user.uuid, "email": null, "locale": "en", "custom_properties": null })
    );
    verify(&app);
}

#[test]
fn what_is_not_given_stays_and_a_document_is_replaced_as_a_whole() {
    let app = TestApp::start();
    let given = Given {
        claims: Some(object(json!({ "a": 1, "b": { "c": [true] } }))),
        custom_properties: Some(Some(object(json!({ "x": "y" })))),
        ..Given::default()
    };
    let user = create(&app, given);
    let to = |given: Given| {
        let changed = server(&app, async |call| change(call, &user.uuid, given).await).unwrap();
        verify(&app);
        changed
    };
    let changed = to(Given {
        claims: Some(object(json!({ "b": { "c": [] } }))),
        ..Given::default()
    });
    assert_eq!(changed.claims, r#"{"b":{"c":[]}}"#);
    assert_eq!(changed.custom_properties.as_deref(), Some(r#"{"x":"y"}"#));
    let changed = to(Given {
        custom_properties: Some(None),
        email: Some(Some("x@example.com".to_owned())),
        ..Given::default()
    });
    assert_eq!(
        (changed.custom_properties, changed.main_email.as_deref()),
        (None, Some("x@example.com"))
    );
    assert_eq!(
        app.direct()
            .number("SELECT count(*) FROM user_values WHERE document = 'custom_properties'"),
        0
    );
    let changed = to(Given::default());
    assert_eq!(changed.main_email.as_deref(), Some("x@example.com"));
    // Another organization does not see it.
    let error = call(&app, 601, async |call| {
        change(call, &user.uuid, Given::default()).await
    });
    assert_eq!(error.unwrap_err().msg(), "Not found.");
}

#[test]
fn a_provider_link_is_one_persons() {
    let app = TestApp::start();
    let given = |provider, subject| Given {
        provider_link: Some(link(provider, subject)),
        ..Given::default()
    };
    create(&app, given(Some("p"), "1"));
    create(&app, given(Some("p"), "2"));
    create(&app, given(None, "1"));
    for taken in [
        given(Some("p"), "1"),
        given(None, "1"),
        given(Some(""), "1"),
    ] {
        let result = server(&app, async |call| {
            clogin::actions::users::create::create(call, taken).await
        });
        let error = result.map(|_| ()).unwrap_err();
        assert_eq!(error.taken(), Some(UniqueIndex::ProviderLink));
    }
    verify(&app);
}
