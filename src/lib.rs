//! clogin: accounts and registration for teams whose project front ends send JSON.
//!
//! Where things are:
//!
//! - [`http`] translates requests and answers, and decides nothing; `http/mod.rs` lists the surfaces with their URLs.
//! - [`actions`] decides: one file an operation.
//! - [`users`] knows the person; [`project`] what an organization has set up.
//! - [`orders`] is carts, stock and payments; [`triggers`] conditions and effects.
//! - [`mail`] fills in templates, keeps the outbox and sends.
//! - [`events`] tells what calls did.
//! - [`check`] verifies a database.
//! - [`worker`] is what runs beside the calls; [`retention`] deletes what is kept for a time only.
//! - [`db`] asks the database.
//! - [`app`] holds what all of them need; [`config`] is the only reader of the environment; [`cli`] the command line.
//!
//! `ARCHITECTURE.md` walks through a call.

pub mod actions;
pub mod app;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod events;
pub mod http;
pub mod ids;
pub mod json;
pub mod lenient;
pub mod mail;
pub mod money;
pub mod orders;
pub mod project;
pub mod retention;
pub mod triggers;
pub mod users;
pub mod worker;
