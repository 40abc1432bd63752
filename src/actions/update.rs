//! `update`: sets answers and special fields, all or nothing.

use serde_json::json;

use super::reply::Body;
use super::{Call, Done, registering};
use crate::db::error::UniqueIndex;
use crate::error::Error;
use crate::users::change;
use crate::users::submission::{self, Occasion, Subject, Submission};

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let person = call.person().await?;
    let subject = Subject {
        project: &call.project,
        is_child: person.is_child(),
        forms: &person.form_state()?,
        submitter: call.caller.submitter(),
        occasion: Occasion::Updating,
    };
    let prepared = match submission::read(&subject, &call.envelope.doc, "doc") {
        Ok(submission) => prepare(call, submission).await,
        Err(error) => Err(error),
    };
    let (submission, password_hash) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Err(error.about(person)),
    };
    let now = call.app.clock.now();
    let forms = call.envelope.submit_forms;
    let updated = call.envelope.doc.keys();
    let updated: Vec<_> = updated
        .filter(|key| !submission.profile.skips(key))
        .collect();
    let updated = json!(updated);
    let before = person.clone();
    let written = call
        .change(person, move |conn, person| {
            if !submission.profile.is_empty() {
                let (organization, id) = (person.project.organization_id, person.clogin_id());
                let profile = &submission.profile;
                person.user =
                    change::person(conn, organization, id, profile, password_hash.clone(), now)?;
            }
            submission.apply_to(person, forms, now)?;
            Ok(Done::new([
                ("msg", json!("User updated")),
                ("updated", updated.clone()),
            ]))
        })
        .await;
    match written {
        Err(error) if error.taken() == Some(UniqueIndex::Username) => {
            Err(registering::username_taken().about(before))
        }
        result => result,
    }
}

async fn prepare(
    call: &Call<'_>,
    submission: Submission,
) -> Result<(Submission, Option<String>), Error> {
    registering::check_email_domain(call, &submission).await?;
    let password_hash = registering::hash_password(call, &submission).await?;
    Ok((submission, password_hash))
}
