//! `clogin apply` and the format that it takes.

use clogin::db::connection::migrate;
use serde_json::{Value, json};

use super::{done, fixture, refused};
use crate::support::client::SERVER;
use crate::support::database::TestDatabase;
use crate::support::direct::Direct;
use crate::support::process;

#[test]
fn apply_prints_its_plan_and_does_nothing_twice() {
    let database = TestDatabase::empty();
    migrate(&database.target).unwrap();
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
