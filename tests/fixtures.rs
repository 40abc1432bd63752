//! One test for each `fixtures/<action>/<case>.json`: the request is sent, and the whole answer compared.
//!
//! Each runs against an application of its own with the demo data; or, where `CLOGIN_FIXTURES_BASE_URL` names a running
//! server, against that (`make fixtures BASE_URL=…`). `docs/fixtures.md` describes the files.

#[path = "fixtures/format.rs"]
mod format;
#[expect(dead_code, reason = "the integration tests use the rest")]
mod support;

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};

use self::format::{Credentials, Fixture};
use self::support::TestApp;
use self::support::client::Client;

fn main() {
    let arguments = Arguments::from_args();
    let base_url = variable("CLOGIN_FIXTURES_BASE_URL");
    let folder = variable("CLOGIN_FIXTURES_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures"),
        PathBuf::from,
    );
    let trials = files(&folder)
        .into_iter()
        .map(|(name, path)| {
            let base_url = base_url.clone();
            Trial::test(name, move || run(&path, base_url.as_deref()))
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn run(path: &Path, base_url: Option<&str>) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path)?;
    let fixture: Fixture = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let credentials = Credentials {
        id: variable("CLOGIN_FIXTURES_API_ID"),
        user: variable("CLOGIN_FIXTURES_API_USER"),
        token: variable("CLOGIN_FIXTURES_API_TOKEN"),
    };
    match base_url {
        Some(base_url) => fixture.play(&Client::new(base_url), &credentials)?,
        None => fixture.play(&TestApp::start().client, &credentials)?,
    }
    Ok(())
}

/// (`<action>/<case>`, file), in order. Files directly in the folder are project files.
fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = |folder: &Path| {
        let entries = std::fs::read_dir(folder)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
        entries
            .map(|entry| entry.unwrap().path())
            .collect::<Vec<_>>()
    };
    let mut files: Vec<_> = entries(folder)
        .into_iter()
        .filter(|path| path.is_dir())
        .flat_map(|action| entries(&action))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let name = path.strip_prefix(folder).unwrap().with_extension("");
            (name.to_string_lossy().into_owned(), path)
        })
        .collect();
    files.sort();
    assert!(
        !files.is_empty(),
        "there is no fixture in {}",
        folder.display()
    );
    files
}

#[expect(
    clippy::disallowed_methods,
    reason = "the runner is told by make what to run against"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
