//! Tokens of API admins: only their hash is stored.

use sha2::{Digest, Sha256};

/// In characters.
pub const LENGTHS: std::ops::RangeInclusive<usize> = 12..=255;

/// The form in which a token is stored and looked for: SHA-256, in hexadecimal digits. A token is random or long, so
/// that a slow hash would protect nothing, and every call would wait for it.
pub fn token_sha256(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Whether somebody may choose this token: 12 to 255 printable ASCII characters without spaces.
pub fn is_valid(token: &str) -> bool {
    LENGTHS.contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
}
