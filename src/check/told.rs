//! What is known of credentials that were issued elsewhere, and what is told of calls.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Report, place};
use crate::clock::rfc3339;
use crate::db::audit;
use crate::db::connection::DbConn;
use crate::error::Error;

type Object = Map<String, Value>;

pub(super) fn check_credentials(conn: &mut DbConn, report: &mut Report) -> Result<(), Error> {
    let mut after = String::new();
    loop {
        let page = audit::credentials(conn, report.organization(), &after)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after.clone_from(&last.id);
        for credential in &page {
            report.verified.credentials += 1;
            if let Some(how) = problem::<Object>("metadata", &credential.metadata) {
                // Its id is somebody else's word, and may be personal.
                let at = rfc3339(credential.created_at);
                let row = match credential.user_id {
                    Some(user) => format!("credential of user {user}, of {at}"),
                    None => format!("credential of nobody any more, of {at}"),
                };
                report.disagrees(row, how);
            }
        }
    }
}

pub(super) fn check_events(conn: &mut DbConn, report: &mut Report) -> Result<(), Error> {
    let mut after = String::new();
    loop {
        let page = audit::events(conn, report.organization(), &after)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after.clone_from(&last.id);
        for event in &page {
            report.verified.events += 1;
            let data = event.data.as_deref();
            let problems = [
                problem::<Object>("metadata", &event.metadata),
                data.and_then(|data| problem::<Object>("data", data)),
            ];
            for how in problems.into_iter().flatten() {
                report.disagrees(format!("event {}", event.id), how);
            }
        }
    }
}

/// What is wrong with a document, if anything is.
pub(super) fn problem<T: DeserializeOwned>(column: &str, text: &str) -> Option<String> {
    let error = serde_json::from_str::<T>(text).err()?;
    Some(format!("{column} does not parse ({})", place(&error)))
}
