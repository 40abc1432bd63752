//! `clogin check`: verifies that what a database keeps in two places agrees, and that every document in it parses.
//!
//! An organization is read in one state of the database, in pages, so that neither its size nor a server that goes on
//! working matters. What disagrees is named by ids only: nothing personal is shown.

mod carts;
mod categories;
mod configuration;
mod payments;
mod people;
mod registrations;
mod responses;
mod stock;
mod told;
mod totals;

use std::fmt;
use std::sync::Arc;

use crate::app::App;
use crate::db::audit;
use crate::db::connection::DbConn;
use crate::error::Error;
use crate::ids::OrganizationId;

/// Is told what disagrees, and what is remarked (with `!` in front), a line each.
pub type Sink = Arc<dyn Fn(&str) + Send + Sync>;

/// What was looked at in an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub organization: OrganizationId,
    pub admins: u64,
    pub projects: u64,
    pub items: u64,
    pub people: u64,
    pub registrations: u64,
    pub responses: u64,
    pub credentials: u64,
    pub events: u64,
    pub disagreements: u64,
}

impl fmt::Display for Verified {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "organization {}: verified {} admins, {} projects with {} items, {} people, {} registrations with their \
             carts, payments, stock and totals, {} answers kept for replays, {} credentials, {} events",
            self.organization,
            self.admins,
            self.projects,
            self.items,
            self.people,
            self.registrations,
            self.responses,
            self.credentials,
            self.events
        )
    }
}

/// Verifies an organization, or all. Nothing is answered for one that is not there.
///
/// # Errors
///
/// When the database cannot be read.
pub async fn check(
    app: &App,
    only: Option<OrganizationId>,
    sink: Sink,
) -> Result<Vec<Verified>, Error> {
    let organizations = app
        .db
        .read(|conn| Ok(audit::organization_ids(conn)?))
        .await?;
    let mut verified = Vec::new();
    for organization in organizations {
        if only.is_none_or(|only| only == organization) {
            let sink = Arc::clone(&sink);
            let check = move |conn: &mut DbConn| check_organization(conn, organization, sink);
            verified.push(app.db.read_consistently(check).await?);
        }
    }
    Ok(verified)
}

fn check_organization(
    conn: &mut DbConn,
    organization: OrganizationId,
    sink: Sink,
) -> Result<Verified, Error> {
    let mut report = Report::new(organization, sink);
    let known = configuration::check(conn, &mut report)?;
    let people = people::check(conn, &mut report)?;
    let mut sums = registrations::check(conn, &mut report, &known)?;
    carts::check(conn, &mut report)?;
    payments::check(conn, &mut report)?;
    sums.totals.insert(totals::Key::PEOPLE, people);
    totals::check(conn, &mut report, sums.totals)?;
    stock::check(conn, &mut report, &known, &sums.sold)?;
    responses::check(conn, &mut report)?;
    told::check_credentials(conn, &mut report)?;
    told::check_events(conn, &mut report)?;
    Ok(report.verified)
}

/// What is found in an organization.
struct Report {
    sink: Sink,
    verified: Verified,
}

impl Report {
    fn new(organization: OrganizationId, sink: Sink) -> Self {
        let verified = Verified {
            organization,
            admins: 0,
            projects: 0,
            items: 0,
            people: 0,
            registrations: 0,
            responses: 0,
            credentials: 0,
            events: 0,
            disagreements: 0,
        };
        Report { sink, verified }
    }

    fn organization(&self) -> OrganizationId {
        self.verified.organization
    }

    /// What is worth knowing, and is no disagreement.
    fn remarks(&self, row: impl fmt::Display, what: impl fmt::Display) {
        let organization = self.organization();
        (self.sink)(&format!("! organization {organization}: {row}: {what}"));
    }

    /// `row`: which one it is. `how`: what disagrees with what.
    fn disagrees(&mut self, row: impl fmt::Display, how: impl fmt::Display) {
        self.verified.disagreements += 1;
        let organization = self.organization();
        (self.sink)(&format!("organization {organization}: {row}: {how}"));
    }
}

/// Where a document stops parsing. What serde says of it may quote the document.
fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}
