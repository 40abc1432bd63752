//! The project file: its types, with their defaults; those of a project's lists are in `items.rs`, `product.rs`
//! and `trigger.rs`. What serde cannot
//! say is checked in `check.rs`.
//! The JSON Schema that `clogin schema project` prints is made from these types.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::action_names::PUBLISHABLE_ACTIONS;
pub use super::items::{AddedOn, Completion, EmailTemplate, Field, FieldType, Form, Level, Status};
pub use super::product::{Category, Interval, Product, ProductType, Recurring};
use super::trigger::Trigger;
use crate::db::config::ItemKind;
use crate::ids::{AdminId, CloginId, GroupId, OrganizationId, StatusId};
use crate::money::Money;
use crate::orders::payments;

/// What an organization has set up, in one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectFile {
    pub organization: Organization,
    #[serde(default)]
    pub admins: Vec<Admin>,
    #[serde(default)]
    pub groups: Vec<Group>,
    /// People, for fixtures and demos: a user that exists already is left as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<FileUser>,
}

impl ProjectFile {
    /// The ids of all items, in whichever project.
    pub fn item_ids(&self) -> HashSet<(ItemKind, i64)> {
        let of_group = |group| {
            let kinds = ItemKind::ALL.into_iter();
            kinds.flat_map(move |kind| {
                let names = Group::item_names(group, kind).into_iter();
                names.map(move |(id, _)| (kind, id))
            })
        };
        self.groups.iter().flat_map(of_group).collect()
    }
}

/// The JSON Schema of the project file, draft 2020-12.
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<ProjectFile>()
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
    /// The languages of its people; the first is the default.
    #[serde(default = "default_locales")]
    pub locales: Vec<String>,
    /// How much of an event is kept: 1 metadata only, 2 without personal data, 3 all.
    #[serde(default = "default_event_level")]
    #[schemars(range(min = 1, max = 3))]
    pub event_level: u8,
    #[serde(default = "default_event_retention_days")]
    #[schemars(range(min = 1, max = 3650))]
    pub event_retention_days: u32,
}

impl Organization {
    /// The language of people of whom nothing else is known.
    pub fn default_locale(&self) -> &str {
        self.locales.first().map_or("en", String::as_str)
    }
}

fn default_locales() -> Vec<String> {
    vec!["en".to_owned(), "de".to_owned()]
}

fn default_event_level() -> u8 {
    1
}

fn default_event_retention_days() -> u32 {
    90
}

/// An API admin: what a program calls the API with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    pub id: AdminId,
    pub email: String,
    /// 12 to 255 printable ASCII characters. Where it is left out one is made, and printed once.
    #[serde(default, skip_serializing)]
    #[schemars(length(min = 12, max = 255))]
    pub token: Option<String>,
    #[serde(default)]
    pub kind: AdminKind,
    /// The projects that it may name on the action API. On the REST surfaces, which have no projects, a secret admin
    /// reaches all people of its organization, whatever stands here and in `actions`.
    #[serde(default)]
    pub groups: Selection<GroupId>,
    /// Names of actions; `statuses/create` and the like for those of the other endpoints. A publishable admin may have
    /// `create`, `authenticate` and `verify_token`, and has all three by default.
    #[serde(default)]
    pub actions: Selection<String>,
    /// Web origins, such as `https://camp.example`, from which a publishable admin is accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
}

impl Admin {
    /// Whether it may call an action; `"all"` means those that its kind can have.
    pub fn may_call(&self, action: &str) -> bool {
        let by_kind = self.kind == AdminKind::Secret || PUBLISHABLE_ACTIONS.contains(&action);
        let listed = match &self.actions {
            Selection::All(_) => true,
            Selection::Listed(names) => names.iter().any(|name| name == action),
        };
        by_kind && listed
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdminKind {
    /// For servers.
    #[default]
    Secret,
    /// For browsers: everybody can read it there.
    Publishable,
}

/// `"all"`, or a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Selection<T> {
    All(All),
    Listed(Vec<T>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum All {
    All,
}

/// By hand: what serde derives says of a bad item only where the list stands.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Selection<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AllOrList<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for AllOrList<T> {
            type Value = Selection<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("\"all\" or a list")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                match text {
                    "all" => Ok(Selection::default()),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(Selection::Listed)
            }
        }

        deserializer.deserialize_any(AllOrList(PhantomData))
    }
}

