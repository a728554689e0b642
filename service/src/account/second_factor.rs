//! A second factor: codes that change every thirty seconds (RFC 6238), each taken once, and ten recovery
//! codes for who lost what computes them.

use super::attempt::{self, Client};
use super::password::prove;
use crate::clock::machine_now;
use crate::context::{Context, Tx};
use crate::error::ActResult;
use crate::journal::Entry;
use crate::policy::{self, Act, Place};
use crate::token::hash;
use domain::Refusal;
use entity::ids::{AccountId, SignInAttemptId};
use entity::kind::AttemptPurpose;
use entity::{account, recovery_code, second_factor};
use rand::RngExt;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QuerySelect,
};
use totp_rs::{Builder, Totp};

/// Of a secret, in bytes: what RFC 4226 recommends.
const SECRET_LENGTH: usize = 20;
const RECOVERY_CODES: usize = 10;
/// Of a recovery code, without its dash: 50 bits.
const RECOVERY_LENGTH: usize = 10;
/// What an authenticator shows beside the account.
const ISSUER: &str = "CléA Habilitations";

/// What an authenticator is set up with; shown once.
#[derive(Debug, Clone)]
pub struct Secret {
    /// In base 32, to type in.
    pub secret: String,
    /// As an `otpauth://` address, to show as a QR code.
    pub uri: String,
}

fn totp(secret: Vec<u8>, account: &str) -> ActResult<Totp> {
    let built = Builder::new()
        .with_secret(secret)
        // A colon would end the issuer's name.
        .with_account_name(account.replace(':', ""))
        .with_issuer(Some(ISSUER))
        .build();
    Ok(built.map_err(|error| anyhow::anyhow!("second factor: {error}"))?)
}

/// Makes a secret for the account that asks, who shows its password; again, another takes its place until a
/// first code confirms it.
pub async fn begin(ctx: &Context, password: &str, client: &Client) -> ActResult<Secret> {
    policy::require(&ctx.actor, Act::BeginSecondFactor, &Place::default())?;
    let account = prove(ctx, ("password", password), client).await?;
    let secret: [u8; SECRET_LENGTH] = rand::rng().random();
    ctx.run(Act::BeginSecondFactor, |tx| begin_in(tx, &account, secret)).await
}

async fn begin_in(
    tx: Tx,
    account: &account::Model,
    secret: [u8; SECRET_LENGTH],
) -> ActResult<(Secret, Option<Entry>)> {
    account::Entity::find_by_id(account.id).lock_exclusive().one(tx.conn()).await?;
    second_factor::Entity::delete_many()
        .filter(second_factor::Column::AccountId.eq(account.id))
        .filter(second_factor::Column::ConfirmedAt.is_null())
        .exec(tx.conn())
        .await?;
    if second_factor::Entity::find_by_id(account.id).one(tx.conn()).await?.is_some() {
        return Err(exists().into());
    }
    let row = second_factor::ActiveModel {
        account_id: Set(account.id),
        secret: Set(secret.to_vec()),
        last_step: Set(0),
        created_at: Set(machine_now()),
        confirmed_at: Set(None),
    };
    second_factor::Entity::insert(row).exec_without_returning(tx.conn()).await?;
    let totp = totp(secret.to_vec(), &account.email)?;
    let uri = totp.to_url().map_err(|error| anyhow::anyhow!("second factor: {error}"))?;
    Ok((Secret { secret: totp.secret().to_base32(), uri }, None))
}

fn exists() -> Refusal {
    Refusal::new("SECOND_FACTOR_EXISTS", "Ce compte a déjà un second facteur ; retirez-le d’abord.")
}

/// Confirms the secret by a first code: from then on, signing in asks for one. Answers the recovery codes,
/// shown once.
pub async fn confirm(ctx: &Context, code: &str) -> ActResult<Vec<String>> {
    policy::require(&ctx.actor, Act::ConfirmSecondFactor, &Place::default())?;
    ctx.run(Act::ConfirmSecondFactor, |tx| confirm_in(tx, code)).await
}

async fn confirm_in(tx: Tx, code: &str) -> ActResult<(Vec<String>, Option<Entry>)> {
    let account = tx.account()?;
    let factor = second_factor::Entity::find_by_id(account).lock_exclusive().one(tx.conn()).await?;
    let Some(factor) = factor else {
        let message = "Commencez par préparer un second facteur.";
        return Err(Refusal::new("SECOND_FACTOR_NOT_BEGUN", message).into());
    };
    if factor.confirmed_at.is_some() {
        return Err(exists().into());
    }
    if !take_code(tx.conn(), &factor, code).await? {
        return Err(wrong("code").into());
    }
    second_factor::Entity::update_many()
        .col_expr(second_factor::Column::ConfirmedAt, Expr::value(machine_now()))
        .filter(second_factor::Column::AccountId.eq(account))
        .exec(tx.conn())
        .await?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let rows = codes.iter().map(|code| recovery_code::ActiveModel {
        account_id: Set(account),
        code_hash: Set(recovery_hash(account, code)),
    });
    recovery_code::Entity::insert_many(rows).exec_without_returning(tx.conn()).await?;
    Ok((codes, Some(Entry::new(account, "Second facteur ajouté"))))
}

/// Whether signing in asks for one.
pub async fn is_on(db: &impl ConnectionTrait, account: AccountId) -> ActResult<bool> {
    let factor = second_factor::Entity::find_by_id(account).one(db).await?;
    Ok(factor.is_some_and(|factor| factor.confirmed_at.is_some()))
}

