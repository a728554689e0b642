//! What the mail server shows to be believed.

use service::token::hash;
use std::fmt;
use subtle::ConstantTimeEq;

/// Shortest secret, in characters.
const SHORTEST_SECRET: usize = 16;

/// What the mail server shows to be believed; only its hash is kept.
#[derive(Clone)]
pub struct BounceSecret(String);

impl BounceSecret {
    /// A secret of sixteen characters at least; none for a shorter one.
    pub fn new(secret: &str) -> Option<Self> {
        (secret.chars().count() >= SHORTEST_SECRET).then(|| Self(hash(secret.as_bytes())))
    }

    /// Whether it is the same, in a time that does not tell how much of it is.
    pub(super) fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(hash(given.as_bytes()).as_bytes()).into()
    }
}

impl fmt::Debug for BounceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BounceSecret(***)")
    }
}
