//! The keys by which people are found are those of their texts.

use super::Report;
use crate::db::audit;
use crate::db::connection::DbConn;
use crate::error::Error;
use crate::users::username;

pub(super) fn check(conn: &mut DbConn, report: &mut Report) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let page = audit::people(conn, report.organization(), after)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        for person in &page {
            report.verified.people += 1;
            let row = format!("user {}", person.id);
            if !is_key_of(person.username_key.as_deref(), person.username.as_deref()) {
                report.disagrees(&row, "username_key is not the key of its username");
            }
            if !is_key_of(person.email_key.as_deref(), person.main_email.as_deref()) {
                report.disagrees(&row, "email_key is not the key of its main e-mail");
            }
        }
    }
}

fn is_key_of(key: Option<&str>, text: Option<&str>) -> bool {
    text.map(username::key).as_deref() == key
}
