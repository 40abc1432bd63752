//! API admins as they are made, listed and revoked one by one, on the command line.

use super::apply::ApplyError;
use super::check;
use super::file::Admin;
use super::problem::Report;
use super::token::token_sha256;
use super::{definition, snapshot};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::connection::DbConn;
use crate::db::{Outcome, config};
use crate::error::Error;
use crate::ids::{AdminId, OrganizationId};

/// An admin as it is listed: its token is nowhere to be read.
#[derive(Debug)]
pub struct ListedAdmin {
    pub organization: OrganizationId,
    pub admin: Admin,
    pub revoked_at: Option<Timestamp>,
}

/// Makes an admin, with an id that the database hands out and a token that is made here. `new.id` and `new.token` are
/// not looked at.
///
/// # Errors
///
/// Every problem of what it is to be; or that the database cannot do it now.
pub async fn create(
    app: &App,
    organization: OrganizationId,
    new: Admin,
) -> Result<(AdminId, String), ApplyError> {
    let token = app.ids.token().to_string();
    let hash = token_sha256(&token);
    let made = app
        .db
        .write(move |conn| {
            let version = config::next_version(conn)?;
            let mut report = Report::new("admin create");
            if config::organization(conn, organization)?.is_none() {
                report.add("organization", format!("{organization} does not exist"));
            }
            let groups = snapshot::load_groups(conn, organization)?;
            check::admins::check(&mut report, "admin", &new, &groups);
            if !report.is_empty() {
                return Ok(Outcome::Undo(Err(report.into_problems())));
            }
            let id = AdminId(config::next_id(conn, "admin")?);
            let admin = Admin { id, ..new.clone() };
            let row = config::AdminRow {
                organization_id: organization.0,
                id: id.0,
                token_sha256: hash.clone(),
                revoked_at: None,
                definition: definition::to_json(&admin)?,
            };
            config::insert_admin(conn, &row)?;
            config::touch_organization(conn, organization, version)?;
            Ok(Outcome::Keep(Ok(id)))
        })
        .await?;
    match made {
        Ok(id) => Ok((id, token)),
        Err(problems) => Err(ApplyError::Problems(problems)),
    }
}

/// Those of an organization, or of all.
///
/// # Errors
///
/// When the database cannot be read.
pub async fn list(
    app: &App,
    organization: Option<OrganizationId>,
) -> Result<Vec<ListedAdmin>, Error> {
    app.db
        .read_consistently(move |conn| {
            let organizations = match organization {
                Some(id) => vec![id],
                None => all_organizations(conn)?,
            };
            let mut admins = Vec::new();
            for organization in organizations {
                for row in config::admins_of(conn, organization)? {
                    admins.push(ListedAdmin {
                        organization,
                        admin: definition::parse(&row.definition)?,
                        revoked_at: row.revoked_at,
                    });
                }
            }
            Ok(admins)
        })
        .await
}

/// What became of an admin that was to be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    Now,
    Before,
    Unknown,
}

/// Ends an admin for good: within a second its token is refused everywhere.
///
/// # Errors
///
/// When the database cannot do it now.
pub async fn revoke(app: &App, id: AdminId) -> Result<Revoked, Error> {
    let now = app.clock.now();
    app.db
        .write(move |conn| {
            let version = config::next_version(conn)?;
            let Some(owner) = config::owner_of_admin(conn, id)? else {
                return Ok(Outcome::Undo(Revoked::Unknown));
            };
            let organization = OrganizationId(owner);
            let admins = config::admins_of(conn, organization)?;
            let found = admins.into_iter().find(|row| row.id == id.0);
            let Some(mut row) = found.filter(|row| row.revoked_at.is_none()) else {
                return Ok(Outcome::Undo(Revoked::Before));
            };
            row.revoked_at = Some(now);
            config::update_admin(conn, &row)?;
            config::touch_organization(conn, organization, version)?;
            Ok(Outcome::Keep(Revoked::Now))
        })
        .await
}

fn all_organizations(conn: &mut DbConn) -> Result<Vec<OrganizationId>, Error> {
    // Every organization has a version above 0.
    let mut ids: Vec<_> = config::organizations_since(conn, 0)?
        .into_iter()
        .map(|row| OrganizationId(row.id))
        .collect();
    ids.sort();
    Ok(ids)
}