/// Removes the second factor of who shows the password and a code.
pub async fn remove(
    ctx: &Context,
    (password, code): (&str, &str),
    client: &Client,
) -> ActResult<AccountId> {
    policy::require(&ctx.actor, Act::RemoveSecondFactor, &Place::default())?;
    let account = prove(ctx, ("password", password), client).await?;
    // Looked at before the code is counted: who has nothing to remove did not fail.
    if !is_on(ctx.db(), account.id).await? {
        return Err(unknown().into());
    }
    // A code is tried as often as a password is, no more.
    let purpose = AttemptPurpose::SignIn;
    let attempt = attempt::count(&ctx.app, purpose, &account.email, client).await?;
    ctx.run(Act::RemoveSecondFactor, |tx| remove_in(tx, account.id, code, attempt)).await
}

async fn remove_in(
    tx: Tx,
    account: AccountId,
    code: &str,
    attempt: SignInAttemptId,
) -> ActResult<(AccountId, Option<Entry>)> {
    let factor = second_factor::Entity::find_by_id(account).lock_exclusive().one(tx.conn()).await?;
    let factor = factor.filter(|factor| factor.confirmed_at.is_some()).ok_or_else(unknown)?;
    take(tx.conn(), &factor, code).await?;
    attempt::forgive(tx.conn(), attempt).await?;
    forget(tx.conn(), account).await?;
    Ok((account, Some(Entry::new(account, "Second facteur retiré"))))
}

fn unknown() -> Refusal {
    Refusal::new("SECOND_FACTOR_UNKNOWN", "Ce compte n’a pas de second facteur.")
}

/// Removes whatever an account has of a second factor.
pub(super) async fn forget(db: &impl ConnectionTrait, account: AccountId) -> ActResult<()> {
    recovery_code::Entity::delete_many()
        .filter(recovery_code::Column::AccountId.eq(account))
        .exec(db)
        .await?;
    second_factor::Entity::delete_by_id(account).exec(db).await?;
    Ok(())
}

/// Takes a code of the second factor, or a recovery code; refused when it is neither, or was taken before.
pub(super) async fn take(
    db: &impl ConnectionTrait,
    factor: &second_factor::Model,
    code: &str,
) -> ActResult<()> {
    if take_code(db, factor, code).await? {
        return Ok(());
    }
    let used = recovery_code::Entity::delete_many()
        .filter(recovery_code::Column::AccountId.eq(factor.account_id))
        .filter(recovery_code::Column::CodeHash.eq(recovery_hash(factor.account_id, code)))
        .exec(db)
        .await?;
    if used.rows_affected == 1 { Ok(()) } else { Err(wrong("code").into()) }
}

/// Whether the code is right and of a later step than the last one taken, which it becomes: of two requests
/// with one code, one takes it.
async fn take_code(
    db: &impl ConnectionTrait,
    factor: &second_factor::Model,
    code: &str,
) -> ActResult<bool> {
    use second_factor::Column;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).take(20).collect();
    let now = u64::try_from(machine_now().timestamp()).unwrap_or(0);
    let step = totp(factor.secret.clone(), "")?.check(&code, now);
    let Some(step) = step.and_then(|step| i64::try_from(step).ok()) else { return Ok(false) };
    let later = Condition::all()
        .add(Column::AccountId.eq(factor.account_id))
        .add(Column::LastStep.lt(step));
    let taken = second_factor::Entity::update_many()
        .col_expr(Column::LastStep, Expr::value(step))
        .filter(later)
        .exec(db)
        .await?;
    Ok(taken.rows_affected == 1)
}

fn wrong(field: &'static str) -> Refusal {
    let message = "Ce code n’est pas le bon, ou il a déjà servi.";
    Refusal::new("SECOND_FACTOR_WRONG", message).at([field])
}

/// Two groups of five letters and digits, none taken for another.
fn recovery_code() -> String {
    let token: String = crate::token::random().chars().take(RECOVERY_LENGTH).collect();
    let (left, right) = token.split_at(RECOVERY_LENGTH / 2);
    format!("{left}-{right}")
}

/// What is kept of a recovery code: of this account's, whatever stands between its letters.
fn recovery_hash(account: AccountId, code: &str) -> String {
    let typed: String =
        code.chars().filter(char::is_ascii_alphanumeric).take(2 * RECOVERY_LENGTH).collect();
    hash(format!("{account}:{}", typed.to_lowercase()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_known_however_it_is_typed() {
        let (account, code) = (AccountId::new(), recovery_code());
        assert_eq!(code.len(), RECOVERY_LENGTH + 1);
        let typed = format!(" {} ", code.to_uppercase().replace('-', " "));
        assert_eq!(recovery_hash(account, &typed), recovery_hash(account, &code));
        assert_ne!(recovery_hash(AccountId::new(), &code), recovery_hash(account, &code));
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1: at 59 s, 94287082; its last six digits.
        let totp =
            totp(b"12345678901234567890".to_vec(), "ada:lovelace@exemple.fr").expect("built");
        assert_eq!(totp.check("287082", 59), Some(1));
        assert_eq!(totp.check("287083", 59), None);
        let uri = totp.to_url().expect("an address");
        assert!(
            uri.starts_with("otpauth://totp/Cl%C3%A9A%20Habilitations:adalovelace%40exemple.fr?")
        );
    }
}
