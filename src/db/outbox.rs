//! The outbox: those rows of e-mails that are sent from here. What is to be sent has a `next_attempt_at`; whoever sends
//! it has claimed it until `claimed_until`.

use diesel::prelude::*;

use super::connection::DbConn;
use super::schema::emails;
use crate::clock::Timestamp;
use crate::ids::OrganizationId;

/// Waits for its first attempt.
pub const QUEUED: &str = "queued";
/// A node has claimed it, and sends it.
pub const SENDING: &str = "sending";
/// Waits for another attempt.
pub const RETRYING: &str = "retrying";
pub const SENT: &str = "sent";
/// Given up; `last_error` says why.
pub const FAILED: &str = "failed";
/// Would have been sent, if the call had not switched e-mails off.
pub const SUPPRESSED: &str = "suppressed";

#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = emails)]
pub struct NewMessage {
    pub organization_id: i64,
    pub group_id: i64,
    pub clogin_id: i64,
    pub template_id: i64,
    pub trigger_id: i64,
    pub state: &'static str,
    pub sender: String,
    /// Addresses, separated by commas.
    pub recipients: String,
    pub cc: String,
    pub bcc: String,
    pub subject: String,
    /// HTML.
    pub body: String,
    pub body_text: String,
    pub message_id: String,
    pub last_error: Option<String>,
    pub next_attempt_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// What is sent.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMessage {
    pub id: i64,
    pub sender: String,
    pub recipients: String,
    pub cc: String,
    pub bcc: String,
    pub subject: String,
    pub body: String,
    pub body_text: Option<String>,
    pub message_id: Option<String>,
    pub attempts: i64,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub claimed_until: Option<Timestamp>,
    pub undelivered: Option<String>,
}

/// What became of an attempt.
#[derive(AsChangeset, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = emails, treat_none_as_null = true)]
pub struct Attempted {
    pub state: &'static str,
    pub attempts: i64,
    pub last_error: Option<String>,
    /// When a server took it, for some of its recipients at least.
    pub sent_at: Option<Timestamp>,
    /// None: there is no other attempt.
    pub next_attempt_at: Option<Timestamp>,
    pub claimed_until: Option<Timestamp>,
    /// Addresses, separated by commas, who have not got it; none: as it was queued.
    pub undelivered: Option<String>,
}

/// What of a message was not there when it was queued.
#[derive(AsChangeset, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = emails)]
pub struct Filled {
    pub sender: String,
    pub recipients: String,
    pub subject: String,
    pub body: String,
    pub body_text: String,
}

/// All that is known of an e-mail, recorded ones too.
#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = emails)]
pub struct StoredEmail {
    pub id: i64,
    pub organization_id: i64,
    pub group_id: i64,
    pub clogin_id: i64,
    pub template_id: Option<i64>,
    pub trigger_id: Option<i64>,
    pub message_id: Option<String>,
    pub state: String,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    pub next_attempt_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub sender: String,
    pub recipients: String,
    pub cc: String,
    pub bcc: String,
    pub undelivered: Option<String>,
    pub subject: String,
    pub body: String,
    pub body_text: Option<String>,
}

pub fn insert(conn: &mut DbConn, message: &NewMessage) -> QueryResult<i64> {
    diesel::insert_into(emails::table)
        .values(message)
        .returning(emails::id)
        .get_result(conn)
}

/// Which messages are due and nobody's, longest due first.
pub fn due(conn: &mut DbConn, now: Timestamp, limit: i64) -> QueryResult<Vec<i64>> {
    emails::table
        .filter(emails::next_attempt_at.le(now))
        .filter(
            emails::claimed_until
                .is_null()
                .or(emails::claimed_until.lt(now)),
        )
        .order((emails::next_attempt_at, emails::id))
        .select(emails::id)
        .limit(limit)
        .load(conn)
}

