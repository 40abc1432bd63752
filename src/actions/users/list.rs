//! Lists the organization's people: pages by number, with a count; or by cursor, as fast at any depth.

use super::RestCall;
use crate::db::connection::DbConn;
use crate::db::rest_lists::{self, Position, Selection, Start};
use crate::db::rest_users::RestUser;
use crate::db::totals;
use crate::error::{Error, ErrorCode};

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paging {
    /// From 1.
    Number(i64),
    /// From the beginning, or from a place on.
    Cursor { start: Start, count: WithCount },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithCount {
    Yes,
    No,
}

/// A page.
pub struct Page {
    /// How many people the selection has; by cursor only where it is asked for.
    pub count: Option<i64>,
    pub users: Vec<RestUser>,
    pub next: Option<Paging>,
    pub previous: Option<Paging>,
}

/// # Errors
///
/// `not_found`, of a page past the end.
pub async fn list(
    call: &RestCall<'_>,
    selection: Selection,
    paging: Paging,
    size: i64,
) -> Result<Page, Error> {
    let read = move |conn: &mut DbConn| match paging {
        Paging::Number(number) => by_number(conn, &selection, number, size),
        Paging::Cursor { start, count } => by_cursor(conn, &selection, start, count, size),
    };
    call.app().db.read_consistently(read).await
}

/// The language that is asked for, where the organization no longer names it and somebody has kept it from an older project
/// file.
///
/// # Errors
///
/// When the database cannot be read.
pub async fn kept_locale(
    call: &RestCall<'_>,
    asked: Option<&str>,
) -> Result<Option<String>, Error> {
    let named = &call.caller.setup.organization.locales;
    let is_other = |asked: &&str| {
        !asked.contains(char::is_control) && !named.iter().any(|known| known == asked)
    };
    let Some(asked) = asked.filter(is_other) else {
        return Ok(None);
    };
    let selection = Selection {
        locale: Some(asked.to_owned()),
        ..Selection::all(call.organization())
    };
    let find =
        move |conn: &mut DbConn| Ok(rest_lists::page(conn, &selection, &Start::Offset(0), 1)?);
    let found = call.app().db.read(find).await?;
    Ok(found.into_iter().next().map(|user| user.locale))
}

fn by_number(
    conn: &mut DbConn,
    selection: &Selection,
    number: i64,
    size: i64,
) -> Result<Page, Error> {
    let count = count(conn, selection)?;
    let offset = (number - 1).saturating_mul(size);
    // The first page is there even when nobody is on it.
    if number > 1 && offset >= count {
        return Err(Error::new(ErrorCode::NotFound, "Invalid page."));
    }
    let users = rest_lists::page(conn, selection, &Start::Offset(offset), size)?;
    let has_next = offset.saturating_add(size) < count;
    Ok(Page {
        count: Some(count),
        users,
        next: has_next.then_some(Paging::Number(number + 1)),
        previous: (number > 1).then_some(Paging::Number(number - 1)),
    })
}

fn by_cursor(
    conn: &mut DbConn,
    selection: &Selection,
    start: Start,
    with_count: WithCount,
    size: i64,
) -> Result<Page, Error> {
    let count = match with_count {
        WithCount::Yes => Some(count(conn, selection)?),
        WithCount::No => None,
    };
    // One more than asked for says whether there are more.
    let mut users = rest_lists::page(conn, selection, &start, size + 1)?;
    let there_is_more = i64::try_from(users.len()).is_ok_and(|found| found > size);
    if there_is_more {
        users.pop();
    }
    let is_backward = matches!(start, Start::Before(_));
    if is_backward {
        users.reverse();
    }
    let is_beginning = matches!(start, Start::Offset(_));
    let (has_next, has_previous) = if is_backward {
        (true, there_is_more)
    } else {
        (there_is_more, !is_beginning)
    };
    let from = |start: Start| Paging::Cursor {
        start,
        count: with_count,
    };
    let last = users.last().filter(|_| has_next).map(position);
    let first = users.first().filter(|_| has_previous).map(position);
    Ok(Page {
        count,
        next: last.map(|position| from(Start::After(position))),
        previous: first.map(|position| from(Start::Before(position))),
        users,
    })
}

/// Kept for everybody, counted on the index that finds them for the rest.
fn count(conn: &mut DbConn, selection: &Selection) -> Result<i64, Error> {
    if selection.is_all() {
        Ok(totals::people_of(conn, selection.organization)?)
    } else {
        Ok(rest_lists::count(conn, selection)?)
    }
}

/// Where somebody stands in the order of people.
pub fn position(user: &RestUser) -> Position {
    Position {
        created_at: user.created_at,
        uuid: user.uuid.clone(),
    }
}
