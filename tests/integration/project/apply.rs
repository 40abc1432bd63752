//! `apply`: what it changes, what it refuses, and that it leaves nothing behind.

use clogin::db::schema::{registrations, users};
use clogin::db::{config, registrations as people};
use clogin::ids::{AdminId, CloginId, GroupId};
use clogin::project::admins::Revoked;
use clogin::project::apply::{ApplyOptions, Mode, apply};
use clogin::project::token::token_sha256;
use diesel::prelude::*;
use serde_json::json;

use super::{ONE, Setup, demo, nothing, other};

#[test]
fn applying_twice_changes_nothing() {
    let setup = Setup::new();
    let applied = setup.apply(&demo()).unwrap();
    assert_eq!(applied.plan[0], r#"+ organization 1 "Riverside Music""#);
    assert!(
        applied
            .plan
            .contains(&r#"+ form 2 "Camper" (project 1001)"#.to_owned())
    );
    assert_eq!(
        applied.plan.last().unwrap(),
        r#"+ user 9004 "Village Brass""#
    );
    assert_eq!(applied.tokens, []);
    let version = setup.version();
    assert_eq!(setup.apply(&demo()).unwrap(), nothing());
    assert_eq!(setup.prune(&demo()).unwrap(), nothing());
    assert_eq!(setup.version(), version);
    let snapshot = setup.snapshot();
    let token = token_sha256("5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11");
    let (organization, known) = snapshot.admin_by_token(&token).unwrap();
    assert_eq!(known.admin.id, AdminId(501));
    let camp = &organization.projects[&GroupId(1001)];
    let file: clogin::project::file::ProjectFile = serde_json::from_value(demo()).unwrap();
    assert_eq!(camp.group, file.groups[0]);
}

#[test]
fn people_are_made_by_the_rules_of_the_api() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    let rows: Vec<(i64, Option<String>, bool)> = setup.read(|conn| {
        let columns = (
            users::id,
            users::username,
            users::password_hash.is_not_null(),
        );
        Ok(users::table.order(users::id).select(columns).load(conn)?)
    });
    let shown: Vec<_> = rows
        .iter()
        .map(|(id, username, has_password)| (*id, username.as_deref(), *has_password))
        .collect();
    assert_eq!(shown[0], (9001, Some("ella@riverside.example"), true));
    assert_eq!(shown[1], (9002, None, false));
    assert_eq!(shown[2], (9003, Some("miles"), true));
    assert!(shown[3].1.unwrap().starts_with("u-"));
    let (ella, _) =
        setup.read(|conn| Ok(people::find(conn, ONE, GroupId(1001), CloginId(9001))?.unwrap()));
    assert_eq!(ella.status_id, Some(21));
    assert_eq!(
        ella.answers,
        r#"{"f_1_1":"Newport","f_1_3":"+1 401 555 0100"}"#
    );
    assert_eq!(ella.application_date.to_string(), "2027-01-05 09:00:00");
    assert!(ella.forms.contains("completed"), "{}", ella.forms);
    let (ray, _) =
        setup.read(|conn| Ok(people::find(conn, ONE, GroupId(1001), CloginId(9002))?.unwrap()));
    assert_eq!(ray.parent_id, Some(9001));
    assert_eq!(setup.totals(1001), [(false, false, 1), (true, false, 1)]);
}

#[test]
fn a_user_that_exists_is_left_as_it_is() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    let mut file = demo();
    file["users"][0]["last_name"] = json!("Changed");
    file["users"][0]["password"] = json!("short");
    file["users"][0]["registrations"][0]["answers"] = json!({ "nose": "long" });
    assert_eq!(setup.apply(&file).unwrap(), nothing());
}

