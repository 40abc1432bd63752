//! What belongs to one organization is not there for another: every URL, method and action, with every kind of id of the
//! other organization, and with every kind of key. Nothing is read, and nothing is changed.

mod actions;
mod ours;
mod routes;
mod theirs;

use clogin::actions::{Action, Endpoint};
use clogin::http::urls;
use serde_json::Value;

use self::ours::{Key, Ours};
use self::theirs::{Kind, MARK, Theirs};
use crate::support::TestApp;
use crate::support::client::Answer;

/// A status, and the stable word or sentence of the surface; "" where it has none.
type Refusal = (u16, &'static str);

/// A request that names something of the other organization.
struct Cell {
    method: String,
    path: String,
    body: Value,
    /// In the order of [`Key::ALL`].
    expected: [Refusal; 4],
}

/// What is answered in the wrong way.
struct Matrix {
    app: TestApp,
    ours: Ours,
    theirs: Theirs,
    wrong: Vec<String>,
}

impl Matrix {
    fn new() -> Self {
        let app = TestApp::start();
        let theirs = Theirs::make(&app);
        let ours = Ours::make(&app);
        Matrix {
            app,
            ours,
            theirs,
            wrong: Vec::new(),
        }
    }

    /// Sends requests with every key; none of them changes a row.
    fn send_all(&mut self, cells: &[Cell]) {
        let before = self.app.direct().dump();
        for cell in cells {
            for (key, expected) in Key::ALL.into_iter().zip(cell.expected) {
                self.send(cell, key, expected);
            }
        }
        if self.app.direct().dump() != before {
            let cell = &cells[0];
            self.wrong.push(format!(
                "{} {} {}: changes rows",
                cell.method, cell.path, cell.body
            ));
        }
    }

    fn send(&mut self, cell: &Cell, key: Key, expected: Refusal) {
        let headers = self.ours.headers(key);
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let body = if cell.body.is_null() {
            String::new()
        } else {
            cell.body.to_string()
        };
        let answer = self
            .app
            .client
            .send(&cell.method, &cell.path, &headers, body.as_bytes());
        let sent = format!("{} {} {body}", cell.method, cell.path);
        let word = word(&answer);
        if (answer.status, word.as_str()) != expected {
            let text = &answer.text;
            self.wrong.push(format!(
                "{key:?} {sent}: not {expected:?} but {} {text}",
                answer.status
            ));
        }
        if let Some(leak) = self.leak(&sent, &answer) {
            self.wrong
                .push(format!("{key:?} {sent}: {leak} in {}", answer.text));
        }
    }

    /// What of the other organization is in an answer: in a refusal, beside what was sent. A cursor is a position.
    fn leak(&self, sent: &str, answer: &Answer) -> Option<String> {
        let is_secret = |kind: &Kind| {
            let id = self.theirs.text(*kind);
            let is_echo = answer.status >= 300 || *kind == Kind::Cursor;
            id.len() > 5 && !(is_echo && sent.contains(&id))
        };
        let ids = Kind::ALL.into_iter().filter(is_secret);
        let secrets = ids.map(|kind| self.theirs.text(kind));
        let mut leaks = secrets.chain([MARK.to_owned()]);
        leaks.find(|secret| answer.text.contains(secret))
    }

    #[track_caller]
    fn is_right(&self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

fn word(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let words = ["code", "detail", "error"];
    let word = words.iter().find_map(|key| body[key].as_str());
    word.unwrap_or_default().to_owned()
}

#[test]
fn no_action_reaches_another_organization() {
    let mut matrix = Matrix::new();
    for action in Action::ALL {
        let cells = |kind| actions::cells(action, kind, &matrix.ours, &matrix.theirs);
        let cells: Vec<_> = Kind::ALL.into_iter().flat_map(cells).collect();
        matrix.send_all(&cells);
    }
    matrix.is_right();
    // It was the id that was refused: the same calls are taken with ids of one's own. Deleting comes last.
    let others = Action::ALL
        .into_iter()
        .filter(|action| *action != Action::Delete);
    for action in others.chain([Action::Delete]) {
        let body = actions::right(action, &matrix.ours);
        let answer = matrix.app.client.post_to(&actions::path(action), body);
        assert_eq!(answer.status, 200, "{action:?} {}", answer.text);
    }
    for (body, _) in actions::referring() {
        let path = actions::path(Action::CreateProduct);
        let answer = matrix.app.client.post_to(&path, body);
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[test]
fn no_url_reaches_another_organization() {
    let mut matrix = Matrix::new();
    let actions = Endpoint::ALL.map(|endpoint| format!("{}/", endpoint.path()));
    let mut count = 0;
    for url in urls() {
        if actions.contains(&url.path) {
            continue;
        }
        for method in url.methods {
            let method = method.as_str();
            let cells = |kind| {
                let cells = routes::cells(&url.path, method, kind, &matrix.theirs);
                cells.unwrap_or_else(|| panic!("{method} {} is not in the matrix", url.path))
            };
            let cells: Vec<_> = Kind::ALL.into_iter().flat_map(cells).collect();
            count += cells.len();
            matrix.send_all(&cells);
        }
    }
    assert!(count > 500, "{count}");
    matrix.is_right();
}
