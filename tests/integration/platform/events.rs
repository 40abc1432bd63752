//! Reading events.

use serde_json::{Value, json};

use super::{PREFIXES, asks_by_index, bad_parameter, get, ok};
use crate::support::client::{SERVER, USERS};
use crate::support::database::is_postgres;
use crate::support::{TestApp, create};

/// A publishable key.
const BROWSER: [(&str, &str); 2] = [
    ("Authorization", "Bearer pub-riverside-camp-7d1f0c64"),
    ("Origin", "https://camp.riverside.example"),
];

const EVENTS: &str = "/core/v1/analytics/events";

/// Calls of one organization, a second apart: `create` with these request ids, and one `delete`.
fn app_with_events() -> TestApp {
    let app = TestApp::start();
    for request in ["one", "two", "three"] {
        let headers = [("X-Request-Id", request)];
        let answer = app.client.users_with(&headers, create(1001, json!({})));
        assert_eq!(answer.status, 200);
        app.advance_seconds(1);
    }
    let me = answer_id(&app, create(1001, json!({})));
    app.advance_seconds(1);
    let headers = [("X-Request-Id", "last")];
    let delete = json!({ "action": "delete", "group_id": 1001, "clogin_id": me });
    assert_eq!(app.client.users_with(&headers, delete).status, 200);
    app
}

fn answer_id(app: &TestApp, body: Value) -> String {
    let answer = app.client.users_with(&[("X-Request-Id", "four")], body);
    let id = answer.json()["user_info"]["clogin_id"].clone();
    id.as_str().unwrap().to_owned()
}

/// (Request, type) of what a query finds.
fn found(app: &TestApp, query: &str) -> Vec<(String, String)> {
    let body = ok(&get(app, &format!("{EVENTS}?{query}")));
    let text = |event: &Value, key: &str| event[key].as_str().unwrap().to_owned();
    let data = body["data"].as_array().unwrap();
    data.iter()
        .map(|event| (text(event, "requestId"), text(event, "type")))
        .collect()
}

fn requests(app: &TestApp, query: &str) -> Vec<String> {
    let mut requests: Vec<_> = found(app, query).into_iter().map(|(id, _)| id).collect();
    requests.dedup();
    requests
}

#[test]
fn an_event_is_shown_as_documented() {
    let app = TestApp::start();
    let headers = [("X-Request-Id", "one")];
    let body = create(1001, json!({ "first_name": "Nina" }));
    assert_eq!(app.client.users_with(&headers, body).status, 200);
    let answer = get(&app, EVENTS);
    let body = ok(&answer);
    let ids = [0, 1].map(|index| body["data"][index]["id"].as_str().unwrap().to_owned());
    let expected = json!({
        "data": [
            {
                "id": ids[0], "type": "USER_CREATE_SUCCESS", "timestamp": "2027-01-05T09:00:00.000Z",
                "category": "user", "requestId": "one", "metadata": {}, "data": {},
            },
            {
                "id": ids[1], "type": "USER_CREATE_START", "timestamp": "2027-01-05T09:00:00.000Z",
                "category": "user", "requestId": "one", "metadata": { "action": "create", "groupId": 1001 },
                "data": { "fields": ["first_name"], "doc": { "first_name": "Nina" } },
            },
        ],
        "nextCursor": body["nextCursor"],
    });
    assert_eq!(answer.text, expected.to_string());
    for path in ["analytics/events", "analytics/events/", "events"] {
        for prefix in PREFIXES {
            assert_eq!(get(&app, &format!("{prefix}/{path}")).text, answer.text);
        }
    }
}

#[test]
fn what_was_made_last_comes_first() {
    let app = app_with_events();
    assert_eq!(requests(&app, ""), ["last", "four", "three", "two", "one"]);
    let kinds: Vec<_> = found(&app, "").into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(
        kinds[..3],
        [
            "USER_DELETE_SUCCESS",
            "USER_DELETE_START",
            "USER_CREATE_SUCCESS"
        ]
    );
}

