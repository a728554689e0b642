//! Secrets that open something: how they are made, and the hash that is kept in their place.

use rand::RngExt;
use sha2::{Digest, Sha256};

const TOKEN_ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Of a token: 26 digits of 5 bits.
const TOKEN_LENGTH: usize = 26;

/// A text of 128 random bits and more, for a link.
pub(crate) fn random() -> String {
    let mut rng = rand::rng();
    (0..TOKEN_LENGTH).map(|_| char::from(TOKEN_ALPHABET[rng.random_range(0..32)])).collect()
}

/// SHA-256 in lower-case hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}
