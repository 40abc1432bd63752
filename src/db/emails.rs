//! The rows of e-mails: what is known to have gone to a person.

use diesel::prelude::*;

use super::connection::DbConn;
use super::schema::emails;
use crate::clock::Timestamp;
use crate::ids::{CloginId, GroupId, OrganizationId};

/// The state of an e-mail that somebody else has sent.
pub const RECORDED: &str = "recorded";

#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = emails)]
pub struct NewEmail {
    pub organization_id: i64,
    pub group_id: i64,
    pub clogin_id: i64,
    pub admin_id: Option<i64>,
    pub state: &'static str,
    pub sender: String,
    /// Addresses, separated by commas.
    pub recipients: String,
    pub cc: String,
    pub bcc: String,
    pub subject: String,
    pub body: String,
    pub created_at: Timestamp,
}

/// What is told of an e-mail: not its text.
#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = emails)]
pub struct EmailSummary {
    pub id: i64,
    pub clogin_id: i64,
    pub subject: String,
    pub recipients: String,
    pub state: String,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
}

pub fn insert(conn: &mut DbConn, email: &NewEmail) -> QueryResult<i64> {
    diesel::insert_into(emails::table)
        .values(email)
        .returning(emails::id)
        .get_result(conn)
}

/// The e-mails of some people of a project, in one query: oldest first.
pub fn of_people(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    people: &[CloginId],
) -> QueryResult<Vec<EmailSummary>> {
    emails::table
        .filter(emails::organization_id.eq(organization.0))
        .filter(emails::group_id.eq(group.0))
        .filter(emails::clogin_id.eq_any(people.iter().map(|id| id.0)))
        .order(emails::id)
        .select(EmailSummary::as_select())
        .load(conn)
}