impl<T> Default for Selection<T> {
    fn default() -> Self {
        Selection::All(All::All)
    }
}

impl<T: PartialEq> Selection<T> {
    pub fn contains(&self, item: &T) -> bool {
        match self {
            Selection::All(_) => true,
            Selection::Listed(items) => items.contains(item),
        }
    }
}

/// A project. Its lists are rows of their own in the database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub id: GroupId,
    pub name: String,
    #[serde(default)]
    pub structure: Structure,
    #[serde(default)]
    pub settings: Settings,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<Form>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<Product>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<Status>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email_templates: Vec<EmailTemplate>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
}

impl Group {
    /// The ids and names of its items of a kind, in order.
    pub fn item_names(&self, kind: ItemKind) -> Vec<(i64, &str)> {
        match kind {
            ItemKind::Form => names(&self.forms, |form| (form.id.0, &form.name)),
            ItemKind::Category => names(&self.categories, |item| (item.id, &item.name)),
            ItemKind::Product => names(&self.products, |item| (item.id, &item.name)),
            ItemKind::Status => names(&self.statuses, |status| (status.id.0, &status.name)),
            ItemKind::EmailTemplate => names(&self.email_templates, |item| (item.id, &item.name)),
            ItemKind::Trigger => names(&self.triggers, |item| (item.id, &item.name)),
        }
    }
}

fn names<T>(items: &[T], name: fn(&T) -> (i64, &String)) -> Vec<(i64, &str)> {
    items
        .iter()
        .map(|item| {
            let (id, name) = name(item);
            (id, name.as_str())
        })
        .collect()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Structure {
    #[default]
    Individual,
    /// Parents with children.
    Family,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether the domain of a main e-mail is looked up: it is refused when it does not exist or takes no mail.
    pub dns_check: bool,
    /// Whether a given username must have the form of an e-mail.
    pub username_is_email: bool,
    #[schemars(range(min = 6, max = 128))]
    pub password_min_length: u32,
    #[schemars(range(min = 1, max = 1440))]
    pub login_token_minutes: u32,
    /// The sender of the project's e-mails: `Camp <camp@example.org>`.
    pub from: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// IANA, such as `Europe/Berlin`.
    pub time_zone: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            dns_check: true,
            username_is_email: true,
            password_min_length: 8,
            login_token_minutes: 15,
            from: None,
            currency: "USD".to_owned(),
            time_zone: "UTC".to_owned(),
        }
    }
}

/// A person, and where it is registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileUser {
    pub clogin_id: CloginId,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub password: Option<String>,
    #[serde(default)]
    pub first_name: String,
    #[serde(default)]
    pub last_name: String,
    #[serde(default)]
    pub org_name: String,
    #[serde(default)]
    pub main_email: Option<String>,
    #[serde(default)]
    pub registrations: Vec<FileRegistration>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileRegistration {
    pub group_id: GroupId,
    /// The parent, of a child.
    #[serde(default)]
    pub connected_to: Option<CloginId>,
    #[serde(default)]
    pub status: Option<StatusId>,
    /// By field id or name, as the action `create` takes them.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub answers: Map<String, Value>,
    /// What is in its cart, by the rules of `add_product`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cart: Vec<FileCartLine>,
    /// What was paid, by the rules of `add_payment`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<FilePayment>,
}

/// What was paid, or given back; in the project's currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilePayment {
    pub amount: Money,
    #[serde(default)]
    pub kind: payments::Kind,
    #[serde(default)]
    pub status: payments::Status,
    #[serde(default)]
    pub reference: Option<String>,
    /// RFC 3339, or a date.
    #[serde(default)]
    pub paid_at: Option<String>,
}

/// A product in a cart, at its price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileCartLine {
    pub p_id: i64,
    /// How many.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 9999))]
    pub q: i64,
}

fn one() -> i64 {
    1
}
