//! The rules of e-mail templates: each can be filled in for everybody.

use crate::ids::OrganizationId;
use crate::mail;
use crate::project::file::Group;
use crate::project::problem::Report;
use crate::project::snapshot::Project;

/// `group`: as in the file. `whole`: with what only the database has, after it.
pub fn check(report: &mut Report<'_>, path: &str, group: &Group, whole: &Group) {
    // No organization is asked for: only the fields are.
    let project = Project::new(OrganizationId(0), whole.clone());
    for (index, template) in whole.email_templates.iter().enumerate() {
        let path = if index < group.email_templates.len() {
            format!("{path}.email_templates[{index}]")
        } else {
            // The file can break what it does not name.
            format!(
                "{path}.email_templates[{}, in the database only]",
                template.id
            )
        };
        for (key, rule) in mail::check(template, &project) {
            report.add(format!("{path}.{key}"), rule);
        }
    }
}
