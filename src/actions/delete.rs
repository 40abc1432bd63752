//! `delete`: ends a registration. From then on it is not found here; its seats are free and its order counts no more,
//! its payments are kept. `create` with the clogin_id begins it again.

use serde_json::{Map, json};

use super::Call;
use super::reply::{Body, Reply};
use crate::db::held::{self, EndedToo};
use crate::db::{login_tokens, registrations, totals};
use crate::error::{Error, ErrorCode};
use crate::ids::CloginId;
use crate::orders::cart;
use crate::triggers::settle::settle_parent_of;
use crate::triggers::trace::Trace;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    call.envelope.check_doc_keys(&[])?;
    let person = call.person().await?;
    let (now, settling) = (call.app.clock.now(), call.settling());
    let before = person.clone();
    call.write(move |conn| {
        let (organization, group) = (person.project.organization_id, person.project.id());
        // The parent first: always in this order, so that two calls never wait for each other.
        if let Some(parent) = person.registration.parent_id {
            held::lock(conn, organization, group, CloginId(parent), EndedToo::No)?;
        }
        let mut ended = person.lock(conn)?;
        let id = ended.clogin_id();
        if registrations::have_parent(conn, organization, group, id)? {
            let msg = "The user has children in this project: delete or move them first.";
            return Err(Error::new(ErrorCode::HasChildren, msg));
        }
        cart::free_seats(conn, &ended)?;
        login_tokens::void_in(conn, organization, group, id)?;
        let held = ended.registration.clone();
        ended.registration.deleted_at = Some(now);
        ended.write(conn, &held, now)?;
        let mut trace = Trace::default();
        settle_parent_of(conn, &ended, settling, &mut trace)?;
        totals::follow(conn, Some(&held), &ended.registration)?;
        Ok(Reply::about(ended)
            .with_trace(trace)
            .with_all(Map::from_iter([("msg".to_owned(), json!("User deleted"))])))
    })
    .await
    .map_err(|error| error.about(before))
}
