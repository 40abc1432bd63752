//! What the database has of the organization of a file, and what stands in the file's way.

use std::collections::{HashMap, HashSet};

use super::check::ids::{self, GivenId, IdKind};
use super::check::users::{KnownPeople, Role};
use super::file::{Group, ProjectFile};
use super::problem::{Problem, Report};
use super::{snapshot, token};
use crate::db::config::{self, AdminRow, GroupRow, ItemKind, ItemRow, OrganizationRow};
use crate::db::connection::DbConn;
use crate::db::{carts, registrations, users};
use crate::error::Error;
use crate::ids::{AdminId, CloginId, GroupId};

/// What the database has of an organization, and of the people that a file names.
pub struct Existing {
    pub organization: Option<OrganizationRow>,
    pub admins: HashMap<AdminId, AdminRow>,
    pub group_rows: HashMap<GroupId, GroupRow>,
    pub item_rows: HashMap<(String, i64), ItemRow>,
    /// With all their lists, in their order.
    pub groups: Vec<Group>,
    /// Product → the quota of its stock.
    pub quotas: HashMap<i64, i64>,
    pub people: KnownPeople,
    /// People that the file names → the organization that has them.
    owners: HashMap<CloginId, i64>,
}

impl Existing {
    fn has(&self, given: &GivenId) -> bool {
        let id = given.id;
        match given.kind {
            IdKind::Organization => true,
            IdKind::Admin => self.admins.contains_key(&AdminId(id)),
            IdKind::Group => self.group_rows.contains_key(&GroupId(id)),
            IdKind::Item(kind) => self.item_rows.contains_key(&(kind.name().to_owned(), id)),
            IdKind::User => self.people.existing.contains(&CloginId(id)),
        }
    }
}

/// What is done with what the database has and the file does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unnamed {
    #[default]
    Stays,
    Removed,
}

/// Reads what there is.
///
/// # Errors
///
/// When the database cannot be read, or holds a document that does not parse.
pub fn read(conn: &mut DbConn, file: &ProjectFile) -> Result<Existing, Error> {
    let id = file.organization.id;
    let named: Vec<_> = file.users.iter().map(|user| user.clogin_id).collect();
    let owners = users::owners(conn, &named)?;
    let admins = config::admins_of(conn, id)?;
    let groups = config::groups_of(conn, id)?;
    let items = config::items_of(conn, id)?;
    Ok(Existing {
        organization: config::organization(conn, id)?,
        admins: admins
            .into_iter()
            .map(|row| (AdminId(row.id), row))
            .collect(),
        group_rows: groups
            .into_iter()
            .map(|row| (GroupId(row.id), row))
            .collect(),
        item_rows: items
            .into_iter()
            .map(|row| ((row.kind.clone(), row.id), row))
            .collect(),
        groups: snapshot::load_groups(conn, id)?,
        quotas: carts::stock_of(conn, id)?
            .into_iter()
            .map(|stock| (stock.product_id, stock.quota))
            .collect(),
        people: read_people(conn, file, &owners)?,
        owners,
    })
}

fn read_people(
    conn: &mut DbConn,
    file: &ProjectFile,
    owners: &HashMap<CloginId, i64>,
) -> Result<KnownPeople, Error> {
    let organization = file.organization.id;
    let mut people = KnownPeople::default();
    for user in &file.users {
        if owners.get(&user.clogin_id) == Some(&organization.0) {
            people.existing.insert(user.clogin_id);
        }
        for registration in &user.registrations {
            let Some(parent) = registration.connected_to else {
                continue;
            };
            let group = registration.group_id;
            if let Some((found, _)) = registrations::find(conn, organization, group, parent)? {
                let role = found.parent_id.map_or(Role::Parent, |_| Role::Child);
                people.registered.insert((group, parent), role);
            }
        }
    }
    Ok(people)
}

/// Ids that another organization has, and tokens that another admin has.
///
/// # Errors
///
/// When the database cannot be read.
pub fn conflicts(
    conn: &mut DbConn,
    name: &str,
    file: &ProjectFile,
    existing: &Existing,
) -> Result<Vec<Problem>, Error> {
    let mut report = Report::new(name);
    let ours = file.organization.id.0;
    let new = ids::given(file)
        .into_iter()
        .filter(|given| !existing.has(given));
    for GivenId { kind, id, path } in new {
        let owner = match kind {
            IdKind::User => existing.owners.get(&CloginId(id)).copied(),
            kind => owner(conn, kind, id)?,
        };
        if let Some(owner) = owner.filter(|owner| *owner != ours) {
            let word = kind.word();
            let rule = format!(
                "must be an id of its own: {word} {id} belongs to organization {owner}, and ids are unique in the whole database"
            );
            report.add(path, rule);
        }
    }
    for (index, admin) in file.admins.iter().enumerate() {
        let Some(given) = &admin.token else { continue };
        let owner = config::owner_of_token(conn, &token::token_sha256(given))?;
        if owner.is_some_and(|owner| owner != admin.id) {
            let path = format!("admins[{index}].token");
            report.add(
                path,
                "must be a token of its own: another admin has this one",
            );
        }
    }
    Ok(report.into_problems())
}

fn owner(conn: &mut DbConn, kind: IdKind, id: i64) -> Result<Option<i64>, Error> {
    let owner = match kind {
        // An organization is its own. Who has people is known already.
        IdKind::Organization | IdKind::User => None,
        IdKind::Admin => config::owner_of_admin(conn, AdminId(id))?,
        IdKind::Group => config::owner_of_group(conn, GroupId(id))?,
        IdKind::Item(kind) => config::owner_of_item(conn, kind, id)?,
    };
    Ok(owner)
}

/// The projects as they will be: those of the file in its order, each with its own items first; then what only the
/// database has, where that stays.
pub fn merge(file: &ProjectFile, existing: &Existing, unnamed: Unnamed) -> Vec<Group> {
    let mut groups = file.groups.clone();
    if unnamed == Unnamed::Removed {
        return groups;
    }
    let named = file.item_ids();
    for old in &existing.groups {
        let old = without_named(old, &named);
        match groups.iter_mut().find(|group| group.id == old.id) {
            Some(group) => {
                group.forms.extend(old.forms);
                group.categories.extend(old.categories);
                group.products.extend(old.products);
                group.statuses.extend(old.statuses);
                group.email_templates.extend(old.email_templates);
                group.triggers.extend(old.triggers);
            }
            None => groups.push(old),
        }
    }
    groups
}

/// A project of the database without the items that the file names, in whichever project.
fn without_named(group: &Group, named: &HashSet<(ItemKind, i64)>) -> Group {
    let named = |kind: ItemKind, id: i64| named.contains(&(kind, id));
    let mut rest = group.clone();
    rest.forms.retain(|item| !named(ItemKind::Form, item.id.0));
    rest.categories
        .retain(|item| !named(ItemKind::Category, item.id));
    rest.products
        .retain(|item| !named(ItemKind::Product, item.id));
    rest.statuses
        .retain(|item| !named(ItemKind::Status, item.id.0));
    rest.email_templates
        .retain(|item| !named(ItemKind::EmailTemplate, item.id));
    rest.triggers
        .retain(|item| !named(ItemKind::Trigger, item.id));
    rest
}
