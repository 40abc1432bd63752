//! The list of fixtures as a whole: that it pins every error code, and that what fails changes nothing.

#[path = "../fixtures/format.rs"]
mod format;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clogin::error::ErrorCode;
use serde_json::Value;

use self::format::{Credentials, Fixture};
use crate::support::TestApp;

/// No request alone causes these; the whole answer of each is compared in `http/limits.rs`.
const PINNED_IN_LIMITS: [&str; 3] = ["body_too_large", "internal", "unavailable"];

const NO_CREDENTIALS: Credentials = Credentials {
    id: None,
    user: None,
    token: None,
};

/// (Name, document) of every fixture.
fn fixtures() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let folders = entries(&root).into_iter().filter(|path| path.is_dir());
    folders
        .flat_map(|folder| entries(&folder))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect()
}

fn words() -> BTreeSet<String> {
    let word = |code| {
        serde_json::to_value(code)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    ErrorCode::ALL.into_iter().map(word).collect()
}

#[test]
fn every_error_code_is_pinned() {
    // Other surfaces have words of their own.
    let codes = |fixture: &Value| {
        let body = &fixture["response"]["body"];
        let code = body["code"].as_str().filter(|_| body["success"] == false);
        code.map(str::to_owned)
    };
    let mut pinned: BTreeSet<_> = fixtures()
        .iter()
        .filter_map(|(_, fixture)| codes(fixture))
        .collect();
    pinned.extend(PINNED_IN_LIMITS.map(str::to_owned));
    assert_eq!(pinned, words());
}

/// The compiler does not see to it that a new code is in `ErrorCode::ALL`.
#[test]
fn the_list_of_error_codes_is_whole() {
    let source = include_str!("../../src/error.rs");
    let (_, rest) = source.split_once("pub enum ErrorCode {").unwrap();
    let (variants, _) = rest.split_once('}').unwrap();
    assert_eq!(variants.matches(',').count(), ErrorCode::ALL.len());
    assert_eq!(words().len(), ErrorCode::ALL.len());
}

/// The table that says where each is tested, too.
#[test]
fn the_documented_list_of_error_codes_is_whole() {
    let text = include_str!("../../docs/fixtures.md");
    let (_, table) = text.split_once("| code | fixtures").unwrap();
    let listed: Vec<_> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(code, _)| code.to_owned())
        .collect();
    assert_eq!(listed.len(), ErrorCode::ALL.len());
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), words());
}

#[test]
fn what_fails_changes_nothing() {
    let app = TestApp::start();
    let dump = app.direct().dump();
    let mut played = 0;
    for (name, value) in fixtures() {
        let fails = value["response"]["status"]
            .as_u64()
            .is_some_and(|status| status >= 400);
        if !fails || value.get("before").is_some() {
            continue;
        }
        let fixture: Fixture = serde_json::from_value(value).unwrap();
        fixture.play(&app.client, &NO_CREDENTIALS).unwrap();
        assert_eq!(app.direct().dump(), dump, "{name}");
        played += 1;
    }
    assert!(played > 60, "{played}");
}
