//! What a project is set up with: forms and their fields, statuses and e-mail templates.
//! Categories and products are in `product.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{FormId, StatusId};

/// Whom a form or a product is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Parents and individuals.
    Parent,
    Child,
    #[default]
    Both,
}

impl Level {
    pub fn includes(self, is_child: bool) -> bool {
        match self {
            Level::Parent => !is_child,
            Level::Child => is_child,
            Level::Both => true,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub id: FormId,
    pub name: String,
    #[serde(default)]
    pub level: Level,
    #[serde(default = "yes")]
    pub mandatory: bool,
    #[serde(default)]
    pub admin_only: bool,
    #[serde(default)]
    pub added_on: AddedOn,
    #[serde(default)]
    pub completion: Completion,
    #[serde(default)]
    pub fields: Vec<Field>,
}

fn yes() -> bool {
    true
}

/// When a user gets a form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddedOn {
    #[default]
    Registration,
    Trigger,
}

/// What completes a form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// A call that sets one of its answers, when no required one is missing then.
    #[default]
    Filled,
    /// Only an admin, by hand: no answer completes it.
    Admin,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Letters, digits, `_` and `-`; unique in the project.
    pub id: String,
    /// What the front end calls it; unique in the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default, rename = "type")]
    pub field_type: FieldType,
    #[serde(default)]
    pub required: bool,
    /// What a choice can be; may hold HTML.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

impl Field {
    /// The label, else the name, else the id.
    pub fn label(&self) -> &str {
        self.label
            .as_deref()
            .or(self.name.as_deref())
            .unwrap_or(&self.id)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    #[default]
    Text,
    Textarea,
    Integer,
    Decimal,
    Date,
    Email,
    Phone,
    YesNo,
    SingleChoice,
    MultipleChoice,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Status {
    pub id: StatusId,
    pub name: String,
    /// `#rrggbb`
    #[serde(default = "grey")]
    pub color: String,
    /// Takes its users out of the normal list and their orders out of totals.
    #[serde(default)]
    pub is_excluded: bool,
}

fn grey() -> String {
    "#808080".to_owned()
}

/// An e-mail; its texts are Jinja templates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailTemplate {
    pub id: i64,
    pub name: String,
    #[serde(default)]
    pub to: String,
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub body_html: String,
    /// Made from the HTML where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_text: Option<String>,
}
