//! `get_user_list`: a project's people, in pages of 50 parents and individuals with their children. A child whose parent is
//! not in the list, as one of them is excluded, has a place of its own among them.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Call;
use super::info::{MoreRows, Wanted, document};
use super::reply::{Body, Reply};
use crate::db::connection::DbConn;
use crate::db::lists::{self, Excluded, Part, Rank, Selection, Start, TotalsRow, heads};
use crate::error::{Error, FieldError};
use crate::ids::CloginId;
use crate::lenient;
use crate::money::Money;
use crate::project::snapshot::Project;
use crate::users::person::Person;

/// How many parents and individuals (or children, where only these are listed) a page has.
const PAGE: usize = 50;

const OPTIONS: [&str; 7] = [
    "with_excluded",
    "only_excluded",
    "only_parents",
    "only_children",
    "return_families",
    "starting_position",
    "cursor",
];

/// How the answer is asked for.
#[derive(Clone, Copy)]
struct Options {
    excluded: Excluded,
    /// None: parents and individuals, and their children with them.
    only: Option<Rank>,
    /// Children inside their parents.
    families: bool,
    start: Start,
}

struct Page {
    listed: Vec<Person>,
    children: Vec<Person>,
    more: MoreRows,
    totals: Vec<TotalsRow>,
    /// Children that are paged beside parents and individuals, on all pages.
    strays: i64,
    next: Option<i64>,
}

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let options = Options::read(&call.envelope.doc)?;
    let now = call.app.clock.now();
    let wanted = Wanted::read(&call.project, &call.envelope.doc, &OPTIONS, now)?;
    let project = Arc::clone(&call.project);
    let rows_wanted = wanted.clone();
    let page = call
        .app
        .db
        .read_consistently(move |conn| read(conn, &project, options, &rows_wanted))
        .await?;
    reply(&page, options, &wanted)?.render(call.envelope.tell)
}

impl Options {
    fn read(doc: &Map<String, Value>) -> Result<Self, Error> {
        let mut errors = Vec::new();
        let mut flag = |key: &str| match lenient::flag(doc.get(key)) {
            Ok(flag) => flag.unwrap_or(false),
            Err(rule) => {
                errors.push(FieldError::new(format!("doc.{key}"), "invalid", rule));
                false
            }
        };
        let excluded = match (flag("with_excluded"), flag("only_excluded")) {
            (_, true) => Excluded::Only,
            (true, false) => Excluded::With,
            (false, false) => Excluded::Without,
        };
        let (parents, children) = (flag("only_parents"), flag("only_children"));
        let families = flag("return_families");
        if children && (parents || families) {
            let rule = "cannot be combined with only_parents or return_families";
            errors.push(FieldError::new("doc.only_children", "invalid", rule));
        }
        let start = read_start(doc).map_err(|error| errors.push(error)).ok();
        match start {
            Some(start) if errors.is_empty() => Ok(Options {
                excluded,
                only: match (parents, children) {
                    (true, _) => Some(Rank::Parents),
                    (false, true) => Some(Rank::Children),
                    (false, false) => None,
                },
                families,
                start,
            }),
            _ => Err(Error::validation(errors)),
        }
    }

    /// Whose pages these are.
    fn rank(self) -> Rank {
        self.only.unwrap_or(Rank::Parents)
    }
}

fn read_start(doc: &Map<String, Value>) -> Result<Start, FieldError> {
    let read = |key: &str| {
        lenient::id(doc.get(key))
            .map_err(|rule| FieldError::new(format!("doc.{key}"), "invalid", rule))
    };
    match (read("starting_position")?, read("cursor")?) {
        (Some(_), Some(_)) => {
            let rule = "cannot be combined with starting_position";
            Err(FieldError::new("doc.cursor", "invalid", rule))
        }
        (_, Some(cursor)) => Ok(Start::After(cursor)),
        (position, None) => Ok(Start::Position(position.unwrap_or(0))),
    }
}

