//! Carts beside the rules of categories as they are now. A project may have become stricter since somebody ordered, which
//! takes nothing away from anybody: what is beyond a rule is remarked, and is no disagreement.

use std::collections::BTreeMap;

use super::configuration::Known;
use crate::db::carts::CartLine;

/// What is beyond the rules in the cart of a registration that has not ended.
pub(super) fn remarks(known: &Known, cart: &[CartLine]) -> Vec<String> {
    // Category → lines and pieces; what waits is not ordered.
    let mut ordered: BTreeMap<i64, (usize, i64)> = BTreeMap::new();
    for line in cart.iter().filter(|line| !line.waiting) {
        let category = line
            .product_id
            .and_then(|id| known.product_categories.get(&id));
        if let Some(category) = category {
            let (lines, pieces) = ordered.entry(*category).or_default();
            *lines += 1;
            *pieces = pieces.saturating_add(line.quantity);
        }
    }
    let mut remarks = Vec::new();
    for (id, (lines, pieces)) in ordered {
        let Some(category) = known.categories.get(&id) else {
            continue;
        };
        if let Some(quota) = category.quota_ordered
            && pieces > i64::from(quota)
        {
            remarks.push(format!(
                "has {pieces} of category {id}, of which a user may order {quota} now"
            ));
        }
        if category.interchange && lines > 1 {
            remarks.push(format!(
                "has {lines} lines of category {id}, whose products are interchanged now"
            ));
        }
    }
    remarks
}
