//! Every line of a cart belongs to a registration; what the lines sum to is seen with that.

use super::Report;
use crate::db::audit;
use crate::db::connection::DbConn;
use crate::error::Error;

pub(super) fn check(conn: &mut DbConn, report: &mut Report) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let lost = audit::lost_lines(conn, report.organization(), after)?;
        let Some(last) = lost.last() else {
            return Ok(());
        };
        after = *last;
        for line in &lost {
            report.disagrees(format!("cart line {line}"), "belongs to no registration");
        }
    }
}
