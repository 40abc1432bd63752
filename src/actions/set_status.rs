//! `set_status`: gives a user a status of the project, or takes it away. An excluding one takes the user out of the
//! normal list, and its order out of the totals.

use serde_json::{Map, json};

use super::Call;
use super::reply::Body;
use crate::error::{Error, ErrorCode, FieldError};
use crate::ids::StatusId;
use crate::project::file::Status;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    call.envelope.check_doc_keys(&[])?;
    let Some(status_id) = call.envelope.status_id else {
        let rule = "is required: a status of the project, or 0 to take it away";
        return Err(Error::invalid("status_id", "required", rule));
    };
    let mut person = call.person().await?;
    let status = match status_id {
        None => None,
        Some(id) => match find(call, id).await {
            Ok((project, status)) => {
                person.project = project;
                Some(status)
            }
            Err(error) => return Err(error.about(person)),
        },
    };
    call.change(person, move |_, person| {
        person.registration.status_id = status_id.map(|id| id.0);
        person.registration.excluded = status.as_ref().is_some_and(|status| status.is_excluded);
        Ok(Map::from_iter([
            ("msg".to_owned(), json!("User status updated successfully.")),
            ("msg_type".to_owned(), json!("success")),
            ("users".to_owned(), json!([person.clogin_id()])),
            ("effected_users".to_owned(), json!(1)),
        ]))
    })
    .await
}

/// A status, with the project as it is when the status is known.
async fn find(
    call: &Call<'_>,
    id: StatusId,
) -> Result<(std::sync::Arc<crate::project::snapshot::Project>, Status), Error> {
    if let Some(status) = call.project.status(id) {
        return Ok((call.project.clone(), status.clone()));
    }
    let fresh = call.fresh_project().await?;
    match fresh.status(id).cloned() {
        Some(status) => Ok((fresh, status)),
        None => {
            let rule = "is not a status of this project";
            Err(
                Error::new(ErrorCode::StatusNotFound, "The project has no such status.")
                    .with_errors(vec![FieldError::new("status_id", "status_not_found", rule)]),
            )
        }
    }
}
