//! Whether a template can be filled in for everybody: seen when the project file is applied, not when mail is sent.

mod names;

use super::address;
use super::template::{Part, parts, render_part};
use super::variables::{self, Example};
use crate::project::file::EmailTemplate;
use crate::project::snapshot::Project;

/// What is wrong with a template: the key in it, and what is allowed there.
pub type Problem = (&'static str, String);

/// Looks at every name in each part, wherever it stands, and fills it in for somebody who answered nothing and somebody
/// who answered everything.
pub fn check(template: &EmailTemplate, project: &Project) -> Vec<Problem> {
    let names = variables::names(project);
    parts(template)
        .flat_map(|(part, source)| {
            let rules = check_part(part, source, project, &names);
            rules.into_iter().map(move |rule| (part.key(), rule))
        })
        .collect()
}

fn check_part(part: Part, source: &str, project: &Project, names: &[String]) -> Vec<String> {
    let problems = names::problems(source, names);
    if !problems.is_empty() {
        return problems;
    }
    [Example::Empty, Example::Full]
        .into_iter()
        .find_map(|example| try_out(part, source, project, example).err())
        .into_iter()
        .collect()
}

fn unknown_variable(name: &str, names: &[String]) -> String {
    let nearest = names
        .iter()
        .min_by_key(|known| strsim::damerau_levenshtein(name, known));
    let nearest = nearest.map_or("", String::as_str);
    format!("must not name {name}, which is unknown; the nearest known variable is {nearest}")
}

fn try_out(part: Part, source: &str, project: &Project, example: Example) -> Result<(), String> {
    let key = part.key();
    let without_key = |rule: String| match rule.strip_prefix(key) {
        Some(rule) => rule.trim_start().to_owned(),
        None => rule,
    };
    let values = variables::of_example(project, example);
    let rendered = render_part(part, source, &values).map_err(without_key)?;
    if part == Part::To {
        address::parse(&rendered)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
