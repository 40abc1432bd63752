//! E-mail templates: Jinja, without includes and macros. A name that is not there is an error.

use std::fmt::Write as _;
use std::sync::LazyLock;

use lettre::message::Mailbox;
use minijinja::value::ValueKind;
use minijinja::{
    AutoEscape, Environment, Output, State, UndefinedBehavior, Value, escape_formatter,
};

use super::{address, text, variables};
use crate::project::file::EmailTemplate;
use crate::users::person::Person;

/// Steps that a template may take: more than any letter needs, and over in a moment. 64 bytes that it writes or makes are
/// a step too, so that it never holds more than 13 MB.
const FUEL: u64 = 200_000;
/// In bytes, of each part that a template renders to.
const MAX_BYTES: usize = 1024 * 1024;
/// In characters.
const MAX_SUBJECT_LENGTH: usize = 1_000;

/// A part of a template: how its values are written depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    To,
    Subject,
    Html,
    Text,
}

impl Part {
    /// The key in the project file.
    pub fn key(self) -> &'static str {
        match self {
            Part::To => "to",
            Part::Subject => "subject",
            Part::Html => "body_html",
            Part::Text => "body_text",
        }
    }
}

/// The parts that a template has.
pub(super) fn parts(template: &EmailTemplate) -> impl Iterator<Item = (Part, &str)> {
    let parts = [
        (Part::To, Some(template.to.as_str())),
        (Part::Subject, Some(template.subject.as_str())),
        (Part::Html, Some(template.body_html.as_str())),
        (Part::Text, template.body_text.as_deref()),
    ];
    parts
        .into_iter()
        .filter_map(|(part, source)| Some((part, source?)))
}

pub(super) static JINJA: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut jinja = Environment::new();
    jinja.set_undefined_behavior(UndefinedBehavior::Strict);
    jinja.set_fuel(Some(FUEL));
    jinja.set_auto_escape_callback(|name| match name {
        "to" => AutoEscape::Custom("address".into()),
        "body_html" => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    jinja.set_formatter(write_value);
    jinja
});

/// A list is written with commas; in an HTML part a value is escaped; in a list of recipients it cannot add another.
fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    let joined;
    let value = if value.kind() == ValueKind::Seq {
        let items: Vec<_> = value.try_iter()?.map(|item| item.to_string()).collect();
        joined = Value::from(items.join(", "));
        &joined
    } else {
        value
    };
    if !matches!(state.auto_escape(), AutoEscape::Custom(_)) {
        return escape_formatter(out, state, value);
    }
    let harmless = |letter: char| !letter.is_control() && !",;:<>()[]\"\\".contains(letter);
    for letter in value.to_string().chars() {
        out.write_char(if harmless(letter) { letter } else { ' ' })?;
    }
    Ok(())
}

/// A template filled in for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Empty: there is nobody to send it to.
    pub to: Vec<Mailbox>,
    /// One line.
    pub subject: String,
    pub html: String,
    pub text: String,
}

/// Fills a template in.
///
/// # Errors
///
/// A sentence for whoever wrote the template.
pub fn render(template: &EmailTemplate, person: &Person) -> Result<Rendered, String> {
    let values = variables::of_person(person).map_err(|error| error.to_string())?;
    let part = |part: Part, source: &str| render_part(part, source, &values);
    let to = part(Part::To, &template.to)?;
    let html = part(Part::Html, &template.body_html)?;
    let text = match &template.body_text {
        Some(source) => part(Part::Text, source)?,
        None => text::from_html(&html),
    };
    let subject = one_line(&part(Part::Subject, &template.subject)?);
    Ok(Rendered {
        to: address::parse(&one_line(&to)).map_err(|rule| format!("to {rule}"))?,
        subject: subject.chars().take(MAX_SUBJECT_LENGTH).collect(),
        html,
        text,
    })
}

pub(super) fn render_part(part: Part, source: &str, values: &Value) -> Result<String, String> {
    let key = part.key();
    let rendered = JINJA
        .render_named_str(key, source, values.clone())
        .map_err(|error| sentence(&error))
        .and_then(|rendered| match rendered.len() {
            0..=MAX_BYTES => Ok(rendered),
            _ => Err(format!("renders to more than {MAX_BYTES} bytes")),
        });
    rendered.map_err(|rule| format!("{key} {rule}"))
}

/// What Jinja says, on one line and without its own name for the part.
pub(super) fn sentence(error: &minijinja::Error) -> String {
    let detail = error
        .detail()
        .map(|detail| format!(": {detail}"))
        .unwrap_or_default();
    let line = error
        .line()
        .map(|line| format!(" (line {line})"))
        .unwrap_or_default();
    one_line(&format!(
        "cannot be rendered: {}{detail}{line}",
        error.kind()
    ))
}

/// Without line breaks or anything else that could end a header.
fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    spaced.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is checked at the end is never large: this would come to gigabytes.
    #[test]
    fn a_template_pays_for_what_it_writes() {
        let values = Value::from_pairs([("a", "x".repeat(64 * 1024))]);
        for source in [
            "{% for i in range(50000) %}{{ a }}{% endfor %}",
            "{% set b %}{% for i in range(50000) %}{{ a }}{% endfor %}{% endset %}",
            "{% set n = namespace(b=a) %}{% for i in range(20) %}{% set n.b = n.b ~ n.b %}{% endfor %}",
            "{{ (a * 1500)|length }}",
        ] {
            let rule = render_part(Part::Text, source, &values).unwrap_err();
            assert!(rule.contains("fuel"), "{source}: {rule}");
        }
    }
}
