//! What a plan is made of.

use super::file::Status;
use crate::db::config::{AdminRow, GroupRow, ItemKind, ItemRow};
use crate::ids::{AdminId, GroupId, StatusId};

#[derive(Clone, Default)]
pub struct Plan {
    /// `+` add, `~` change, `-` remove, `!` a remark that changes nothing.
    pub lines: Vec<String>,
    pub steps: Vec<Step>,
    /// The organization's definition, which is written with every change.
    pub organization: String,
}

#[derive(Clone)]
pub enum Step {
    /// Only the organization itself changes.
    Organization,
    InsertAdmin(AdminRow),
    UpdateAdmin(AdminRow),
    RemoveAdmin(AdminId),
    InsertGroup(GroupRow),
    UpdateGroup(GroupRow),
    /// Refused when anybody is registered in it.
    RemoveGroup(GroupId),
    InsertItem(ItemRow),
    UpdateItem(ItemRow),
    RemoveItem(ItemKind, i64),
    /// Refused when registrations of the project have the status: it is about to go from there.
    FreeStatus(GroupId, StatusId),
    /// Refused when the project has children: it is about to have no families.
    EndFamilies(GroupId),
    /// Takes the users of a status out of the normal list, or back into it.
    Exclude(GroupId, Status),
    /// Sells a product up to a quota, or without one.
    SetQuota(StockStep),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockStep {
    pub product: i64,
    pub quota: Option<i64>,
    pub row: StockRow,
}

/// Whether the stock of a product is kept already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockRow {
    Kept,
    /// What is sold has to be counted.
    New,
}

impl Step {
    /// Whether it is right only while no registration changes, nor its cart.
    ///
    /// A quota that is new begins with a count of what is in carts: a cart that changes meanwhile, unseen, would be in
    /// the count for ever. A status that begins to exclude, or goes, does so for the registrations that are seen: one
    /// that is just getting the status would keep what it was before. Every change of a registration or a cart begins
    /// with the registration's row, so that holding off the writers of that table holds off all of them.
    pub fn needs_still_registrations(&self) -> bool {
        match self {
            Step::FreeStatus(..)
            | Step::EndFamilies(_)
            | Step::Exclude(..)
            | Step::RemoveGroup(_) => true,
            Step::SetQuota(stock) => stock.row == StockRow::New,
            _ => false,
        }
    }
}

/// Where something stands in the order of things: added before removed, and each before what refers to it.
pub fn rank(step: &Step) -> (u8, i64) {
    let place = match step {
        Step::FreeStatus(..) | Step::EndFamilies(_) => 0,
        Step::Organization => 1,
        Step::RemoveAdmin(_) => 2,
        Step::InsertAdmin(_) | Step::UpdateAdmin(_) => 3,
        Step::InsertGroup(_) | Step::UpdateGroup(_) => 4,
        Step::InsertItem(..) | Step::UpdateItem(..) => 5,
        Step::RemoveItem(..) => 6,
        Step::RemoveGroup(_) => 7,
        Step::Exclude(..) => 8,
        Step::SetQuota(_) => 9,
    };
    // Stock is held by product, as carts do it, so that the two never wait for each other.
    match step {
        Step::SetQuota(stock) => (place, stock.product),
        _ => (place, 0),
    }
}