#[test]
fn a_walk_meets_each_event_once() {
    let app = app_with_events();
    for limit in [1, 2, 3, 10, 1_000] {
        let mut cursor = String::new();
        let mut seen = Vec::new();
        loop {
            let body = ok(&get(&app, &format!("{EVENTS}?limit={limit}{cursor}")));
            let data = body["data"].as_array().unwrap();
            let Some(next) = body["nextCursor"].as_str() else {
                assert_eq!(body, json!({ "data": [] }));
                break;
            };
            assert!(data.len() <= limit);
            seen.extend(data.iter().map(|event| event["id"].clone()));
            cursor = format!("&cursor={next}");
            // What comes meanwhile is not on the way.
            app.post(create(1001, json!({})));
        }
        let all = ok(&get(
            &app,
            &format!("{EVENTS}?limit=1000&dateTo=2027-01-05T09:00:04Z"),
        ));
        let ids: Vec<_> = all["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["id"].clone())
            .collect();
        let known = ids.len() - seen.len().min(ids.len());
        assert_eq!(seen, ids[known..], "{limit}");
    }
}

#[test]
fn a_type_is_found_whoever_called() {
    let app = TestApp::start();
    let callers = [&SERVER[..], &BROWSER].repeat(2);
    for (request, caller) in ["one", "two", "three", "four"].iter().zip(callers) {
        let headers = [caller, &[("X-Request-Id", request)]].concat();
        let body = create(1001, json!({})).to_string();
        assert_eq!(
            app.client
                .send("POST", USERS, &headers, body.as_bytes())
                .status,
            200
        );
        app.advance_seconds(1);
    }
    let all = ["four", "three", "two", "one"];
    assert_eq!(requests(&app, "types=USER_CREATE_START"), all);
    assert_eq!(
        requests(&app, "types=USER_CREATE_START,USER_CREATE_SUCCESS&limit=3"),
        all[..2]
    );
    assert_eq!(
        requests(&app, "types=USER_CREATE_START&clientIds=502"),
        ["four", "two"]
    );
    assert_eq!(requests(&app, "clientIds=501"), ["three", "one"]);
}

#[test]
fn any_position_is_a_cursor() {
    let app = app_with_events();
    // createdAt=2027-01-05T09:00:02.000Z&id=a, whatever stands there.
    let cursor = "Y3JlYXRlZEF0PTIwMjctMDEtMDVUMDk6MDA6MDIuMDAwWiZpZD1h";
    assert_eq!(
        requests(&app, &format!("cursor={cursor}")),
        ["three", "two", "one"]
    );
    // timestamp=2027-01-05T09%3A00%3A01.000Z&id=
    let cursor = "dGltZXN0YW1wPTIwMjctMDEtMDVUMDklM0EwMCUzQTAxLjAwMFomaWQ9";
    assert_eq!(requests(&app, &format!("cursor={cursor}")), ["one"]);
}

#[test]
fn filters_find_what_they_say() {
    let app = app_with_events();
    let all = ["last", "four", "three", "two", "one"];
    let ids: Vec<_> = ok(&get(&app, &format!("{EVENTS}?limit=3")))["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect();
    for (query, expected) in [
        ("requestIds=one,three,none", &["three", "one"][..]),
        ("requestIds=two&types=USER_CREATE_FAIL", &[]),
        ("types=USER_DELETE_START,USER_DELETE_SUCCESS", &["last"]),
        ("types=USER_SEARCH_START", &[]),
        ("categories=user", &all),
        ("categories=user&types=USER_DELETE_START", &all),
        ("categories=wallet", &[]),
        ("categories=wallet&types=USER_DELETE_START", &["last"]),
        ("clientIds=501", &all),
        ("clientIds=501,502&types=USER_DELETE_START", &["last"]),
        ("clientIds=502", &[]),
        ("dateFrom=2027-01-05T09:00:03Z", &["last", "four"]),
        ("dateTo=2027-01-05T09:00:01.000Z", &["two", "one"]),
        (
            "dateFrom=2027-01-05T10:00:01%2B01:00&dateTo=2027-01-05T09:00:01",
            &["two"],
        ),
        ("dateFrom=2027-01-05&dateTo=2027-01-05", &all),
        ("dateFrom=2027-01-06", &[]),
        ("dateTo=2027-01-05T08:59:59.999Z", &[]),
        (&format!("ids={}", ids.join(",")), &["last", "four"]),
        (
            &format!("ids={},x&requestIds=four", ids.join(",")),
            &["four"],
        ),
        (&format!("ids={}&types=USER_DELETE_START", ids[0]), &[]),
    ] {
        assert_eq!(requests(&app, query), expected, "{query}");
    }
    assert_eq!(
        found(&app, "types=USER_CREATE_START,USER_DELETE_START").len(),
        5
    );
    assert_eq!(
        found(&app, "types=USER_CREATE_START,USER_DELETE_START&limit=2"),
        [("last", "USER_DELETE_START"), ("four", "USER_CREATE_START")]
            .map(|(id, kind)| (id.to_owned(), kind.to_owned()))
    );
}

#[test]
fn another_organization_has_events_of_its_own() {
    let app = app_with_events();
    let others = [(
        "Authorization",
        "Bearer c0a80101-3f5b-4a86-8f0c-4be1d3b7a602",
    )];
    let send = |query: &str| {
        let path = format!("{EVENTS}?{query}");
        app.client.send("GET", &path, &others, b"")
    };
    let answer = send("");
    assert_eq!(ok(&answer), json!({ "data": [] }));
    let id = ok(&get(&app, EVENTS))["data"][0]["id"].clone();
    for query in [
        format!("ids={}", id.as_str().unwrap()),
        "requestIds=one".to_owned(),
        "clientIds=501".to_owned(),
    ] {
        assert_eq!(ok(&send(&query)), json!({ "data": [] }), "{query}");
    }
}

#[test]
fn a_wrong_parameter_is_named() {
    let app = TestApp::start();
    let limit = "Must be from 1 to 1000";
    let date = "Must be a date or a date and time as in ISO 8601";
    let cursor = "Must be a cursor: the nextCursor of an answer";
    for (param, value, msg) in [
        ("limit", "0", limit),
        ("limit", "1001", limit),
        ("limit", "-1", limit),
        ("limit", "1.0", limit),
        ("limit", "", limit),
        ("limit", "99999999999999999999", limit),
        ("cursor", "x", cursor),
        ("cursor", "", cursor),
        ("dateFrom", "yesterday", date),
        ("dateTo", "2027-13-01", date),
        (
            "types",
            "USER_WINS",
            "Must be types of events: /analytics/event-types lists them",
        ),
        (
            "clientIds",
            "api",
            "Must be ids of API admins, as Api-id has them",
        ),
        (
            "ids",
            "a,,b",
            "Must have a value between the commas, of visible characters",
        ),
    ] {
        let answer = get(&app, &format!("{EVENTS}?{param}={value}"));
        bad_parameter(&answer, param, value, msg);
    }
    let many = vec!["1"; 21]
        .iter()
        .enumerate()
        .map(|(index, _)| index.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let answer = get(&app, &format!("{EVENTS}?clientIds={many}"));
    bad_parameter(&answer, "clientIds", &many, "Must have at most 20 values");
    let answer = get(&app, &format!("{EVENTS}?limit=1&limit=2"));
    bad_parameter(&answer, "limit", "1", "Must be given once");
}

#[test]
fn types_of_events_are_listed() {
    let app = TestApp::start();
    for prefix in PREFIXES {
        let body = ok(&get(&app, &format!("{prefix}/analytics/event-types")));
        let [category] = &body["data"].as_array().unwrap()[..] else {
            panic!("{body}")
        };
        assert_eq!(category["category"], "user");
        let types = category["types"].as_array().unwrap();
        assert_eq!(types.len(), 21);
        assert_eq!(types[0], "USER_CREATE_START");
        assert_eq!(types[20], "USER_CREDENTIAL_RETRIEVE_LIST_FAIL");
    }
}

/// Each filter with the index that finds.
#[test]
fn no_filter_goes_through_everything() {
    let app = app_with_events();
    let by_id = "PRIMARY KEY (organization_id=? AND id=?)";
    for (query, index) in [
        ("", "PRIMARY KEY (organization_id=? AND id>? AND id<?)"),
        (
            "ids=a,b&requestIds=one,two&types=USER_CREATE_START&dateFrom=2027-01-05",
            by_id,
        ),
        (
            "requestIds=one",
            "events_request (organization_id=? AND request_id=?",
        ),
        (
            "requestIds=one,two&types=USER_CREATE_START,USER_CREATE_FAIL&clientIds=501,502",
            "events_request (organization_id=? AND request_id=?",
        ),
        (
            "types=USER_CREATE_START,USER_CREATE_FAIL&dateTo=2027-01-06",
            "events_kind_admin (organization_id=? AND kind=?",
        ),
        (
            "clientIds=501",
            "events_kind_admin (organization_id=? AND kind=? AND admin_id=?",
        ),
        (
            "clientIds=501,502&types=USER_CREATE_START",
            "events_kind_admin (organization_id=? AND kind=? AND admin_id=?",
        ),
    ] {
        let ask = || {
            ok(&get(&app, &format!("{EVENTS}?{query}")));
        };
        asks_by_index(&app, ask);
        let mut direct = app.direct();
        for statement in app.statements_of(ask) {
            for step in direct.plan(&statement) {
                let found = is_postgres() || step.contains(index) || step.contains(by_id);
                assert!(found, "{query}: {step}");
            }
        }
    }
    // Of each type one for each admin, one more, and one for the ids of each; one for the events.
    let statements = app.statements_of(|| {
        ok(&get(
            &app,
            &format!("{EVENTS}?types=USER_CREATE_START,USER_CREATE_FAIL"),
        ));
    });
    assert_eq!(statements.len(), 5);
}

#[test]
fn the_headers_of_the_action_api_do_as_well() {
    let app = TestApp::start();
    assert_eq!(app.client.send("GET", EVENTS, &SERVER, b"").status, 200);
}

#[test]
fn a_bearer_token_counts_before_them() {
    let app = TestApp::start();
    let token = format!("Bearer {}", SERVER[2].1);
    let (good, bad) = (
        ("Authorization", token.as_str()),
        ("Authorization", "Bearer junk"),
    );
    for path in [EVENTS, "/core/v1/users", "/api/v1/users/"] {
        let status = |headers: &[(&str, &str)]| app.client.send("GET", path, headers, b"").status;
        assert_eq!(
            status(&[bad, SERVER[0], SERVER[1], SERVER[2]]),
            401,
            "{path}"
        );
        assert_eq!(status(&[good, SERVER[0]]), 200, "{path}");
    }
}
