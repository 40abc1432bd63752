//! The stock of products: only one with a quota has any.

use super::Planner;
use crate::db::config::ItemKind;
use crate::project::file::Group;
use crate::project::steps::{Step, StockRow, StockStep};

impl Planner<'_> {
    /// Compares with the stock that is there, not with what the file changes: where the two disagree, for whatever
    /// reason, the next apply puts it right.
    pub(super) fn plan_stock(&mut self, groups: &[Group]) {
        let mut kept = self.existing.quotas.clone();
        for group in groups {
            for product in &group.products {
                let old = kept.remove(&product.id);
                let quota = product.quota.map(i64::from);
                if old != quota {
                    let name = format!("{} {:?} (project {})", product.id, product.name, group.id);
                    let row = old.map_or(StockRow::New, |_| StockRow::Kept);
                    self.set_quota(product.id, quota, row, &name);
                }
            }
        }
        // Of products that go.
        let mut gone: Vec<i64> = kept.into_keys().collect();
        gone.sort_unstable();
        for product in gone {
            self.set_quota(product, None, StockRow::Kept, &product.to_string());
        }
    }

    fn set_quota(&mut self, product: i64, quota: Option<i64>, row: StockRow, name: &str) {
        // A product that changes has its line already.
        if !self.has_step_for(product) {
            self.plan.lines.push(format!("~ stock of product {name}"));
        }
        self.plan.steps.push(Step::SetQuota(StockStep {
            product,
            quota,
            row,
        }));
    }

    fn has_step_for(&self, product: i64) -> bool {
        self.plan.steps.iter().any(|step| match step {
            Step::InsertItem(row) | Step::UpdateItem(row) => {
                row.kind == ItemKind::Product.name() && row.id == product
            }
            Step::RemoveItem(ItemKind::Product, id) => *id == product,
            _ => false,
        })
    }
}
