mod any_document;
mod auth;
mod bad_input;
mod client_users;
mod cors;
mod limits;
mod log;
mod urls;
