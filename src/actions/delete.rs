//! `delete`: ends a registration. From then on it is not found here; its seats are free and its order counts no more,
//! its payments are kept. `create` with the clogin_id begins it again.

use serde_json::{Map, json};

use super::reply::{Body, Reply};
use super::{Call, ending};
use crate::db::login_tokens;
use crate::error::Error;
use crate::triggers::trace::Trace;
use crate::users::family;

const HAS_CHILDREN: &str = "The user has children in this project: delete or move them first.";

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let person = call.person_with_doc(&[]).await?;
    let (now, settling) = (call.app.clock.now(), call.settling());
    let before = person.clone();
    call.write(move |conn| {
        let (organization, group) = (person.project.organization_id, person.project.id());
        let mut ended = family::hold(conn, &person, None)?.person;
        ending::check_childless(conn, &ended, HAS_CHILDREN)?;
        login_tokens::void_in(conn, organization, group, ended.clogin_id())?;
        let mut trace = Trace::default();
        ending::end(conn, &mut ended, now, settling, &mut trace)?;
        Ok(Reply::about(ended)
            .with_trace(trace)
            .with_all(Map::from_iter([("msg".to_owned(), json!("User deleted"))])))
    })
    .await
    .map_err(|error| error.about(before))
}
