//! `get_info`: what is asked for by the keys of `doc` that have a true value; without any, only the metadata, in one
//! query.

use super::Call;
use super::info::{MoreRows, Wanted, document};
use super::reply::{Body, Reply};
use crate::error::Error;
use crate::users::person::Person;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let person = call.person().await?;
    let now = call.app.clock.now();
    let wanted = match Wanted::read(&call.project, &call.envelope.doc, &[], now) {
        Ok(wanted) => wanted,
        Err(error) => return Err(error.about(person)),
    };
    if wanted.is_empty() {
        return Reply::about(person).render(call.envelope.tell);
    }
    let (person, rows) = if wanted.needs_more_rows() {
        read_more(call, person, &wanted).await?
    } else {
        (person, MoreRows::default())
    };
    let doc = document(&person, &wanted, &rows)?;
    Reply::about(person)
        .with("doc", doc)
        .render(call.envelope.tell)
}

/// Reads the person once more together with the other rows, so that they tell of the same moment.
async fn read_more(
    call: &Call<'_>,
    person: Person,
    wanted: &Wanted,
) -> Result<(Person, MoreRows), Error> {
    let wanted = wanted.clone();
    call.app
        .db
        .read_consistently(move |conn| {
            let person = Person::find(conn, person.project.clone(), person.clogin_id())?;
            let rows = MoreRows::load(conn, std::slice::from_ref(&person), &wanted)?;
            Ok((person, rows))
        })
        .await
}
