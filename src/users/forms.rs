//! Which forms a user has, and which of them are completed.
//!
//! A user has every form of its level that is added on registration, and those that were added to it. A completed form
//! stays completed when the project changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::ids::FormId;
use crate::project::file::{AddedOn, Completion, Field, Form};
use crate::project::snapshot::Project;

/// What a registration keeps of its forms; everything else follows from the project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FormState {
    /// Forms that the user has beside those of its level.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<FormId>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub completed: BTreeMap<FormId, Timestamp>,
}

impl FormState {
    pub fn has(&self, form: &Form, is_child: bool) -> bool {
        let by_registration =
            form.added_on == AddedOn::Registration && form.level.includes(is_child);
        by_registration || self.added.contains(&form.id)
    }

    /// The user's forms, in the order of the project.
    pub fn forms<'a>(
        &'a self,
        project: &'a Project,
        is_child: bool,
    ) -> impl Iterator<Item = &'a Form> {
        project
            .group
            .forms
            .iter()
            .filter(move |form| self.has(form, is_child))
    }

    /// Completes the forms that a call submits: those of which it set an answer and that lack no required one.
    pub fn submit(
        &mut self,
        project: &Project,
        answers: &Map<String, Value>,
        touched: &[FormId],
        now: Timestamp,
    ) {
        let submitted = project.group.forms.iter().filter(|form| {
            form.completion == Completion::Filled
                && touched.contains(&form.id)
                && missing(form, answers).next().is_none()
        });
        for form in submitted {
            self.completed.entry(form.id).or_insert(now);
        }
    }
}

/// The required fields of a form that have no answer.
pub fn missing<'a>(
    form: &'a Form,
    answers: &'a Map<String, Value>,
) -> impl Iterator<Item = &'a Field> {
    form.fields
        .iter()
        .filter(|field| field.required && !answers.contains_key(&field.id))
}

/// The form counters of `meta_info`: `action-api.md`, Answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FormCounts {
    pub total: Count,
    /// Of those that the user can see: not admin-only.
    pub visible: Count,
    /// Of the visible ones.
    pub mandatory: Count,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub forms: u32,
    pub completed: u32,
}

impl Count {
    fn add(&mut self, completed: bool) {
        self.forms += 1;
        self.completed += u32::from(completed);
    }
}

pub fn count(state: &FormState, project: &Project, is_child: bool) -> FormCounts {
    let mut counts = FormCounts::default();
    for form in state.forms(project, is_child) {
        let completed = state.completed.contains_key(&form.id);
        counts.total.add(completed);
        if !form.admin_only {
            counts.visible.add(completed);
            if form.mandatory {
                counts.mandatory.add(completed);
            }
        }
    }
    counts
}
