//! Passwords: what they must be, hashed with argon2id, and checked at the same cost whoever asks.

use super::attempt::{self, Client};
use crate::context::Context;
use crate::error::ActResult;
use crate::policy;
use argon2::Argon2;
use argon2::password_hash::{
    PasswordHash, PasswordHasher, PasswordVerifier, SaltString, rand_core::OsRng,
};
use domain::{Refusal, Refusals};
use entity::account;
use entity::kind::AttemptPurpose;
use sea_orm::EntityTrait;
use std::sync::LazyLock;
use tokio::sync::Semaphore;

const SHORTEST: usize = 12;
const LONGEST: usize = 200;
/// A hash of the shape that ours have, of no password: what is checked when there is no account.
const OF_NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                         $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// One at a time per processor: each takes 19 MiB and a processor for some tens of milliseconds.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| {
    Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
});

/// The refusal of a password that is too short or too long; none when it may be taken.
pub(super) fn too_weak(field: &'static str, password: &str) -> Refusals {
    let length = password.chars().count();
    if (SHORTEST..=LONGEST).contains(&length) {
        return Refusals::new();
    }
    let message = "Le mot de passe compte de 12 à 200 caractères.";
    vec![Refusal::new("PASSWORD_TOO_WEAK", message).at([field])]
}

/// What is kept of a password.
pub(super) async fn hashed(password: String) -> ActResult<String> {
    let hashed = in_turn(move || {
        let salt = SaltString::generate(&mut OsRng);
        Argon2::default().hash_password(password.as_bytes(), &salt).map(|h| h.to_string())
    });
    Ok(hashed.await?.map_err(|error| anyhow::anyhow!("password hashing: {error}"))?)
}

/// Whether the password is right: one check whether there is an account or not, so that both take the
/// same time.
pub(super) async fn is_right(password: &str, hash: Option<String>) -> ActResult<bool> {
    let password: String = password.chars().take(LONGEST + 1).collect();
    telemetry::metrics::password_check();
    in_turn(move || {
        let known = hash.as_deref().and_then(|hash| PasswordHash::new(hash).ok());
        let nobody = known.is_none();
        let hash = known.or_else(|| PasswordHash::new(OF_NOBODY).ok());
        let argon = Argon2::default();
        let right = hash.is_some_and(|h| argon.verify_password(password.as_bytes(), &h).is_ok());
        right && !nobody
    })
    .await
}

/// Runs it beside the requests, as many at once as there are processors.
async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> ActResult<T> {
    let _turn = TURNS.acquire().await.map_err(anyhow::Error::from)?;
    Ok(tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)?)
}

/// Goes on when it is the account's holder who asks again; counted like a sign-in. Answers the account as
/// it was looked at.
pub(super) async fn prove(
    ctx: &Context,
    (field, password): (&'static str, &str),
    client: &Client,
) -> ActResult<account::Model> {
    let id = ctx.actor.account().ok_or_else(policy::not_signed_in)?;
    let account = account::Entity::find_by_id(id).one(ctx.db()).await?;
    let account = account.ok_or_else(policy::not_signed_in)?;
    let purpose = AttemptPurpose::SignIn;
    let attempt = attempt::count(&ctx.app, purpose, &account.email, client).await?;
    if !is_right(password, Some(account.password_hash.clone())).await? {
        let message = "Ce n’est pas le mot de passe de votre compte.";
        return Err(Refusal::new("PASSWORD_WRONG", message).at([field]).into());
    }
    attempt::forgive(ctx.db(), attempt).await?;
    Ok(account)
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::Params;

    #[test]
    fn nobodys_hash_costs_as_much_as_anybodys() {
        let nobody = PasswordHash::new(OF_NOBODY).expect("of the right shape");
        let params = Params::try_from(&nobody).expect("parameters");
        let ours = Argon2::default();
        assert_eq!(params.m_cost(), ours.params().m_cost());
        assert_eq!(params.t_cost(), ours.params().t_cost());
        assert_eq!(params.p_cost(), ours.params().p_cost());
    }

    #[tokio::test]
    async fn only_the_right_password_is_right() {
        let kept = hashed("un mot de passe long".to_owned()).await.expect("hashed");
        assert!(is_right("un mot de passe long", Some(kept.clone())).await.expect("checked"));
        assert!(!is_right("un autre mot de passe", Some(kept)).await.expect("checked"));
        for nobody in [None, Some("!".to_owned())] {
            assert!(!is_right("", nobody).await.expect("checked"));
        }
    }
}
