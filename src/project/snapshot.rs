//! What all organizations have set up, as one immutable value in memory that every call reads.
//!
//! A poll replaces it when an organization's version in the database moves; what a call does not find in it is looked
//! for once in a fresh one before the call is refused.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use super::definition;
use super::file::{
    Admin, AdminKind, Category, EmailTemplate, Field, Form, Group, Organization, Product, Status,
    Structure,
};
use super::trigger::Trigger;
use crate::db::Db;
use crate::db::config::{self, ItemKind, ItemRow, OrganizationRow};
use crate::db::connection::DbConn;
use crate::error::{Error, ErrorCode};
use crate::ids::{AdminId, FormId, GroupId, OrganizationId, StatusId};
use crate::triggers::topics::TopicIndex;

/// Less than the second within which a change has to be seen.
pub const POLL_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Default)]
pub struct Snapshot {
    version: i64,
    organizations: HashMap<OrganizationId, Arc<Setup>>,
    admins: HashMap<AdminId, Arc<Setup>>,
    /// SHA-256 of a token, in hexadecimal digits → its admin.
    tokens: HashMap<String, AdminId>,
    origins: HashSet<String>,
}

/// An organization with all that it has set up.
pub struct Setup {
    pub organization: Organization,
    /// Those that are not revoked.
    pub admins: HashMap<AdminId, KnownAdmin>,
    pub projects: HashMap<GroupId, Arc<Project>>,
}

pub struct KnownAdmin {
    /// Shared with every call that it makes.
    pub admin: Arc<Admin>,
    /// In hexadecimal digits.
    pub token_sha256: String,
}

/// A project, with an index of its fields.
pub struct Project {
    pub organization_id: OrganizationId,
    pub group: Group,
    /// Field id or name → (form, field).
    fields: HashMap<String, (usize, usize)>,
    topics: TopicIndex,
    /// Product → the triggers whose effect is about it.
    product_triggers: HashMap<i64, Vec<usize>>,
}

impl Snapshot {
    pub fn admin(&self, id: AdminId) -> Option<(&Arc<Setup>, &KnownAdmin)> {
        let setup = self.admins.get(&id)?;
        Some((setup, setup.admins.get(&id)?))
    }

    pub fn admin_by_token(&self, token_sha256: &str) -> Option<(&Arc<Setup>, &KnownAdmin)> {
        self.admin(*self.tokens.get(token_sha256)?)
    }

    pub fn organizations(&self) -> impl Iterator<Item = &Arc<Setup>> {
        self.organizations.values()
    }

    /// Whether a publishable admin of any organization names this web origin.
    pub fn knows_origin(&self, origin: &str) -> bool {
        self.origins.contains(origin)
    }

    /// This snapshot with the organizations in `changed` replaced.
    fn with(&self, version: i64, changed: Vec<Setup>) -> Snapshot {
        let mut organizations = self.organizations.clone();
        for setup in changed {
            organizations.insert(setup.organization.id, Arc::new(setup));
        }
        let mut snapshot = Snapshot {
            version,
            ..Snapshot::default()
        };
        for setup in organizations.values() {
            for (id, known) in &setup.admins {
                snapshot.admins.insert(*id, Arc::clone(setup));
                snapshot.tokens.insert(known.token_sha256.clone(), *id);
                if known.admin.kind == AdminKind::Publishable {
                    snapshot.origins.extend(known.admin.origins.iter().cloned());
                }
            }
        }
        Snapshot {
            organizations,
            ..snapshot
        }
    }
}

impl Project {
    /// A project that is not in the database yet, or of which nobody asks what changed when.
    pub fn new(organization_id: OrganizationId, group: Group) -> Self {
        let versions = vec![0; group.triggers.len()];
        Self::with_versions(organization_id, group, &versions)
    }

    /// `versions`: of the configuration, when each trigger came or changed last.
    pub fn with_versions(organization_id: OrganizationId, group: Group, versions: &[i64]) -> Self {
        let mut fields = HashMap::new();
        for (form_index, form) in group.forms.iter().enumerate() {
            for (field_index, field) in form.fields.iter().enumerate() {
                let position = (form_index, field_index);
                fields.insert(field.id.clone(), position);
                if let Some(name) = &field.name {
                    fields.insert(name.clone(), position);
                }
            }
        }
        let field_id = |key: &str| {
            let (form, field) = *fields.get(key)?;
            Some(group.forms[form].fields[field].id.clone())
        };
        let topics = TopicIndex::new(
            group.triggers.iter().zip(versions.iter().copied()),
            field_id,
        );
        let mut product_triggers: HashMap<i64, Vec<usize>> = HashMap::new();
        for (position, trigger) in group.triggers.iter().enumerate() {
            for product in trigger.action.products() {
                product_triggers.entry(*product).or_default().push(position);
            }
        }
        Project {
            organization_id,
            group,
            fields,
            topics,
            product_triggers,
        }
    }

