//! What an organization has set up: the project file, how it is applied, and the snapshot that every call reads.
//!
//! A file goes this way: [`check::parse`], then [`apply::apply`], which reads what is there (`existing`), checks the
//! file against it ([`check`]), makes a `plan` and the `people` of the file, and carries both out
//! in one transaction (`carry_out`).

pub mod action_names;
pub mod admins;
pub mod apply;
pub mod calendar;
mod carry_out;
pub mod check;
pub(crate) mod definition;
mod existing;
pub mod export;
pub mod file;
pub mod follow;
mod items;
mod people;
mod plan;
pub mod problem;
mod product;
pub mod snapshot;
mod steps;
pub mod token;
pub mod trigger;
