//! The integration tests: HTTP against the real application, on a real database. They run on SQLite, and the same list
//! on PostgreSQL where `CLOGIN_TEST_POSTGRES_URL` names a server.

#[path = "../support/mod.rs"]
mod support;

mod actions;
mod cli;
mod db;
mod durability;
mod events;
mod fixtures;
mod http;
mod isolation;
mod mail;
mod platform;
mod project;
mod rest_users;
mod statements;
mod triggers;
mod users;
