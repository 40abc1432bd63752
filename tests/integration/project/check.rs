//! `check`: nothing is said of a database that is right, and every kind of row that is wrong is named.

use serde_json::json;

use clogin::db::connection::Target;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

use super::{Setup, demo, other};

impl Setup {
    /// Changes rows as nobody should: past the program, and past foreign keys.
    fn tamper(&self, sql: &str) {
        match &self.database.target {
            Target::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                conn.batch_execute(&format!("PRAGMA foreign_keys = OFF; {sql}"))
                    .unwrap();
            }
            Target::Postgres(url) => {
                let mut conn = PgConnection::establish(url).unwrap();
                let sql = format!("SET session_replication_role = replica; {sql}");
                conn.batch_execute(&sql).unwrap();
            }
        }
    }

    /// (exit code, standard output, standard error) of the program on this database.
    pub(super) fn clogin(&self, arguments: &[&str]) -> (i32, String, String) {
        let url = match &self.database.target {
            Target::Sqlite(path) => format!("sqlite://{}", path.display()),
            Target::Postgres(url) => url.clone(),
        };
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_clogin"))
            .args(arguments)
            .env("CLOGIN_DATABASE_URL", url)
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }
}

#[test]
fn every_kind_of_row_that_is_wrong_is_named() {
    // Registrations: 1 Ella, 2 Ray, her child, 3 Miles, 4 Village Brass.
    for (sql, lines) in [
        (
            "UPDATE group_totals SET users = users + 1 WHERE group_id = 1001 AND is_child",
            &[
                "totals of project 1001, normal children: are kept as 2 users, ordered 25000, paid 0; its registrations have 1 users, ordered 25000, paid 0",
            ] as &[&str],
        ),
        (
            "UPDATE group_totals SET paid = 5 WHERE group_id = 1002",
            &[
                "totals of project 1002, normal parents: are kept as 2 users, ordered 0, paid 5; its registrations have 2 users, ordered 0, paid 0",
            ],
        ),
        (
            "DELETE FROM group_totals WHERE group_id = 1001 AND is_child",
            &[
                "totals of project 1001, normal children: are kept as 0 users, ordered 0, paid 0; its registrations have 1 users, ordered 25000, paid 0",
            ],
        ),
        (
            "UPDATE registrations SET order_total = 7 WHERE id = 2; UPDATE group_totals SET ordered = 7 WHERE is_child",
            &["registration 2: order_total is 7; its cart has 25000"],
        ),
        (
            "UPDATE registrations SET excluded = true WHERE id = 1; UPDATE group_totals SET excluded = true WHERE group_id = 1001 AND NOT is_child",
            &["registration 1: excluded is true; its status says false"],
        ),
        (
            "UPDATE registrations SET status_id = 23 WHERE id = 1",
            &["registration 1: its project has no status 23"],
        ),
        (
            "UPDATE registrations SET group_id = 1004 WHERE id = 4; UPDATE group_totals SET users = 1 WHERE group_id = 1002",
            &[
                "registration 4: its project 1004 is not there",
                "totals of project 1004, normal parents: are kept as 0 users, ordered 0, paid 0; its registrations have 1 users, ordered 0, paid 0",
            ],
        ),
        (
            "DELETE FROM users WHERE id = 9004",
            &[
                "registration 4: its user 9004 is not there",
                "people: are kept as 4; there are 3",
            ],
        ),
        (
            "UPDATE users SET deleted_at = created_at WHERE id = 9004; UPDATE group_totals SET users = users - 1 WHERE group_id = 0",
            &["registration 4: its user 9004 is deleted"],
        ),
        (
            "DELETE FROM group_totals WHERE group_id = 0",
            &["people: are kept as 0; there are 4"],
        ),
        (
            "UPDATE registrations SET parent_id = 9003 WHERE id = 2",
            &["registration 2: its parent 9003 was never registered in the project"],
        ),
        (
            "UPDATE registrations SET parent_id = 9002 WHERE id = 2",
            &["registration 2: its parent 9002 is itself"],
        ),
        (
            "UPDATE registrations SET parent_id = 9003 WHERE id = 4; UPDATE group_totals SET users = 1 WHERE group_id = 1002; INSERT INTO group_totals (organization_id, group_id, is_child, excluded, slot, users, ordered, paid) VALUES (1, 1002, true, false, 0, 1, 0, 0)",
            &["registration 4: has the parent 9003; its project has no families"],
        ),
        (
            "UPDATE registrations SET deleted_at = created_at WHERE id = 1; UPDATE group_totals SET users = 0 WHERE group_id = 1001 AND NOT is_child",
            &["registration 2: its parent 9001 is registered no more"],
        ),
        (
            "UPDATE registrations SET answers = '[]' WHERE id = 1",
            &["registration 1: answers does not parse (line 1, column 0)"],
        ),
        (
            "UPDATE registrations SET forms = '{' WHERE id = 1",
            &["registration 1: forms does not parse (line 1, column 1)"],
        ),
        (
            "UPDATE registrations SET utm = 'secret' WHERE id = 1",
            &["registration 1: utm does not parse (line 1, column 1)"],
        ),
        (
            "UPDATE registrations SET triggers = '{\"41\":7}' WHERE id = 1",
            &["registration 1: triggers does not parse (line 1, column 7)"],
        ),
        (
            "INSERT INTO credentials (organization_id, id, user_id, created_at, metadata) VALUES (1, 'a', 9001, '2027-01-05 09:00:00', 'x'), (1, 'b', NULL, '2027-01-05 09:00:00', '[]'), (1, 'c', NULL, '2027-01-05 09:00:00', '{}')",
            &[
                "credential of user 9001, of 2027-01-05T09:00:00Z: metadata does not parse (line 1, column 1)",
                "credential of nobody any more, of 2027-01-05T09:00:00Z: metadata does not parse (line 1, column 0)",
            ],
        ),
        (
            "INSERT INTO events (organization_id, id, kind, request_id, admin_id, metadata, data) VALUES (1, 'a', 'USER_CREATE_FAIL', '', 501, '{', NULL), (1, 'b', 'USER_CREATE_FAIL', '', 501, '{}', '7')",
            &[
                "event a: metadata does not parse (line 1, column 1)",
                "event b: data does not parse (line 1, column 1)",
            ],
        ),
        (
            "UPDATE registrations SET paid_total = 5 WHERE id = 2; UPDATE group_totals SET paid = 5 WHERE is_child",
            &["registration 2: paid_total is 5; its payments have 0"],
        ),
        (
            "INSERT INTO payments (organization_id, group_id, clogin_id, kind, status, amount, created_at) VALUES \
             (1, 1001, 9002, 'payment', 'approved', 5, '2027-01-05 09:00:00'), (1, 1001, 9002, 'payment', 'failed', 7, '2027-01-05 09:00:00'), \
             (1, 1001, 9002, 'gift', 'approved', 5, '2027-01-05 09:00:00'), (1, 1001, 9002, 'refund', 'pending', 6, '2027-01-05 09:00:00'), \
             (1, 1001, 9002, 'refund', 'approved', 0, '2027-01-05 09:00:00'), (1, 1001, 9003, 'payment', 'approved', 1, '2027-01-05 09:00:00')",
            &[
                "registration 2: its payment 3 is of no known kind, status or amount",
                "registration 2: its payment 5 is of no known kind, status or amount",
                "registration 2: paid_total is 0; its payments have 5",
                "registration 2: has paid 5; its pending refunds have 6",
                "payment 6: belongs to no registration",
            ],
        ),
        (
            "UPDATE product_stock SET sold = 2 WHERE product_id = 11",
            &["stock of product 11: sold is 2; carts have 1"],
        ),
        (
            "UPDATE product_stock SET quota = 2 WHERE product_id = 11",
            &["stock of product 11: its quota is 2; the product has 100"],
        ),
        (
            "DELETE FROM product_stock WHERE product_id = 11",
            &["stock of product 11: is missing; the product has the quota 100"],
        ),
        (
            "INSERT INTO product_stock (organization_id, product_id, quota, sold) VALUES (1, 12, 1, 0)",
            &["stock of product 12: is there; the product has no quota"],
        ),
        (
            "UPDATE cart_lines SET clogin_id = 9003; UPDATE registrations SET order_total = 0; UPDATE group_totals SET ordered = 0; UPDATE product_stock SET sold = 0",
            &["cart line 1: belongs to no registration"],
        ),
        (
            "UPDATE cart_lines SET waiting = true",
            &[
                "registration 2: order_total is 25000; its cart has 0",
                "stock of product 11: sold is 1; carts have 0",
            ],
        ),
        (
            "UPDATE cart_lines SET terms = '{'",
            &["registration 2: the terms of its cart line 1 do not parse (line 1, column 1)"],
        ),
        (
            "UPDATE cart_lines SET terms = '{\"discount\":{\"off\":{\"percent\":\"10.00\"},\"products\":[]}}'",
            &[
                "registration 2: its cart line 1 is a discount and keeps a price or a quantity of its own",
            ],
        ),
        (
            "INSERT INTO cart_lines (organization_id, group_id, clogin_id, product_id, name, price, quantity, remark, created_at, terms) \
             VALUES (1, 1001, 9002, 99, 'Half', 0, 1, '', '2027-01-05 09:00:00', \
             '{\"discount\":{\"off\":{\"percent\":\"50.00\"},\"products\":[11]}}')",
            &["registration 2: order_total is 25000; its cart has 12500"],
        ),
        (
            "UPDATE cart_lines SET price = -1",
            &["registration 2: its cart line 1 has a negative price, or no quantity"],
        ),
        (
            "UPDATE cart_lines SET quantity = 0; UPDATE product_stock SET sold = 0",
            &["registration 2: its cart line 1 has a negative price, or no quantity"],
        ),
        (
            "UPDATE cart_lines SET product_id = NULL, waiting = true; UPDATE product_stock SET sold = 0",
            &["registration 2: its cart line 1 waits for a seat of a private product"],
        ),
        (
            "UPDATE cart_lines SET price = 9223372036854775807, quantity = 2; UPDATE product_stock SET sold = 2 WHERE product_id = 11",
            &["registration 2: order_total is 25000; its cart has 9223372036854775807"],
        ),
        (
            "UPDATE users SET username_key = 'x' WHERE id = 9001; UPDATE users SET username_key = 'y' WHERE id = 9002",
            &[
                "user 9001: username_key is not the key of its username",
                "user 9002: username_key is not the key of its username",
            ],
        ),
        (
            "UPDATE users SET email_key = NULL WHERE id = 9001",
            &["user 9001: email_key is not the key of its main e-mail"],
        ),
        (
            "UPDATE users SET subject_id = 'x' WHERE id = 9001; UPDATE users SET provider_key = 'x' WHERE id = 9002",
            &[
                "user 9001: provider_key is not the key of its provider_id",
                "user 9002: provider_key is not the key of its provider_id",
            ],
        ),
        (
            "UPDATE users SET custom_properties = '[]' WHERE id = 9001; UPDATE users SET claims = 'x' WHERE id = 9002",
            &[
                "user 9001: custom_properties does not parse (line 1, column 0)",
                "user 9002: claims does not parse (line 1, column 1)",
            ],
        ),
        (
            "UPDATE users SET claims = '{\"a\":1}' WHERE id = 9001; UPDATE users SET custom_properties = '{\"a\":1}' WHERE id = 9002",
            &[
                "user 9001: the values by which it is searched are not those of its documents",
                "user 9002: the values by which it is searched are not those of its documents",
            ],
        ),
        (
            "INSERT INTO user_values (organization_id, user_id, document, key_sha256, created_at, uuid) SELECT organization_id, id, 'claims', 'x', created_at, 'y' FROM users WHERE id = 9001",
            &[
                "user 9001: values by which it is searched stand elsewhere in the order",
                "user 9001: the values by which it is searched are not those of its documents",
            ],
        ),
        (
            "UPDATE counters SET value = 24 WHERE name = 'status'",
            &["status 25: its id is above its counter"],
        ),
        (
            "UPDATE counters SET value = 0 WHERE name = 'organization'",
            &["organization 1: its id is above its counter"],
        ),
        (
            "UPDATE organizations SET definition = '{\"id\":1,\"name\":7}' WHERE id = 1",
            &["organization 1: its definition does not parse (line 1, column 16)"],
        ),
        (
            "UPDATE admins SET definition = '{}' WHERE id = 501",
            &["admin 501: its definition does not parse (line 1, column 2)"],
        ),
        (
            "UPDATE groups SET definition = '{\"id\":9,\"name\":\"x\"}' WHERE id = 1003",
            &["project 1003: its definition has another id"],
        ),
        (
            "UPDATE group_items SET definition = '' WHERE kind = 'status' AND id = 21",
            &["status 21: its definition does not parse (line 1, column 0)"],
        ),
        (
            "UPDATE group_items SET definition = '[1]' WHERE kind = 'form' AND id = 1",
            &["form 1: its definition does not parse (line 1, column 3)"],
        ),
        (
            "UPDATE group_items SET kind = 'nothing' WHERE kind = 'category' AND id = 1",
            &["item 1: is of an unknown kind"],
        ),
        (
            "INSERT INTO idempotency_records (organization_id, admin_id, idempotency_key, request_sha256, response, created_at) VALUES (1, 501, 'mine', 'x', '{', '2027-01-05 09:00:00'), (1, 501, 'other', 'x', '{}', '2027-01-05 09:00:00'), (1, 502, 'a', 'x', NULL, '2027-01-05 09:00:00')",
            &[
                "idempotency record of admin 501, of 2027-01-05T09:00:00Z: its answer does not parse (line 1, column 1)",
                "idempotency record of admin 502, of 2027-01-05T09:00:00Z: has no answer",
            ],
        ),
    ] {
        let setup = Setup::new();
        setup.apply(&demo()).unwrap();
        assert_eq!(setup.check(), [""; 0]);
        setup.tamper(sql);
        let lines: Vec<_> = lines
            .iter()
            .map(|line| format!("organization 1: {line}"))
            .collect();
        assert_eq!(setup.check(), lines, "{sql}");
    }
}

