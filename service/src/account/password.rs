//! Passwords: what they must be, hashed with argon2id, and checked at the same cost whoever asks.

use crate::error::ActResult;
use argon2::Argon2;
use argon2::password_hash::{
    PasswordHash, PasswordHasher, PasswordVerifier, SaltString, rand_core::OsRng,
};
use domain::{Refusal, Refusals};

const SHORTEST: usize = 12;
const LONGEST: usize = 200;

/// The refusal of a password that is too short or too long; none when it may be taken.
pub(crate) fn too_weak(field: &'static str, password: &str) -> Refusals {
    let length = password.chars().count();
    if (SHORTEST..=LONGEST).contains(&length) {
        return Refusals::new();
    }
    let message = "Le mot de passe compte de 12 à 200 caractères.";
    vec![Refusal::new("PASSWORD_TOO_WEAK", message).at([field])]
}

/// What is kept of a password.
pub(super) async fn hashed(password: String) -> ActResult<String> {
    let hashed = tokio::task::spawn_blocking(move || {
        let salt = SaltString::generate(&mut OsRng);
        Argon2::default().hash_password(password.as_bytes(), &salt).map(|h| h.to_string())
    });
    let hashed = hashed.await.map_err(anyhow::Error::from)?;
    Ok(hashed.map_err(|error| anyhow::anyhow!("password hashing: {error}"))?)
}

/// Whether the password is right; against a hash of nothing when there is no account, so that
/// both take the same time.
pub(super) async fn is_right(password: &str, hash: Option<String>) -> ActResult<bool> {
    let password: String = password.chars().take(LONGEST + 1).collect();
    let verified = tokio::task::spawn_blocking(move || {
        let known = hash.as_deref().and_then(|h| PasswordHash::new(h).ok());
        let argon = Argon2::default();
        if let Some(known) = known {
            return argon.verify_password(password.as_bytes(), &known).is_ok();
        }
        let salt = SaltString::generate(&mut OsRng);
        let _ = argon.hash_password(password.as_bytes(), &salt);
        false
    });
    Ok(verified.await.map_err(anyhow::Error::from)?)
}
