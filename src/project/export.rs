//! Writes what an organization has set up back as a project file: the configuration only, without users, tokens and
//! revoked admins. Applied again it changes nothing.

use super::definition::parse;
use super::file::{Admin, ProjectFile};
use super::snapshot;
use crate::app::App;
use crate::db::config;
use crate::error::Error;
use crate::ids::OrganizationId;

/// An organization's project file; None: there is no such organization.
///
/// # Errors
///
/// When the database cannot be read, or holds a document that does not parse.
pub async fn export(app: &App, id: OrganizationId) -> Result<Option<ProjectFile>, Error> {
    app.db
        .read_consistently(move |conn| {
            let Some(row) = config::organization(conn, id)? else {
                return Ok(None);
            };
            let admins: Result<Vec<Admin>, Error> = config::admins_of(conn, id)?
                .iter()
                .filter(|row| row.revoked_at.is_none())
                .map(|row| parse(&row.definition))
                .collect();
            Ok(Some(ProjectFile {
                organization: parse(&row.definition)?,
                admins: admins?,
                groups: snapshot::load_groups(conn, id)?,
                users: Vec::new(),
            }))
        })
        .await
}
