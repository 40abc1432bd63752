//! Tokens of API admins: only their hash is kept.

use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal digits: what the database and the snapshot hold of a token.
pub fn token_sha256(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