/// At most five queries (three where nobody is excluded), and one for each kind of further rows.
fn read(
    conn: &mut DbConn,
    project: &Arc<Project>,
    options: Options,
    wanted: &Wanted,
) -> Result<Page, Error> {
    let (organization, group) = (project.organization_id, project.id());
    let selection = Selection {
        organization,
        group,
        excluded: options.excluded,
    };
    let totals = lists::totals(conn, organization, group)?;
    let strays = if may_have_strays(&totals, options) {
        heads::count_strays(conn, selection)?
    } else {
        0
    };
    // One more than a page shows whether there is another page.
    let limit = PAGE as i64 + 1;
    let (rank, start) = (options.rank(), options.start);
    let mut listed = if strays > 0 {
        let heads = heads::page(conn, selection, start, limit)?;
        load(conn, project, selection, Part::These(&heads))?
    } else {
        load(conn, project, selection, Part::Page { rank, start, limit })?
    };
    let is_last = listed.len() <= PAGE;
    listed.truncate(PAGE);
    let next = listed
        .last()
        .filter(|_| !is_last)
        .map(|last| last.registration.id);
    let mut children = if options.only.is_none() && !listed.is_empty() {
        let parents: Vec<CloginId> = listed.iter().map(Person::clogin_id).collect();
        load(conn, project, selection, Part::ChildrenOf(&parents))?
    } else {
        Vec::new()
    };
    if strays > 0 && !options.families {
        // A child is among the children, wherever its parent is.
        let (astray, parents): (Vec<_>, _) = listed.into_iter().partition(Person::is_child);
        listed = parents;
        children.extend(astray);
        children.sort_by_key(|child| child.registration.id);
    }
    let everybody: Vec<Person> = listed.iter().chain(&children).cloned().collect();
    let more = MoreRows::load(conn, &everybody, wanted)?;
    Ok(Page {
        listed,
        children,
        more,
        totals,
        strays,
        next,
    })
}

fn load(
    conn: &mut DbConn,
    project: &Arc<Project>,
    selection: Selection,
    part: Part<'_>,
) -> Result<Vec<Person>, Error> {
    let found = lists::people(conn, selection, part)?.into_iter();
    let person = |(registration, user)| Person {
        project: Arc::clone(project),
        registration,
        user,
    };
    Ok(found.map(person).collect())
}

fn reply(page: &Page, options: Options, wanted: &Wanted) -> Result<Reply, Error> {
    let user = |person: &Person| -> Result<Value, Error> {
        let mut user = json!({
            "user_info": person.user_info(),
            "meta_info": person.meta_info()?,
        });
        if !wanted.is_empty() {
            user["doc"] = document(person, wanted, &page.more)?.into();
        }
        Ok(user)
    };
    let mut listed = page
        .listed
        .iter()
        .map(user)
        .collect::<Result<Vec<_>, _>>()?;
    let mut children = page
        .children
        .iter()
        .map(user)
        .collect::<Result<Vec<_>, _>>()?;
    if options.families {
        let mut families: HashMap<CloginId, Vec<Value>> = HashMap::new();
        for (child, person) in children.drain(..).zip(&page.children) {
            families
                .entry(person.connected_to())
                .or_default()
                .push(child);
        }
        for (user, person) in listed.iter_mut().zip(&page.listed) {
            user["children"] = families
                .remove(&person.clogin_id())
                .unwrap_or_default()
                .into();
        }
    }
    if options.rank() == Rank::Children {
        std::mem::swap(&mut listed, &mut children);
    }
    Ok(Reply::about_nobody()
        .with("users", listed)
        .with("children", children)
        .with("totals", totals(&page.totals, options))
        .with(
            "total_users",
            count(&page.totals, options, Some(options.rank())) + page.strays,
        )
        .with("records_per_page", PAGE)
        .with("next_cursor", page.next.map(|id| id.to_string())))
}

/// Children come with their parents, and somebody is excluded: it may be one of two.
fn may_have_strays(rows: &[TotalsRow], options: Options) -> bool {
    let excluded = Options {
        excluded: Excluded::Only,
        ..options
    };
    options.only.is_none() && options.excluded != Excluded::With && count(rows, excluded, None) > 0
}

/// How many of the selection there are; `rank`: of these only.
fn count(rows: &[TotalsRow], options: Options, rank: Option<Rank>) -> i64 {
    let counted = |row: &&TotalsRow| {
        of_rank(row, rank)
            && match options.excluded {
                Excluded::Without => !row.excluded,
                Excluded::With => true,
                Excluded::Only => row.excluded,
            }
    };
    rows.iter().filter(counted).map(|row| row.users).sum()
}

/// The order of excluded users does not count, their payments do.
fn totals(rows: &[TotalsRow], options: Options) -> Value {
    let counted = || rows.iter().filter(|row| of_rank(row, options.only));
    let ordered = counted().filter(|row| !row.excluded && options.excluded != Excluded::Only);
    let paid = counted().filter(|row| row.excluded || options.excluded != Excluded::Only);
    let ordered: i64 = ordered.map(|row| row.ordered).sum();
    let paid: i64 = paid.map(|row| row.paid).sum();
    json!({
        "users": count(rows, options, options.only),
        "order": Money(ordered),
        "paid": Money(paid),
        "balance": Money(ordered - paid),
    })
}

fn of_rank(row: &TotalsRow, rank: Option<Rank>) -> bool {
    rank.is_none_or(|rank| row.is_child == (rank == Rank::Children))
}
