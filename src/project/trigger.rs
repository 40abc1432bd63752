//! Triggers, as the project file writes them: a condition over a user's state, and an effect.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::calendar::deserialize_date;
use crate::ids::{FormId, StatusId};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    pub id: i64,
    pub name: String,
    /// Whether the effect is undone when the conditions stop being true: by default only for the product actions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverse_trigger: Option<bool>,
    #[serde(default)]
    pub andor: AndOr,
    pub conditions: Vec<Condition>,
    pub action: Effect,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AndOr {
    #[default]
    And,
    Or,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "on", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// An answer: equal to `value`, or among `one_of`, or within the bounds.
    Field {
        field: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        one_of: Option<Vec<String>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_least: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_most: Option<String>,
    },
    /// A product is in the cart.
    ProductAdded {
        product: i64,
    },
    /// The user has this status.
    Status {
        status: StatusId,
    },
    // Braces without fields: else serde passes over keys that are unknown.
    /// The call registers a parent or an individual.
    UserRegistered {},
    /// The call registers a child.
    ChildCreated {},
    /// The number of the parent's children.
    Children {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_least: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_most: Option<u32>,
    },
    FormCompleted {
        form: FormId,
    },
    /// Something was ordered, and all of it is paid.
    BalanceClosed {},
    /// Whole years from the date in `field` to `on_date`, a fixed day, so that no condition changes by time passing.
    Age {
        field: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_least: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_most: Option<u32>,
        #[serde(deserialize_with = "deserialize_date")]
        on_date: chrono::NaiveDate,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    AddProductNoShow {
        products: Vec<i64>,
    },
    AddProduct {
        products: Vec<i64>,
    },
    ShowProdInList {
        products: Vec<i64>,
    },
    RemoveProdFromList {
        products: Vec<i64>,
    },
    AddForm {
        form: FormId,
    },
    SetStatus {
        status: StatusId,
    },
    SendEmail {
        template: i64,
        /// Sends again whenever the conditions come true again.
        #[serde(default)]
        repeat: bool,
    },
}

impl Trigger {
    /// Whether it is undone when its conditions stop being true: by default only for the product actions.
    pub fn is_reversed(&self) -> bool {
        self.reverse_trigger
            .unwrap_or(!self.action.products().is_empty())
    }
}

impl Effect {
    /// The products of the four product actions.
    pub fn products(&self) -> &[i64] {
        match self {
            Effect::AddProductNoShow { products }
            | Effect::AddProduct { products }
            | Effect::ShowProdInList { products }
            | Effect::RemoveProdFromList { products } => products,
            Effect::AddForm { .. } | Effect::SetStatus { .. } | Effect::SendEmail { .. } => &[],
        }
    }
}