#[test]
fn people_of_a_file_are_refused_with_their_path() {
    let setup = Setup::new();
    let mut file = demo();
    file["users"][0]["password"] = json!("short");
    file["users"][0]["username"] = json!("ella");
    file["users"][1]["registrations"][0]["answers"] =
        json!({ "nose": "long", "instrument": ["Flute"] });
    file["users"][2]["password"] = json!("123456789");
    file["users"][3]["registrations"][0]["answers"] = json!({ "first_name": "X" });
    assert_eq!(
        setup.apply(&file).unwrap_err(),
        [
            "x.json: users[0].username must be an e-mail address of at most 254 characters",
            "x.json: users[0].password must have at least 8 characters",
            "x.json: users[1].registrations[0].answers.nose is neither a field of the project, by id or name, nor a special field",
            "x.json: users[1].registrations[0].answers.instrument must be one of \"Piano\", \"Guitar\", \"Drums\"",
            "x.json: users[2].password must have at least 10 characters",
            "x.json: users[3].registrations[0].answers.first_name must stand in the user itself: it is the same in all projects",
        ]
    );
    let mut file = demo();
    file["users"][2]["username"] = json!(" ELLA@riverside.example");
    assert_eq!(
        setup.apply(&file).unwrap_err(),
        ["x.json: users[2].username is the username of somebody else in the organization"]
    );
    // Not even the organization is there.
    assert!(
        setup
            .read(|conn| Ok(config::organization(conn, ONE)?))
            .is_none()
    );
}

#[test]
fn ids_and_tokens_of_another_organization_are_refused() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    let mut file = other();
    file["admins"][0]["id"] = json!(501);
    file["admins"][0]["token"] = json!("5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11");
    file["groups"][0]["id"] = json!(1002);
    file["groups"][0]["statuses"][0]["id"] = json!(21);
    file["users"][0]["clogin_id"] = json!(9001);
    file["users"][0]["registrations"][0]["group_id"] = json!(1002);
    let rule = |path: &str, what: &str| {
        format!(
            "x.json: {path} must be an id of its own: {what} belongs to organization 1, and ids are unique in the whole database"
        )
    };
    assert_eq!(
        setup.apply(&file).unwrap_err(),
        [
            rule("admins[0].id", "admin 501"),
            rule("groups[0].id", "project 1002"),
            rule("groups[0].statuses[0].id", "status 21"),
            rule("users[0].clogin_id", "user 9001"),
        ]
    );
    let mut file = other();
    file["admins"][0]["token"] = json!("5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11");
    assert_eq!(
        setup.apply(&file).unwrap_err(),
        ["x.json: admins[0].token must be a token of its own: another admin has this one"]
    );
    setup.apply(&other()).unwrap();
}

#[test]
fn ids_that_are_handed_out_start_above_those_applied() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    for (name, value) in [
        ("organization", 1),
        ("admin", 502),
        ("group", 1005),
        ("form", 6),
        ("status", 25),
        ("trigger", 47),
    ] {
        assert_eq!(setup.counter(name), value, "{name}");
    }
}

#[test]
fn a_dry_run_leaves_no_trace() {
    let setup = Setup::new();
    let options = ApplyOptions {
        mode: Mode::DryRun,
        ..ApplyOptions::default()
    };
    let mut file = demo();
    file["admins"][0].as_object_mut().unwrap().remove("token");
    let planned = setup.apply_with(&file, options).unwrap();
    assert_eq!(planned.tokens, []);
    for name in ["config_version", "admin", "form"] {
        assert_eq!(setup.counter(name), 0, "{name}");
    }
    let people: i64 = setup.read(|conn| Ok(users::table.count().get_result(conn)?));
    assert_eq!(people, 0);
    assert_eq!(setup.apply(&file).unwrap().plan, planned.plan);
}

