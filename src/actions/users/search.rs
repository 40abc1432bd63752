//! Finds people by what they have to be. Index rows find candidates, the document decides, until the page is full.

use super::RestCall;
use super::list::position;
use crate::db::connection::DbConn;
use crate::db::rest_lists::{self, Position, Selection, Start};
use crate::db::rest_users::RestUser;
use crate::db::user_values;
use crate::error::Error;
use crate::ids::OrganizationId;
use crate::users::views::WantedPerson;

/// Rows that are counted, at first, to see which key has few; ten times as many each time, until one has no more.
const FIRST_LOOK: i64 = 100;
/// Rows that are counted at most: of keys that all have more, either will do.
const LAST_LOOK: i64 = 10_000;
/// Keys that a candidate has to have: the others are for the document.
const MAX_KEYS: usize = 8;
/// Candidates that are read at once, at least.
const MIN_CANDIDATES: usize = 50;

/// Up to `limit` people, in the order of their creation, from a position on. Whoever wants nothing gets everybody.
///
/// # Errors
///
/// When the database cannot be read.
pub async fn search(
    call: &RestCall<'_>,
    wanted: WantedPerson,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<RestUser>, Error> {
    let organization = call.organization();
    let find = move |conn: &mut DbConn| {
        let selection = selection(conn, organization, &wanted)?;
        fill(conn, &selection, &wanted, after, limit)
    };
    call.app().db.read_consistently(find).await
}

fn selection(
    conn: &mut DbConn,
    organization: OrganizationId,
    wanted: &WantedPerson,
) -> Result<Selection, Error> {
    let mut keys: Vec<_> = wanted.keys().into_iter().collect();
    let subject_id = wanted.subject_id().map(str::to_owned);
    // A subject has few people anyway.
    if subject_id.is_none() {
        rarest_first(conn, organization, &mut keys)?;
    }
    keys.truncate(MAX_KEYS);
    Ok(Selection {
        subject_id,
        keys,
        ..Selection::all(organization)
    })
}

/// What one key's people cost to find does not depend on how many have the others.
fn rarest_first(
    conn: &mut DbConn,
    organization: OrganizationId,
    keys: &mut [String],
) -> Result<(), Error> {
    let mut most = FIRST_LOOK;
    while keys.len() > 1 && most <= LAST_LOOK {
        let mut fewest: Option<(usize, i64)> = None;
        for (index, key) in keys.iter().enumerate() {
            let count = user_values::count(conn, organization, key, most)?;
            if count < most && fewest.is_none_or(|(_, fewest)| count < fewest) {
                fewest = Some((index, count));
            }
        }
        if let Some((index, _)) = fewest {
            keys.swap(0, index);
            break;
        }
        most *= 10;
    }
    Ok(())
}

fn fill(
    conn: &mut DbConn,
    selection: &Selection,
    wanted: &WantedPerson,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<RestUser>, Error> {
    let mut start = after.map_or(Start::Offset(0), Start::After);
    let mut found = Vec::new();
    loop {
        let count = (limit - found.len()).max(MIN_CANDIDATES);
        let rows = i64::try_from(count).unwrap_or(i64::MAX);
        let candidates = rest_lists::page(conn, selection, &start, rows)?;
        let last = candidates.last().map(position);
        let is_last = candidates.len() < count;
        for user in candidates {
            if wanted.is(&user)? {
                found.push(user);
                if found.len() == limit {
                    return Ok(found);
                }
            }
        }
        match last {
            Some(last) if !is_last => start = Start::After(last),
            _ => return Ok(found),
        }
    }
}
