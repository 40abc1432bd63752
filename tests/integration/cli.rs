//! The command line, with the real binary.

use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::client::SERVER;
use crate::support::database::TestDatabase;
use crate::support::direct::Direct;
use crate::support::dns::DnsServer;
use crate::support::process::{self, Server, clogin};
use crate::support::{create, until};

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// It failed, and said so on standard error only.
#[track_caller]
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(text(&output.stdout), "");
    text(&output.stderr).to_owned()
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout).to_owned()
}

fn fixture(name: &str) -> String {
    format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn databases_that_cannot_be_are_refused_with_a_sentence() {
    let rule = "CLOGIN_DATABASE_URL must begin with sqlite:// or postgres://\n";
    for url in ["mysql://localhost/clogin", "clogin.db", ""] {
        assert_eq!(refused(&process::run(url, &["serve"])), rule, "{url}");
    }
    let folder = "/nowhere/at/all";
    let said = refused(&process::run(
        &format!("sqlite://{folder}/clogin.db"),
        &["serve"],
    ));
    assert_eq!(
        said,
        format!("the folder of the database file does not exist: {folder}\n")
    );
    let nobody = "postgres://clogin:s3cret@127.0.0.1:1/clogin";
    let said = refused(&process::run(nobody, &["serve"]));
    assert!(
        said.starts_with("cannot open the database postgres://clogin:***@127.0.0.1:1/clogin: "),
        "{said}"
    );
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn all_that_is_wrong_with_the_settings_is_said_at_once() {
    let settings = [
        ("CLOGIN_LISTEN", "nowhere"),
        ("CLOGIN_LOG", "a=b=c"),
        ("CLOGIN_MAIL_URL", "mail"),
        ("CLOGIN_WORKERS", "0"),
        ("CLOGIN_POOL_SIZE", "many"),
        ("CLOGIN_QUEUE_SIZE", "-1"),
        ("CLOGIN_HASHING_THREADS", "1025"),
        ("CLOGIN_HASHING_QUEUE", ""),
        ("CLOGIN_DNS_SERVER", "9.9.9.9"),
        ("CLOGIN_REQUIRE_TIMESTAMP", "perhaps"),
    ];
    for command in ["serve", "config"] {
        let output = clogin("mysql://", &[command])
            .envs(settings)
            .output()
            .unwrap();
        let said = refused(&output);
        for variable in settings
            .map(|(name, _)| name)
            .iter()
            .chain(&["CLOGIN_DATABASE_URL"])
        {
            assert_eq!(said.matches(variable).count(), 1, "{variable} in {said}");
        }
        assert_eq!(said.lines().count(), settings.len() + 1, "{said}");
    }
}

#[test]
fn the_settings_are_shown_without_secrets() {
    let output = clogin(
        "postgres://app:s3cret@db/clogin?sslmode=require&password=s3cret",
        &["config"],
    )
    .env("CLOGIN_MAIL_URL", "smtps://app:s3cret@mail.example")
    .output()
    .unwrap();
    let shown = done(&output);
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(
        shown.contains(
            "CLOGIN_DATABASE_URL=postgres://app:***@db/clogin?sslmode=require&password=***\n"
        ),
        "{shown}"
    );
    assert!(
        shown.contains("CLOGIN_MAIL_URL=smtps://app:***@mail.example\n"),
        "{shown}"
    );
    assert!(shown.contains("CLOGIN_LISTEN=127.0.0.1:8080\n"), "{shown}");
}

#[test]
fn help_says_what_there_is() {
    let help = done(&process::run("sqlite://x", &["--help"]));
    for word in [
        "serve",
        "apply",
        "schema",
        "admin",
        "config",
        "CLOGIN_DATABASE_URL",
        "Examples:",
    ] {
        assert!(help.contains(word), "{word}");
    }
    let wrong = process::run("sqlite://x", &["servee"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(!done(&process::run("sqlite://x", &["--version"])).is_empty());
}

#[test]
fn apply_prints_its_plan_and_does_nothing_twice() {
    let database = TestDatabase::empty();
    let url = process::url(&database.target);
    let files = [fixture("demo.json"), fixture("demo-other.json")];
    let apply = |more: &[&str]| {
        let arguments = [&["apply", &files[0], &files[1]], more].concat();
        done(&process::run(&url, &arguments))
    };
    let planned = apply(&["--dry-run"]);
    assert!(planned.lines().count() > 20, "{planned}");
    assert!(
        planned.lines().all(|line| line.starts_with('+')),
        "{planned}"
    );
    assert_eq!(apply(&["--dry-run"]), planned, "a dry run changes nothing");
    assert_eq!(apply(&[]), planned);
    let dump = Direct::open(&database.target).dump();
    for more in [&[][..], &["--prune"], &["--dry-run"]] {
        assert_eq!(apply(more), "nothing to change\n");
    }
    assert_eq!(Direct::open(&database.target).dump(), dump);
    assert!(!planned.contains("correct horse"), "{planned}");
    assert!(!planned.contains(SERVER[2].1), "{planned}");
}

#[test]
fn a_bad_project_file_is_named_with_every_path_and_nothing_is_changed() {
    let database = TestDatabase::new();
    let url = process::url(&database.target);
    let dump = Direct::open(&database.target).dump();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let broken = write("broken.json", "{\"organization\": }");
    let mut demo: Value =
        serde_json::from_str(&std::fs::read_to_string(fixture("demo.json")).unwrap()).unwrap();
    demo["groups"][0]["name"] = json!("Renamed");
    demo["groups"][0]["structure"] = json!("tribe");
    let shape = write("shape.json", &demo.to_string());
    let missing = folder
        .path()
        .join("missing.json")
        .to_str()
        .unwrap()
        .to_owned();
    let said = refused(&process::run(
        &url,
        &[
            "apply",
            &fixture("demo-other.json"),
            &broken,
            &shape,
            &missing,
        ],
    ));
    for part in [&broken, &shape, &missing, "groups[0].structure"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(Direct::open(&database.target).dump(), dump);
}

#[test]
fn the_schema_takes_the_demo() {
    let schema: Value =
        serde_json::from_str(&done(&process::run("sqlite://x", &["schema", "project"]))).unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    for name in ["demo.json", "demo-other.json"] {
        let file = serde_json::from_str(&std::fs::read_to_string(fixture(name)).unwrap()).unwrap();
        takes(&schema, &schema, &file, name);
    }
}

/// That each object's keys are known to the schema, and the required ones there: what it says of values is serde's.
fn takes(root: &Value, schema: &Value, value: &Value, path: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object())
    {
        for required in schema["required"].as_array().into_iter().flatten() {
            assert!(
                object.contains_key(required.as_str().unwrap()),
                "{path} needs {required}"
            );
        }
        for (key, value) in object {
            let known = properties.get(key);
            assert!(
                known.is_some() || schema["additionalProperties"] != false,
                "{path}.{key}"
            );
            if let Some(known) = known {
                takes(root, known, value, &format!("{path}.{key}"));
            }
        }
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (index, value) in list.iter().enumerate() {
            takes(root, items, value, &format!("{path}[{index}]"));
        }
    }
}

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

#[test]
fn sigterm_ends_the_server_after_what_runs_is_answered() {
    let (database, dns) = (TestDatabase::new(), DnsServer::start());
    let address = dns.address.to_string();
    let mut server = Server::start(&database.target, &[("CLOGIN_DNS_SERVER", &address)]);
    for path in ["/healthz", "/readyz"] {
        let answer = server.client.send("GET", path, &[], b"");
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (200, r#"{"status":"ok"}"#)
        );
    }
    let client = server.client.clone();
    // Takes two seconds: the resolver is waited for.
    let call = std::thread::spawn(move || {
        client.users(create(1003, json!({ "main_email": "nina@silent.example" })))
    });
    until(|| dns.queries("silent.example") > 0);
    server.terminate();
    let since = Instant::now();
    let answer = call.join().unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let status = server.wait();
    assert_eq!(status.code(), Some(0), "{status}");
    assert!(
        since.elapsed() < Duration::from_secs(10),
        "{:?}",
        since.elapsed()
    );
    assert!(server.client.try_send("GET", "/healthz", &[], b"").is_err());
    let log = server.log();
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn two_servers_can_begin_with_one_empty_database() {
    let database = TestDatabase::empty();
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| Server::start(&database.target, &[])))
            .collect();
        for server in starts.into_iter().map(|start| start.join().unwrap()) {
            assert_eq!(server.client.send("GET", "/readyz", &[], b"").status, 200);
        }
    });
}

#[test]
fn a_port_that_is_in_use_is_said() {
    let database = TestDatabase::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let output = clogin(&process::url(&database.target), &["serve"])
        .env("CLOGIN_LISTEN", &address)
        .output()
        .unwrap();
    assert!(
        refused(&output).contains(&format!("cannot listen on {address}: ")),
        "{output:?}"
    );
}