#[test]
fn changes_orders_and_removals() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    let mut file = demo();
    file["organization"]["event_level"] = json!(2);
    file["admins"].as_array_mut().unwrap().remove(1);
    file["groups"][0]["name"] = json!("Winter camp");
    file["groups"][0]["forms"]
        .as_array_mut()
        .unwrap()
        .swap(0, 1);
    file["groups"][0]["statuses"][0]["name"] = json!("Queue");
    file["groups"][0]["statuses"]
        .as_array_mut()
        .unwrap()
        .remove(1);
    file["groups"].as_array_mut().unwrap().pop();
    let changes = [
        r#"~ organization 1 "Riverside Music""#,
        r#"~ project 1001 "Winter camp""#,
        r#"~ form 1 "Household" (project 1001), in its order"#,
        r#"~ status 21 "Queue" (project 1001)"#,
    ];
    assert_eq!(setup.apply(&file).unwrap().plan, changes);
    assert_eq!(setup.apply(&file).unwrap(), nothing());
    let removals = [
        r#"- admin 502 "web@riverside.example""#,
        r#"- status 22 "Cancelled" (project 1001)"#,
        r#"- project 1003 "Concert tickets""#,
    ];
    assert_eq!(setup.prune(&file).unwrap().plan, removals);
    assert_eq!(setup.prune(&file).unwrap(), nothing());
    let snapshot = setup.snapshot();
    assert!(snapshot.admin(AdminId(502)).is_none());
    let setup = snapshot.organizations().next().unwrap();
    let camp = &setup.projects[&GroupId(1001)].group;
    let forms: Vec<_> = camp.forms.iter().map(|form| form.id.0).collect();
    assert_eq!(forms, [2, 1, 3, 4, 5]);
    assert_eq!(setup.projects.len(), 3);
}

#[test]
fn what_people_hold_is_not_removed() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    let version = setup.version();
    let mut file = demo();
    file["users"] = json!([]);
    file["groups"].as_array_mut().unwrap().remove(1);
    file["groups"][0]["statuses"]
        .as_array_mut()
        .unwrap()
        .remove(0);
    // The one that looks at this status.
    let triggers = file["groups"][0]["triggers"].as_array_mut().unwrap();
    triggers.retain(|trigger| trigger["conditions"][0]["status"] != 21);
    assert_eq!(
        setup.prune(&file).unwrap_err(),
        [
            "x.json: groups[0].statuses must name status 21: it cannot be taken from project 1001, as registrations have it",
            "x.json: groups must name status 23: it cannot be taken from project 1002, as registrations have it",
            "x.json: groups must name project 1002: it cannot be removed, as users are or were registered in it",
        ]
    );
    assert_eq!(setup.version(), version);
    // What stays without --prune is checked with what the file changes.
    let mut file = demo();
    file["groups"][0]["triggers"] = json!([]);
    file["groups"][0]["forms"][1]["fields"][0]["options"] = json!(["Piano"]);
    let problems = setup.apply(&file).unwrap_err();
    assert_eq!(
        problems[0],
        "x.json: groups[0].triggers[41, in the database only].conditions[0].value must be one of \"Piano\""
    );
}

#[test]
fn an_item_can_move_to_another_project() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    let mut file = demo();
    let form = file["groups"][0]["forms"].as_array_mut().unwrap().remove(2);
    file["groups"][3]["forms"] = json!([form]);
    let moved = [r#"~ form 3 "Pick-up" (project 1003), from project 1001"#];
    assert_eq!(setup.apply(&file).unwrap().plan, moved);
    assert_eq!(setup.apply(&file).unwrap(), nothing());
}

