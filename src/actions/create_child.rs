//! `create_child`: registers a child of a parent of the project. It needs no e-mail, username or password, and none is
//! made.

use super::Call;
use super::registering::{self, Said};
use super::reply::Body;
use crate::error::Error;
use crate::project::file::Structure;

const SAID: Said = Said {
    msg: "Child created",
    created: "child_created",
    registered: "child_created",
};

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    if call.project.group.structure != Structure::Family {
        return Err(registering::not_a_family_project());
    }
    let Some(parent) = call.envelope.connected_to else {
        return Err(Error::invalid(
            "connected_to",
            "required",
            "is required: the parent's clogin_id",
        ));
    };
    if call.registered(parent).await?.is_child() {
        return Err(registering::parent_is_child("connected_to"));
    }
    let submission = registering::read(call, Some(parent))?;
    let username = submission.profile.username.clone();
    let registering = registering::prepare(call, submission, Some(parent)).await?;
    match call.envelope.clogin_id {
        None => registering::new_person(call, &registering, vec![username], SAID).await,
        Some(clogin) => registering::existing_person(call, registering, clogin, SAID).await,
    }
}
