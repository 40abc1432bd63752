//! What stands in other rows than the people's own, read for all of them at once.

use super::wanted::Wanted;
use std::collections::HashMap;
use std::sync::Arc;

use crate::db::carts::{self, CartLine, Stock};
use crate::db::connection::DbConn;
use crate::db::emails::{self, EmailSummary};
use crate::db::lists::{self, Excluded, Part, Selection};
use crate::db::payments::{self, Payment};
use crate::error::Error;
use crate::ids::CloginId;
use crate::orders::cart::Cart;
use crate::project::file::Product;
use crate::project::snapshot::Project;
use crate::users::person::Person;

/// The rows beside those of the people themselves.
#[derive(Default)]
pub(in crate::actions) struct MoreRows {
    pub(super) carts: HashMap<CloginId, Cart>,
    /// Product → pieces that are left, of those that have a quota.
    pub(super) left: HashMap<i64, i64>,
    pub(super) payments: HashMap<CloginId, Vec<Payment>>,
    pub(super) emails: HashMap<CloginId, Vec<EmailSummary>>,
    pub(super) parents: HashMap<CloginId, Person>,
    pub(super) children: HashMap<CloginId, Vec<Person>>,
}

impl MoreRows {
    /// Reads what is wanted of all these people of a project, each kind of rows in one query.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn load(conn: &mut DbConn, people: &[Person], wanted: &Wanted) -> Result<Self, Error> {
        let mut rows = MoreRows::default();
        let Some(first) = people.first() else {
            return Ok(rows);
        };
        let project = Arc::clone(&first.project);
        let (organization, group) = (project.organization_id, project.id());
        let ids: Vec<_> = people.iter().map(Person::clogin_id).collect();
        if wanted.has("_usercart") || wanted.has("_userproducts") {
            let mut lines: HashMap<CloginId, Vec<CartLine>> = HashMap::new();
            for line in carts::of_people(conn, organization, group, &ids)? {
                lines
                    .entry(CloginId(line.clogin_id))
                    .or_default()
                    .push(line);
            }
            for (id, lines) in lines {
                rows.carts.insert(id, Cart::new(lines)?);
            }
        }
        let has_quota = |product: &Product| product.quota.is_some();
        if wanted.has("_userproducts") && project.group.products.iter().any(has_quota) {
            let stock = carts::stock_of(conn, organization)?.into_iter();
            let left = |stock: Stock| (stock.product_id, stock.quota - stock.sold);
            rows.left = stock.map(left).collect();
        }
        if wanted.has("_userpayments") {
            for payment in payments::of_people(conn, organization, group, &ids)? {
                rows.payments
                    .entry(CloginId(payment.clogin_id))
                    .or_default()
                    .push(payment);
            }
        }
        if wanted.has("_emails") {
            for email in emails::of_people(conn, organization, group, &ids)? {
                rows.emails
                    .entry(CloginId(email.clogin_id))
                    .or_default()
                    .push(email);
            }
        }
        if wanted.has("_family") {
            rows.load_families(conn, &project, people)?;
        }
        Ok(rows)
    }

    fn load_families(
        &mut self,
        conn: &mut DbConn,
        project: &Arc<Project>,
        people: &[Person],
    ) -> Result<(), Error> {
        let (organization, group) = (project.organization_id, project.id());
        let mut parents: Vec<_> = people.iter().map(Person::connected_to).collect();
        parents.sort_unstable();
        parents.dedup();
        let person = |(registration, user)| Person {
            project: Arc::clone(project),
            registration,
            user,
        };
        for parent in people.iter().filter(|person| !person.is_child()) {
            self.parents.insert(parent.clogin_id(), parent.clone());
        }
        let unread: Vec<_> = parents
            .iter()
            .copied()
            .filter(|parent| !self.parents.contains_key(parent))
            .collect();
        if !unread.is_empty() {
            for row in lists::by_ids(conn, organization, group, &unread)? {
                let parent = person(row);
                self.parents.insert(parent.clogin_id(), parent);
            }
        }
        let everybody = Selection {
            organization,
            group,
            excluded: Excluded::With,
        };
        for row in lists::people(conn, everybody, Part::ChildrenOf(&parents))? {
            let child = person(row);
            self.children
                .entry(child.connected_to())
                .or_default()
                .push(child);
        }
        Ok(())
    }
}