#[test]
fn tokens_are_made_once_and_revoked_ones_stay_revoked() {
    let setup = Setup::new();
    let mut file = demo();
    file["admins"][0].as_object_mut().unwrap().remove("token");
    let applied = setup.apply(&file).unwrap();
    let (id, token) = applied.tokens[0].clone();
    assert_eq!((id, token.len()), (AdminId(501), 36));
    // Left out again it stays, given anew it changes.
    assert_eq!(setup.apply(&file).unwrap(), nothing());
    let known = setup.snapshot();
    assert!(known.admin_by_token(&token_sha256(&token)).is_some());
    let changed = setup.apply(&demo()).unwrap().plan;
    assert_eq!(
        changed,
        [r#"~ admin 501 "api@riverside.example", with another token"#]
    );

    let revoked = setup.revoke(AdminId(501));
    assert_eq!(revoked, Revoked::Now);
    let version = setup.version();
    let applied = setup.apply(&demo()).unwrap();
    assert_eq!(
        applied.plan,
        [r#"! admin 501 "api@riverside.example" is revoked, and stays so: it cannot call the API"#]
    );
    assert!(!applied.is_changed);
    assert_eq!(setup.version(), version);
    let known = setup.snapshot();
    assert!(known.admin(AdminId(501)).is_none());
    let again = setup.revoke(AdminId(501));
    assert_eq!(again, Revoked::Before);
}

#[test]
fn a_status_that_begins_to_exclude_moves_its_users_in_the_totals() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    for (is_excluded, totals) in [
        (true, [(false, true, 1), (true, false, 1)]),
        (false, [(false, false, 1), (true, false, 1)]),
    ] {
        let mut file = demo();
        file["groups"][0]["statuses"][0]["is_excluded"] = json!(is_excluded);
        let applied = setup.apply(&file).unwrap();
        assert_eq!(
            applied.plan,
            [r#"~ status 21 "Waiting list" (project 1001)"#]
        );
        assert_eq!(setup.totals(1001), totals);
        let excluded: i64 = setup.read(|conn| {
            let excluded = registrations::table.filter(registrations::excluded.eq(true));
            Ok(excluded.count().get_result(conn)?)
        });
        assert_eq!(excluded, i64::from(is_excluded));
    }
}

#[test]
fn somebody_can_be_in_two_projects_or_in_none() {
    let setup = Setup::new();
    let mut file = demo();
    let people = json!([
        { "clogin_id": 9005, "main_email": "ELLA@riverside.example" },
        { "clogin_id": 9006, "username": "solo@riverside.example", "password": "nothing but the truth" },
        { "clogin_id": 9007, "main_email": "two@riverside.example", "password": "nothing but the truth",
          "registrations": [{ "group_id": 1003 }, { "group_id": 1002, "answers": { "company": "Two" } }] }
    ]);
    let all = file["users"].as_array_mut().unwrap();
    all.extend(people.as_array().unwrap().iter().cloned());
    setup.apply(&file).unwrap();
    let made: Vec<(i64, Option<String>, bool)> = setup.read(|conn| {
        let columns = (
            users::id,
            users::username,
            users::password_hash.is_not_null(),
        );
        let new = users::table.filter(users::id.gt(9004));
        Ok(new.order(users::id).select(columns).load(conn)?)
    });
    // The address is taken as a username, by Ella.
    assert!(made[0].1.as_ref().unwrap().starts_with("u-"), "{made:?}");
    assert_eq!(made[1].1.as_deref(), Some("solo@riverside.example"));
    assert_eq!(made[2].1.as_deref(), Some("two@riverside.example"));
    assert_eq!([made[0].2, made[1].2, made[2].2], [false, true, true]);
    assert_eq!(setup.totals(1003), [(false, false, 1)]);
    assert_eq!(setup.totals(1002), [(false, false, 3)]);
}

#[test]
fn files_that_are_applied_at_once_come_one_after_the_other() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    let files = ["A", "B", "C"].map(|name| {
        let mut file = demo();
        file["organization"]["name"] = json!(name);
        let file = serde_json::from_value(file).unwrap();
        apply(
            &setup.app,
            vec![(name.to_owned(), file)],
            ApplyOptions::default(),
        )
    });
    let applied = setup
        .runtime
        .block_on(futures_util::future::join_all(files));
    let lines: Vec<_> = applied
        .into_iter()
        .flat_map(|applied| applied.unwrap().plan)
        .collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(setup.counter("config_version"), 4);
}

#[test]
fn a_revoked_admin_is_not_pruned() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    setup.revoke(AdminId(502));
    let mut file = demo();
    file["admins"].as_array_mut().unwrap().pop();
    assert_eq!(setup.prune(&file).unwrap(), nothing());
    assert!(!setup.apply(&demo()).unwrap().is_changed);
}
