//! The answers that are kept for replays.

use serde_json::{Map, Value};

use super::{Report, place};
use crate::clock::rfc3339;
use crate::db::audit;
use crate::db::connection::DbConn;
use crate::error::Error;

pub(super) fn check(conn: &mut DbConn, report: &mut Report) -> Result<(), Error> {
    let mut after = (0, String::new());
    loop {
        let page = audit::responses(conn, report.organization(), (after.0, &after.1))?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = (last.admin_id, last.idempotency_key.clone());
        for record in &page {
            report.verified.responses += 1;
            // The key is the client's own word, and may be personal.
            let (admin, at) = (record.admin_id, rfc3339(record.created_at));
            let row = format!("idempotency record of admin {admin}, of {at}");
            match &record.response {
                None => report.disagrees(row, "has no answer"),
                Some(text) => {
                    if let Err(error) = serde_json::from_str::<Map<String, Value>>(text) {
                        let place = place(&error);
                        report.disagrees(row, format!("its answer does not parse ({place})"));
                    }
                }
            }
        }
    }
}
