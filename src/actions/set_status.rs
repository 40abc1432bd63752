//! `set_status`: gives a user a status of the project, or takes it away. An excluding one takes the user out of the
//! normal list, and its order out of the totals.

use std::sync::Arc;

use serde_json::json;

use super::reply::Body;
use super::{Call, Done};
use crate::error::{Error, ErrorCode, FieldError};
use crate::ids::StatusId;
use crate::project::snapshot::{Project, current_status};

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let mut person = call.person_with_doc(&[]).await?;
    let Some(status_id) = call.envelope.status_id else {
        let rule = "is required: a status of the project, or 0 to take it away";
        return Err(Error::invalid("status_id", "required", rule).about(person));
    };
    if let Some(id) = status_id {
        match find(call, id).await {
            Ok(project) => person.project = project,
            Err(error) => return Err(error.about(person)),
        }
    }
    call.change(person, move |conn, person| {
        let status = match status_id {
            None => None,
            // It may have begun to exclude, or be gone, since the snapshot.
            Some(id) => {
                let current = current_status(conn, &person.project, id)?;
                Some(current.ok_or_else(unknown)?)
            }
        };
        person.registration.status_id = status_id.map(|id| id.0);
        person.registration.excluded = status.as_ref().is_some_and(|status| status.is_excluded);
        Ok(Done::new([
            ("msg", json!("User status updated successfully.")),
            ("msg_type", json!("success")),
            ("users", json!([person.clogin_id()])),
            ("effected_users", json!(1)),
        ]))
    })
    .await
}

/// The project, as it is when it has the status.
async fn find(call: &Call<'_>, id: StatusId) -> Result<Arc<Project>, Error> {
    if call.project.status(id).is_some() {
        return Ok(Arc::clone(&call.project));
    }
    let fresh = call.fresh_project().await?;
    match fresh.status(id) {
        Some(_) => Ok(fresh),
        None => Err(unknown()),
    }
}

fn unknown() -> Error {
    let rule = "is not a status of this project";
    Error::new(ErrorCode::StatusNotFound, "The project has no such status.")
        .with_errors(vec![FieldError::new("status_id", "status_not_found", rule)])
}
