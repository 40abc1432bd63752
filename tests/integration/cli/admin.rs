//! `clogin admin`.

use super::{done, refused};
use crate::support::client::SERVER;
use crate::support::database::TestDatabase;
use crate::support::direct::Direct;
use crate::support::process;

#[test]
fn admins_are_made_listed_and_revoked() {
    let database = TestDatabase::new();
    let url = process::url(&database.target);
    let email = "new@riverside.example";
    let made = done(&process::run(
        &url,
        &[
            "admin",
            "create",
            "--organization",
            "1",
            "--email",
            email,
            "--groups",
            "1001,1002",
            "--actions",
            "get_info",
        ],
    ));
    let field = |name: &str| {
        made.lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap()
            .to_owned()
    };
    let (id, token) = (field("id: "), field("token: "));
    assert_eq!(token.len(), 36);
    let list = done(&process::run(&url, &["admin", "list"]));
    let line =
        format!("{id} organization=1 email={email} kind=secret groups=1001,1002 actions=get_info");
    assert!(list.lines().any(|listed| listed == line), "{list}");
    assert!(
        !list.contains(&token) && !list.contains(SERVER[2].1),
        "{list}"
    );
    assert!(
        !done(&process::run(
            &url,
            &["admin", "list", "--organization", "2"]
        ))
        .contains(email)
    );
    assert_eq!(
        done(&process::run(&url, &["admin", "revoke", &id])),
        format!("admin {id} is revoked\n")
    );
    assert_eq!(
        done(&process::run(&url, &["admin", "revoke", &id])),
        format!("admin {id} was revoked before\n")
    );
    assert_eq!(
        refused(&process::run(&url, &["admin", "revoke", "424242"])),
        "there is no admin 424242\n"
    );
    assert!(!Direct::open(&database.target).dump().contains(&token));
}

#[test]
fn admins_that_cannot_be_are_refused() {
    let database = TestDatabase::new();
    let url = process::url(&database.target);
    let dump = Direct::open(&database.target).dump();
    for arguments in [
        &["--organization", "424242", "--email", "a@b.example"][..],
        &["--organization", "1", "--email", "nobody"],
        &[
            "--organization",
            "1",
            "--email",
            "a@b.example",
            "--groups",
            "2001",
        ],
        &[
            "--organization",
            "1",
            "--email",
            "a@b.example",
            "--actions",
            "destroy",
        ],
        &[
            "--organization",
            "1",
            "--email",
            "a@b.example",
            "--kind",
            "publishable",
            "--groups",
            "1001",
            "--actions",
            "get_info",
            "--origins",
            "https://a.example",
        ],
        &[
            "--organization",
            "1",
            "--email",
            "a@b.example",
            "--kind",
            "publishable",
            "--groups",
            "1001",
            "--origins",
            "https://a.example/path",
        ],
    ] {
        let said = refused(&process::run(
            &url,
            &[&["admin", "create"], arguments].concat(),
        ));
        assert!(!said.trim().is_empty(), "{arguments:?}");
    }
    assert_eq!(Direct::open(&database.target).dump(), dump);
}
