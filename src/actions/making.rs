//! What the actions share that change the configuration: reading scalars of a document with everything that is wrong,
//! and writing items so that the next call can use them.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Call;
use crate::db::config::{self, ItemKind, ItemRow};
use crate::db::connection::Conn;
use crate::error::{Error, ErrorCode, FieldError};
use crate::ids::{GroupId, OrganizationId};
use crate::lenient::{self, MAX_NAME_LENGTH};
use crate::project::definition::to_json;
use crate::project::snapshot::{self, Project};

/// The project whose items a call changes.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) organization: OrganizationId,
    pub(super) group: GroupId,
}

impl Place {
    pub(super) fn of(call: &Call<'_>) -> Self {
        Place {
            organization: call.project.organization_id,
            group: call.project.id(),
        }
    }

    /// Begins a change of the configuration: no other one comes between until the transaction ends.
    ///
    /// # Errors
    ///
    /// `group_forbidden`, when the project is gone since the snapshot.
    pub(super) fn begin(self, conn: &mut Conn) -> Result<Change, Error> {
        let version = config::next_version(conn)?;
        match config::group(conn, self.organization, self.group)? {
            Some(_) => Ok(Change {
                place: self,
                version,
            }),
            None => Err(group_forbidden()),
        }
    }
}

/// A change of a project's items that has begun.
pub(super) struct Change {
    place: Place,
    version: i64,
}

impl Change {
    /// The project as it is until the change ends: what a call names may be gone since the snapshot.
    ///
    /// # Errors
    ///
    /// When its rows cannot be read.
    pub(super) fn project(&self, conn: &mut Conn) -> Result<Project, Error> {
        let Place {
            organization,
            group,
        } = self.place;
        let groups = snapshot::load_groups(conn, organization)?;
        let found = groups.into_iter().find(|found| found.id == group);
        found
            .map(|group| Project::new(organization, group))
            .ok_or_else(group_forbidden)
    }

    /// Writes an item with the next id of its kind, and says it.
    ///
    /// # Errors
    ///
    /// When the database cannot do it.
    pub(super) fn insert<T: Serialize>(
        &self,
        conn: &mut Conn,
        kind: ItemKind,
        item: impl FnOnce(i64) -> T,
    ) -> Result<i64, Error> {
        let Place {
            organization,
            group,
        } = self.place;
        let id = config::next_id(conn, kind.name())?;
        let row = ItemRow {
            organization_id: organization.0,
            group_id: group.0,
            kind: kind.name().to_owned(),
            id,
            position: config::LAST_POSITION,
            definition: to_json(&item(id))?,
            version: self.version,
        };
        config::insert_item(conn, &row)?;
        config::touch_organization(conn, organization, self.version)?;
        Ok(id)
    }
}

fn group_forbidden() -> Error {
    Error::new(
        ErrorCode::GroupForbidden,
        "This key may not use this group.",
    )
}

/// This node answers the next call with what was made; the others see it within a second, or when they are asked for
/// it. It is there already: a look that fails must not deny it.
pub(super) async fn see(call: &Call<'_>) {
    if let Err(error) = call.app.projects.refresh(&call.app.db).await {
        log::warn!("cannot look for what was just made: {error}");
    }
}

/// Reads a document, and notes everything that is wrong.
pub(super) struct Reader<'a> {
    doc: &'a Map<String, Value>,
    pub(super) errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(doc: &'a Map<String, Value>) -> Self {
        Reader {
            doc,
            errors: Vec::new(),
        }
    }

    /// The value of a key; `null` is none.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.doc.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.doc.contains_key(key)
    }

    pub(super) fn fail(&mut self, key: &str, code: &'static str, rule: impl Into<String>) {
        let path = format!("doc.{key}");
        self.errors.push(FieldError::new(path, code, rule));
    }

    /// Whether something was noted of a key, or of an entry of its list.
    pub(super) fn has_failed(&self, key: &str) -> bool {
        let (path, entry) = (format!("doc.{key}"), format!("doc.{key}["));
        let mut errors = self.errors.iter();
        errors.any(|error| error.path == path || error.path.starts_with(&entry))
    }

    /// What a function of [`lenient`] makes of a value; None after it refused it.
    fn read<T>(&mut self, key: &str, read: Result<T, &'static str>) -> Option<T> {
        read.map_err(|rule| self.fail(key, "invalid", rule)).ok()
    }

    /// Without the spaces around it; empty where it is not there.
    pub(super) fn text(&mut self, key: &str) -> String {
        let text = self.value(key).map(lenient::text);
        let text = text.and_then(|text| self.read(key, text));
        text.unwrap_or_default().trim().to_owned()
    }

    /// 1 to 200 characters.
    pub(super) fn name(&mut self, key: &str) -> String {
        let name = self.text(key);
        if self.has_failed(key) {
            return name;
        }
        if name.is_empty() {
            self.fail(key, "required", "is required");
        } else if name.chars().count() > MAX_NAME_LENGTH {
            let rule = format!("must have at most {MAX_NAME_LENGTH} characters");
            self.fail(key, "too_long", rule);
        }
        name
    }

    pub(super) fn id(&mut self, key: &str) -> Option<i64> {
        let id = lenient::id(self.doc.get(key));
        self.read(key, id).flatten()
    }

    pub(super) fn boolean(&mut self, key: &str, default: bool) -> bool {
        let boolean = self.value(key).map(lenient::boolean);
        let boolean = boolean.and_then(|boolean| self.read(key, boolean));
        boolean.unwrap_or(default)
    }

    /// A quota; 0 and the other spellings of none: there is none.
    pub(super) fn quota(&mut self, key: &str) -> Option<u32> {
        let quota = self.id(key)?;
        u32::try_from(quota)
            .map_err(|_| self.fail(key, "invalid", format!("must be at most {}", u32::MAX)))
            .ok()
    }

    /// # Errors
    ///
    /// Everything that is wrong: an unknown category or product gives it its code, else 422.
    pub(super) fn finish(self) -> Result<(), Error> {
        let has = |code: &str| self.errors.iter().any(|error| error.code == code);
        let error = if self.errors.is_empty() {
            return Ok(());
        } else if has("category_not_found") {
            let msg = "The project has no such category.";
            Error::new(ErrorCode::CategoryNotFound, msg)
        } else if has("product_not_found") {
            let msg = "The project has no such product.";
            Error::new(ErrorCode::ProductNotFound, msg)
        } else {
            return Err(Error::validation(self.errors));
        };
        Err(error.with_errors(self.errors))
    }
}
