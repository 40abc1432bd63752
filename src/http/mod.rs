//! Takes the place of the HTTP server until that is merged.

use crate::config::Config;

/// # Errors
///
/// Always: there is no server yet.
#[expect(clippy::unused_async, reason = "the signature of the server")]
pub async fn serve(_: Config) -> Result<(), String> {
    Err("this build has no server".to_owned())
}
