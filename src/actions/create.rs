//! `create`: registers a parent or an individual; a new person, or one that the organization has already.

use super::registering::{self, Said};
use super::reply::Body;
use super::{Call, not_a_child_of};
use crate::error::Error;

const SAID: Said = Said {
    msg: "User created",
    created: "user_created",
    registered: "user_registered",
};

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    match (call.envelope.clogin_id, call.envelope.connected_to) {
        (Some(clogin), _) => call.check_connected_to(clogin)?,
        (None, Some(_)) => return Err(not_a_child_of()),
        (None, None) => {}
    }
    let submission = registering::read(call, None)?;
    let usernames = submission.username_candidates(&call.app.ids);
    let registering = registering::prepare(call, submission, None).await?;
    match call.envelope.clogin_id {
        None => {
            let usernames = usernames.into_iter().map(Some).collect();
            registering::new_person(call, &registering, usernames, SAID).await
        }
        Some(clogin) => registering::existing_person(call, registering, clogin, SAID).await,
    }
}
