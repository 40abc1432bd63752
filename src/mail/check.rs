//! Whether a template can be filled in for everybody: seen when the project file is applied, not when mail is sent.

use super::address;
use super::template::{JINJA, Part, parts, render_part, sentence};
use super::variables::{self, Example};
use crate::project::file::EmailTemplate;
use crate::project::snapshot::Project;

/// What is wrong with a template: the key in it, and what is allowed there.
pub type Problem = (&'static str, String);

/// Compiles each part, looks at every name in it, and fills it in for somebody who answered nothing and somebody who
/// answered everything.
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
    let compiled = match JINJA.template_from_named_str(part.key(), source) {
        Ok(compiled) => compiled,
        Err(error) => return vec![sentence(&error)],
    };
    let mut used: Vec<_> = compiled.undeclared_variables(true).into_iter().collect();
    used.sort_unstable();
    let unknown: Vec<_> = used
        .iter()
        .filter(|name| !is_known(name, names))
        .map(|name| unknown_variable(name, names))
        .collect();
    if !unknown.is_empty() {
        return unknown;
    }
    [Example::Empty, Example::Full]
        .into_iter()
        .find_map(|example| try_out(part, source, project, example).err())
        .into_iter()
        .collect()
}

/// `user` alone comes from `user["some-id"]`: whether that is there shows when it is filled in.
fn is_known(name: &str, names: &[String]) -> bool {
    names.iter().any(|known| known == name)
        || ["user", "meta_info", "group"].contains(&name)
        || JINJA.globals().any(|(global, _)| global == name)
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
