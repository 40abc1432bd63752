//! What the organization has set up: every document parses as its type and has the id of its row, and no id is above
//! its counter.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Report, place};
use crate::db::connection::DbConn;
use crate::db::{audit, config};
use crate::error::Error;
use crate::project::check::ids::IdKind;
use crate::project::file::{
    Admin, Category, EmailTemplate, Form, Group, Organization, Product, Status, Structure,
};
use crate::project::trigger::Trigger;

/// What registrations refer to. Of a document that does not parse only the id is known.
#[derive(Default)]
pub(super) struct Known {
    pub groups: HashMap<i64, Option<Structure>>,
    /// (project, status) → whether it excludes.
    pub statuses: HashMap<(i64, i64), Option<bool>>,
    /// Product → quota, of those that have one.
    pub quotas: HashMap<i64, i64>,
    pub categories: HashMap<i64, Category>,
    /// Product → category.
    pub product_categories: HashMap<i64, i64>,
}

pub(super) fn check(conn: &mut DbConn, report: &mut Report) -> Result<Known, Error> {
    let id = report.organization();
    let mut checker = Checker {
        counters: audit::counters(conn)?.into_iter().collect(),
        known: Known::default(),
        report,
    };
    if let Some(row) = config::organization(conn, id)? {
        checker.document::<Organization>(IdKind::Organization, row.id, &row.definition);
    }
    for row in config::admins_of(conn, id)? {
        checker.report.verified.admins += 1;
        checker.document::<Admin>(IdKind::Admin, row.id, &row.definition);
    }
    for row in config::groups_of(conn, id)? {
        checker.report.verified.projects += 1;
        let group: Option<Group> = checker.document(IdKind::Group, row.id, &row.definition);
        let structure = group.map(|group| group.structure);
        checker.known.groups.insert(row.id, structure);
    }
    for row in config::items_of(conn, id)? {
        checker.report.verified.items += 1;
        checker.item(&row);
    }
    Ok(checker.known)
}

struct Checker<'a> {
    counters: HashMap<String, i64>,
    known: Known,
    report: &'a mut Report,
}

impl Checker<'_> {
    fn document<T: DeserializeOwned + Serialize>(
        &mut self,
        kind: IdKind,
        id: i64,
        text: &str,
    ) -> Option<T> {
        let row = format!("{} {id}", kind.word());
        let counter = kind.counter().and_then(|name| self.counters.get(name));
        if counter.is_none_or(|counter| *counter < id) {
            self.report.disagrees(&row, "its id is above its counter");
        }
        let document: T = match serde_json::from_str(text) {
            Ok(document) => document,
            Err(error) => {
                let how = format!("its definition does not parse ({})", place(&error));
                self.report.disagrees(&row, how);
                return None;
            }
        };
        let written = serde_json::to_value(&document).unwrap_or_default();
        if written.get("id") != Some(&Value::from(id)) {
            self.report.disagrees(&row, "its definition has another id");
        }
        Some(document)
    }

    fn item(&mut self, row: &config::ItemRow) {
        let (id, text) = (row.id, row.definition.as_str());
        let mut kinds = config::ItemKind::ALL.into_iter();
        let Some(kind) = kinds.find(|kind| kind.name() == row.kind) else {
            self.report
                .disagrees(format!("item {id}"), "is of an unknown kind");
            return;
        };
        let of = IdKind::Item(kind);
        match kind {
            config::ItemKind::Form => drop(self.document::<Form>(of, id, text)),
            config::ItemKind::EmailTemplate => drop(self.document::<EmailTemplate>(of, id, text)),
            config::ItemKind::Trigger => drop(self.document::<Trigger>(of, id, text)),
            config::ItemKind::Category => {
                let category: Option<Category> = self.document(of, id, text);
                let category = category.map(|category| (id, category));
                self.known.categories.extend(category);
            }
            config::ItemKind::Product => {
                let product: Option<Product> = self.document(of, id, text);
                let Some(product) = product else { return };
                let quota = product.quota.map(|quota| (id, i64::from(quota)));
                self.known.quotas.extend(quota);
                let category = product.category.map(|category| (id, category));
                self.known.product_categories.extend(category);
            }
            config::ItemKind::Status => {
                let status: Option<Status> = self.document(of, id, text);
                let is_excluded = status.map(|status| status.is_excluded);
                self.known.statuses.insert((row.group_id, id), is_excluded);
            }
        }
    }
}
