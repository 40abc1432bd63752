//! `set_status`: gives a user a status of the project, or takes it away. An excluding one takes the user out of the
//! normal list, and its order out of the totals.

use serde_json::json;

use super::reply::Body;
use super::{Call, Done};
use crate::error::{Error, ErrorCode, FieldError};
use crate::project::snapshot::current_status;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let person = call.person_with_doc(&[]).await?;
    let Some(status_id) = call.envelope.status_id else {
        let rule = "is required: a status of the project, or 0 to take it away";
        return Err(Error::invalid("status_id", "required", rule).about(person));
    };
    if status_id.is_some_and(|id| call.project.status(id).is_none()) {
        return Err(unknown().about(person));
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

fn unknown() -> Error {
    let rule = "is not a status of this project";
    Error::new(ErrorCode::StatusNotFound, "The project has no such status.")
        .with_errors(vec![FieldError::new("status_id", "status_not_found", rule)])
}
