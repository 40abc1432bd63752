//! Exactly the products with a quota have stock, with that quota; what is sold is what is in the carts of registrations
//! that have not ended.

use std::collections::{BTreeMap, HashMap};

use super::Report;
use super::configuration::Known;
use crate::db::carts;
use crate::db::connection::DbConn;
use crate::error::Error;

/// `sold`: product → pieces in carts that count.
pub(super) fn check(
    conn: &mut DbConn,
    report: &mut Report,
    known: &Known,
    sold: &HashMap<i64, i64>,
) -> Result<(), Error> {
    let mut missing: BTreeMap<i64, i64> = known
        .quotas
        .iter()
        .map(|(id, quota)| (*id, *quota))
        .collect();
    for stock in carts::stock_of(conn, report.organization())? {
        let row = format!("stock of product {}", stock.product_id);
        match missing.remove(&stock.product_id) {
            None => report.disagrees(&row, "is there; the product has no quota"),
            Some(quota) if quota != stock.quota => {
                let how = format!("its quota is {}; the product has {quota}", stock.quota);
                report.disagrees(&row, how);
            }
            Some(_) => {}
        }
        let in_carts = sold.get(&stock.product_id).copied().unwrap_or(0);
        if in_carts != stock.sold {
            let how = format!("sold is {}; carts have {in_carts}", stock.sold);
            report.disagrees(&row, how);
        }
    }
    for (product, quota) in missing {
        let how = format!("is missing; the product has the quota {quota}");
        report.disagrees(format!("stock of product {product}"), how);
    }
    Ok(())
}