    pub fn topics(&self) -> &TopicIndex {
        &self.topics
    }

    pub fn has_trigger(&self, id: i64) -> bool {
        self.group.triggers.iter().any(|trigger| trigger.id == id)
    }

    /// The triggers whose effect is about a product.
    pub fn triggers_of_product(&self, product: i64) -> impl Iterator<Item = &Trigger> {
        let positions = self
            .product_triggers
            .get(&product)
            .map(Vec::as_slice)
            .unwrap_or_default();
        positions
            .iter()
            .filter_map(|position| self.group.triggers.get(*position))
    }

    pub fn form(&self, id: FormId) -> Option<&Form> {
        self.group.forms.iter().find(|form| form.id == id)
    }

    pub fn template(&self, id: i64) -> Option<&EmailTemplate> {
        self.group
            .email_templates
            .iter()
            .find(|template| template.id == id)
    }

    pub fn id(&self) -> GroupId {
        self.group.id
    }

    /// A field by its id or its name, and the form that it is on.
    pub fn field(&self, id_or_name: &str) -> Option<(&Form, &Field)> {
        let (form, field) = *self.fields.get(id_or_name)?;
        let form = self.group.forms.get(form)?;
        Some((form, form.fields.get(field)?))
    }

    pub fn product(&self, id: i64) -> Option<&Product> {
        self.group.products.iter().find(|product| product.id == id)
    }

    pub fn category(&self, id: i64) -> Option<&Category> {
        let mut categories = self.group.categories.iter();
        categories.find(|category| category.id == id)
    }

    pub fn category_of(&self, product: i64) -> Option<&Category> {
        self.category(self.product(product)?.category?)
    }

    /// The session holder of a session.
    pub fn holder_of(&self, product: &Product) -> Option<&Product> {
        self.product(product.holder?)
    }

    pub fn status(&self, id: StatusId) -> Option<&Status> {
        self.group.statuses.iter().find(|status| status.id == id)
    }
}

/// The snapshot of this node, and how it is renewed.
#[derive(Default)]
pub struct ProjectCache {
    current: RwLock<Arc<Snapshot>>,
    /// When the last look at the database that succeeded began.
    looked: Mutex<Option<Instant>>,
}

impl ProjectCache {
    pub fn current(&self) -> Arc<Snapshot> {
        // A poisoned lock still holds a whole snapshot: it is only ever replaced.
        Arc::clone(
            &self
                .current
                .read()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }

    /// A snapshot that is no older than this call. Callers that come at the same time share one look at the database.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn refresh(&self, db: &Db) -> Result<Arc<Snapshot>, Error> {
        let asked = Instant::now();
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|looked| looked >= asked) {
            return Ok(self.current());
        }
        let began = Instant::now();
        let current = self.current();
        let known = Arc::clone(&current);
        let changes = db
            .read_consistently(move |conn| load_since(conn, &known))
            .await?;
        *looked = Some(began);
        if let Some((version, changed)) = changes {
            let fresh = Arc::new(current.with(version, changed));
            *self
                .current
                .write()
                .unwrap_or_else(std::sync::PoisonError::into_inner) = fresh;
        }
        Ok(self.current())
    }
}

/// The organizations that changed since a snapshot, and the newest version. None: none did.
fn load_since(conn: &mut DbConn, known: &Snapshot) -> Result<Option<(i64, Vec<Setup>)>, Error> {
    let mut newest = None;
    let mut changed = Vec::new();
    for row in config::organizations_since(conn, known.version)? {
        newest = newest.max(Some(row.version));
        let known = known.organizations.get(&OrganizationId(row.id));
        changed.extend(load_or_keep(conn, &row, known.map(Arc::as_ref))?);
    }
    Ok(newest.map(|newest| (newest, changed)))
}

/// What does not parse in one organization keeps no change from the others: it stays as it was read last, until it
/// changes again. Its admins do not stay: one of them may have been revoked. None: it was never read.
fn load_or_keep(
    conn: &mut DbConn,
    row: &OrganizationRow,
    known: Option<&Setup>,
) -> Result<Option<Setup>, Error> {
    let id = OrganizationId(row.id);
    match load(conn, id, &row.definition) {
        Err(error) if is_unreadable(&error) => {
            log::error!("organization {id} stays as it was: {error}");
        }
        loaded => return loaded.map(Some),
    }
    let Some(known) = known else { return Ok(None) };
    Ok(Some(Setup {
        organization: known.organization.clone(),
        admins: load_admins(conn, id)?,
        projects: known.projects.clone(),
    }))
}

/// Whether an error is of what stands in a row, and not of the database.
fn is_unreadable(error: &Error) -> bool {
    error.code() == ErrorCode::Internal
}

