//! What an organization has set up: the project file, how it is applied, and the snapshot that every call reads.

pub mod file;
pub mod snapshot;
pub mod token;
pub mod trigger;
