//! Which keys are asked for.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::db::carts::CartLine;
use crate::error::{Error, FieldError};
use crate::lenient;
use crate::project::calendar;
use crate::project::snapshot::Project;
use crate::users::{profile, submission};

/// What is asked for, in the order of the request.
#[derive(Clone, Default)]
pub(in crate::actions) struct Wanted {
    pub(super) keys: Vec<String>,
    pub(super) cart: CartFilter,
    /// Which day it is in the project.
    pub(super) today: NaiveDate,
}

/// `_usercart`: true, or an object that says which lines.
#[derive(Clone, Copy, Default)]
pub(super) struct CartFilter {
    product: Option<i64>,
    category: Option<i64>,
}

impl Wanted {
    /// Reads the keys with a true value; `others` are read elsewhere.
    ///
    /// # Errors
    ///
    /// 404 `field_not_found`, with all unknown keys, else 422.
    pub fn read(
        project: &Project,
        doc: &Map<String, Value>,
        others: &[&str],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut wanted = Wanted {
            today: calendar::today(&project.group.settings, now),
            ..Wanted::default()
        };
        let mut errors = Vec::new();
        for (key, value) in doc
            .iter()
            .filter(|(key, _)| !others.contains(&key.as_str()))
        {
            let path = format!("doc.{key}");
            if let ("_usercart", Value::Object(filter)) = (key.as_str(), value) {
                match CartFilter::read(filter, &path) {
                    Ok(filter) => wanted.cart = filter,
                    Err(error) => errors.push(error),
                }
                wanted.keys.push(key.clone());
                continue;
            }
            match lenient::flag(Some(value)) {
                Ok(None | Some(false)) => {}
                Ok(Some(true)) if is_readable(project, key) => wanted.keys.push(key.clone()),
                Ok(Some(true)) => errors.push(submission::unknown_field(path)),
                Err(rule) => errors.push(FieldError::new(path, "invalid", rule)),
            }
        }
        if errors.is_empty() {
            Ok(wanted)
        } else {
            Err(submission::refusal(errors))
        }
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether other rows than the person's own have to be read.
    pub fn needs_more_rows(&self) -> bool {
        [
            "_family",
            "_usercart",
            "_userproducts",
            "_userpayments",
            "_emails",
        ]
        .into_iter()
        .any(|key| self.has(key))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|wanted| wanted == key)
    }
}

impl CartFilter {
    fn read(filter: &Map<String, Value>, path: &str) -> Result<Self, FieldError> {
        if let Some(key) = filter
            .keys()
            .find(|key| !["p_id", "category"].contains(&key.as_str()))
        {
            let rule = "is unknown; known are p_id and category";
            return Err(FieldError::new(
                format!("{path}.{key}"),
                "unknown_parameter",
                rule,
            ));
        }
        let id = |key: &str| {
            lenient::id(filter.get(key))
                .map_err(|rule| FieldError::new(format!("{path}.{key}"), "invalid", rule))
        };
        Ok(CartFilter {
            product: id("p_id")?,
            category: id("category")?,
        })
    }

    pub(super) fn takes(self, project: &Project, line: &CartLine) -> bool {
        let category = || project.product(line.product_id?)?.category;
        self.product
            .is_none_or(|product| line.product_id == Some(product))
            && self
                .category
                .is_none_or(|wanted| category() == Some(wanted))
    }
}

fn is_readable(project: &Project, key: &str) -> bool {
    matches!(
        key,
        "_allfields"
            | "_userforms"
            | "_family"
            | "_usercart"
            | "_userproducts"
            | "_userpayments"
            | "_utm"
            | "_emails"
    ) || profile::READABLE.contains(&key)
        || project.field(key).is_some()
}