/// An organization's setup, from its rows.
///
/// # Errors
///
/// When a row cannot be read, or its document does not parse.
fn load(conn: &mut DbConn, id: OrganizationId, definition: &str) -> Result<Setup, Error> {
    let organization = parse("organization", id.0, definition)?;
    let mut projects = HashMap::new();
    for (group, versions) in load_with_versions(conn, id)? {
        projects.insert(
            group.id,
            Arc::new(Project::with_versions(id, group, &versions)),
        );
    }
    Ok(Setup {
        organization,
        admins: load_admins(conn, id)?,
        projects,
    })
}

/// The admins that are not revoked. One whose document does not parse calls nothing until it does: what it was allowed
/// before may be taken from it there.
fn load_admins(
    conn: &mut DbConn,
    id: OrganizationId,
) -> Result<HashMap<AdminId, KnownAdmin>, Error> {
    let mut admins = HashMap::new();
    for row in config::admins_of(conn, id)?
        .into_iter()
        .filter(|row| row.revoked_at.is_none())
    {
        match parse("admin", row.id, &row.definition) {
            Ok(admin) => {
                let known = KnownAdmin {
                    admin: Arc::new(admin),
                    token_sha256: row.token_sha256,
                };
                admins.insert(AdminId(row.id), known);
            }
            Err(error) => log::error!("an admin of organization {id} is shut out: {error}"),
        }
    }
    Ok(admins)
}

/// A status as it is now, for a write that holds the registration that gets it. The snapshot may be half a second
/// older, and `apply` corrects only the registrations that it finds: with their writers held off, so that one that reads
/// the status after it holds a registration comes wholly before or wholly after.
///
/// # Errors
///
/// When a row cannot be read, or its document does not parse.
pub fn current_status(
    conn: &mut DbConn,
    project: &Project,
    id: StatusId,
) -> Result<Option<Status>, Error> {
    let (organization, group) = (project.organization_id, project.id());
    let found = config::item(conn, organization, group, ItemKind::Status, id.0)?;
    found
        .map(|row| parse("status", id.0, &row.definition))
        .transpose()
}

/// Whether a project has families now, for a write that holds the registration of a child's parent. As with
/// [`current_status`], an `apply` that ends them comes wholly before or wholly after.
///
/// # Errors
///
/// When its row cannot be read, or its document does not parse.
pub fn has_families_now(conn: &mut DbConn, project: &Project) -> Result<bool, Error> {
    let row = config::group(conn, project.organization_id, project.id())?;
    let group = row.map(|row| parse::<Group>("group", row.id, &row.definition));
    let group = group.transpose()?;
    Ok(group.is_some_and(|group| group.structure == Structure::Family))
}

/// The projects of an organization with all their lists, in the order of the project file.
///
/// # Errors
///
/// When a row cannot be read, or its document does not parse.
pub fn load_groups(conn: &mut DbConn, id: OrganizationId) -> Result<Vec<Group>, Error> {
    Ok(load_with_versions(conn, id)?
        .into_iter()
        .map(|(group, _)| group)
        .collect())
}

/// The projects, each with the versions of its triggers.
fn load_with_versions(
    conn: &mut DbConn,
    id: OrganizationId,
) -> Result<Vec<(Group, Vec<i64>)>, Error> {
    let mut items: HashMap<i64, Vec<ItemRow>> = HashMap::new();
    for item in config::items_of(conn, id)? {
        items.entry(item.group_id).or_default().push(item);
    }
    let mut groups = Vec::new();
    for row in config::groups_of(conn, id)? {
        let mut group: Group = parse("group", row.id, &row.definition)?;
        let items = items.remove(&row.id).unwrap_or_default();
        let triggers = items
            .iter()
            .filter(|item| item.kind == ItemKind::Trigger.name());
        let versions = triggers.map(|item| item.version).collect();
        for item in &items {
            add_item(&mut group, item)?;
        }
        groups.push((group, versions));
    }
    Ok(groups)
}

fn add_item(group: &mut Group, item: &ItemRow) -> Result<(), Error> {
    fn read<T: DeserializeOwned>(item: &ItemRow) -> Result<T, Error> {
        parse(&item.kind, item.id, &item.definition)
    }
    let kind = ItemKind::ALL
        .into_iter()
        .find(|kind| kind.name() == item.kind);
    let Some(kind) = kind else {
        let what = format!("group_items has an unknown kind {:?}", item.kind);
        return Err(Error::internal(what));
    };
    match kind {
        ItemKind::Form => group.forms.push(read(item)?),
        ItemKind::Category => group.categories.push(read(item)?),
        ItemKind::Product => group.products.push(read(item)?),
        ItemKind::Status => group.statuses.push(read(item)?),
        ItemKind::EmailTemplate => group.email_templates.push(read(item)?),
        ItemKind::Trigger => group.triggers.push(read(item)?),
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(kind: &str, id: i64, definition: &str) -> Result<T, Error> {
    definition::parse(definition).map_err(|error| Error::internal(format!("{kind} {id}: {error}")))
}
