mod create;
mod get_info;
mod group;
mod idempotency;