/// Claims those of the messages that are still due and nobody's: of any number of nodes one gets each.
pub fn claim(
    conn: &mut DbConn,
    ids: &[i64],
    now: Timestamp,
    until: Timestamp,
) -> QueryResult<Vec<ClaimedMessage>> {
    diesel::update(emails::table)
        .filter(emails::id.eq_any(ids))
        .filter(emails::next_attempt_at.le(now))
        .filter(
            emails::claimed_until
                .is_null()
                .or(emails::claimed_until.lt(now)),
        )
        .set((emails::claimed_until.eq(until), emails::state.eq(SENDING)))
        .returning((
            emails::id,
            emails::sender,
            emails::recipients,
            emails::cc,
            emails::bcc,
            emails::subject,
            emails::body,
            emails::body_text,
            emails::message_id,
            emails::attempts,
            emails::created_at,
            emails::sent_at,
            emails::claimed_until,
            emails::undelivered,
        ))
        .load(conn)
}

/// Notes attempts after which the messages have gone out, whoever has claimed them meanwhile.
pub fn note_sent(conn: &mut DbConn, ids: &[i64], attempted: &Attempted) -> QueryResult<usize> {
    diesel::update(emails::table)
        .filter(emails::id.eq_any(ids))
        .set(attempted)
        .execute(conn)
}

/// Notes an attempt that failed, of whoever still has the claim.
pub fn note_failed(
    conn: &mut DbConn,
    message: &ClaimedMessage,
    attempted: &Attempted,
) -> QueryResult<usize> {
    diesel::update(emails::table.find(message.id))
        .filter(emails::claimed_until.eq(message.claimed_until))
        .set(attempted)
        .execute(conn)
}

/// Gives messages back that were claimed and not begun, to the state in which they had waited.
pub fn release(
    conn: &mut DbConn,
    messages: &[ClaimedMessage],
    until: Timestamp,
) -> QueryResult<()> {
    let (new, tried): (Vec<_>, Vec<_>) = messages.iter().partition(|message| message.attempts == 0);
    for (state, messages) in [(QUEUED, new), (RETRYING, tried)] {
        let ids = messages.iter().map(|message| message.id);
        diesel::update(emails::table)
            .filter(emails::id.eq_any(ids.collect::<Vec<_>>()))
            .filter(emails::claimed_until.eq(until))
            .set((
                emails::claimed_until.eq(None::<Timestamp>),
                emails::state.eq(state),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Fills in a message that could not be when it was queued.
pub fn fill(conn: &mut DbConn, id: i64, filled: &Filled) -> QueryResult<usize> {
    diesel::update(emails::table.find(id))
        .set(filled)
        .execute(conn)
}

/// Puts a message that waits or was given up, for some of its recipients at least, at the front, as if it were new. A
/// claim ends: whoever has it may be dead. False: it is not one of those.
pub fn retry(conn: &mut DbConn, id: i64, now: Timestamp) -> QueryResult<bool> {
    let changed = diesel::update(emails::table.find(id))
        .filter(
            emails::state
                .eq_any([QUEUED, SENDING, RETRYING, FAILED])
                .or(emails::undelivered.is_not_null()),
        )
        .filter(emails::recipients.ne(""))
        .set((
            emails::state.eq(QUEUED),
            emails::attempts.eq(0),
            emails::next_attempt_at.eq(now),
            emails::claimed_until.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

pub fn find(conn: &mut DbConn, id: i64) -> QueryResult<Option<StoredEmail>> {
    emails::table
        .find(id)
        .select(StoredEmail::as_select())
        .first(conn)
        .optional()
}

/// E-mails of all organizations or one, in all states or one: newest first.
pub fn list(
    conn: &mut DbConn,
    organization: Option<OrganizationId>,
    state: Option<&str>,
    limit: i64,
) -> QueryResult<Vec<StoredEmail>> {
    let mut query = emails::table.into_boxed();
    if let Some(organization) = organization {
        query = query.filter(emails::organization_id.eq(organization.0));
    }
    if let Some(state) = state {
        query = query.filter(emails::state.eq(state.to_owned()));
    }
    query
        .order(emails::id.desc())
        .limit(limit)
        .select(StoredEmail::as_select())
        .load(conn)
}