/// A rule of a category that came after the order: no disagreement.
#[test]
fn what_is_beyond_a_later_rule_is_remarked() {
    let setup = Setup::new();
    let mut file = demo();
    let cart = json!([{ "p_id": 13, "q": 2 }, { "p_id": 13 }]);
    file["users"][0]["registrations"][0]["cart"] = cart;
    setup.apply(&file).unwrap();
    assert_eq!(setup.check(), [""; 0]);
    file["groups"][0]["categories"][1]["quota_ordered"] = json!(2);
    file["groups"][0]["categories"][1]["interchange"] = json!(true);
    setup.apply(&file).unwrap();
    let remarks = [
        "! organization 1: registration 1: has 3 of category 2, of which a user may order 2 now",
        "! organization 1: registration 1: has 2 lines of category 2, whose products are interchanged now",
    ];
    assert_eq!(setup.check(), remarks);
    let (code, out, err) = setup.clogin(&["check"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with(&remarks.join("\n")), "{out}");
    // What has ended is beyond nothing.
    setup.tamper("UPDATE registrations SET deleted_at = created_at WHERE id = 1");
    assert!(!setup.check().iter().any(|line| line.starts_with('!')));
}

#[test]
fn more_rows_than_a_page_are_all_seen() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)";
    setup.tamper(&format!(
        "INSERT INTO users (id, organization_id, uuid, first_name, last_name, org_name, created_at, updated_at) \
         {numbers} SELECT 10000 + i, 1, 'uuid ' || i, '', '', '', '2027-01-05 09:00:00', '2027-01-05 09:00:00' FROM n; \
         INSERT INTO registrations (organization_id, group_id, clogin_id, version, excluded, answers, forms, \
         order_total, paid_total, application_date, created_at, updated_at) \
         {numbers} SELECT 1, 1002, 10000 + i, 1, false, '{{}}', '{{}}', 0, 0, '2027-01-05 09:00:00', \
         '2027-01-05 09:00:00', '2027-01-05 09:00:00' FROM n; \
         UPDATE group_totals SET users = users + 1100 WHERE group_id IN (0, 1002); \
         INSERT INTO idempotency_records (organization_id, admin_id, idempotency_key, request_sha256, response, \
         created_at) {numbers} SELECT 1, 501 + i % 2, 'key ' || i, '', '{{}}', '2027-01-05 09:00:00' FROM n"
    ));
    assert_eq!(setup.check(), [""; 0]);
    let (code, out, err) = setup.clogin(&["check", "--organization", "1"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        out,
        "organization 1: verified 2 admins, 4 projects with 46 items, 1104 people, 1104 registrations with their \
         carts, payments, stock and totals, 1100 answers kept for replays, 0 credentials, 0 events\n"
    );
    setup.tamper("UPDATE registrations SET status_id = 7 WHERE clogin_id = 11100");
    assert_eq!(setup.check().len(), 1);
}

#[test]
fn the_exit_code_says_whether_all_agrees() {
    let setup = Setup::new();
    setup.apply(&demo()).unwrap();
    setup.apply(&other()).unwrap();
    let (code, out, err) = setup.clogin(&["check"]);
    assert_eq!((code, out.lines().count(), err.as_str()), (0, 2, ""));
    setup.tamper("UPDATE product_stock SET sold = 9 WHERE product_id = 11");
    let (code, out, err) = setup.clogin(&["check"]);
    assert_eq!((code, err.as_str()), (1, "1 row disagrees\n"));
    assert_eq!(
        out,
        "organization 1: stock of product 11: sold is 9; carts have 1\n"
    );
    let (code, out, _) = setup.clogin(&["check", "--organization", "2"]);
    assert_eq!((code, out.lines().count()), (0, 1));
    let (code, _, err) = setup.clogin(&["check", "--organization", "7"]);
    assert_eq!((code, err.as_str()), (1, "there is no organization 7\n"));
}
