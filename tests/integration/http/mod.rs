mod any_document;
mod auth;
mod bad_input;
mod clean_up;
mod cors;
mod limits;
mod log;
mod urls;
