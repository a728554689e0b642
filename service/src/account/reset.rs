//! A new password: by a link sent to the account's address, or by showing the one in use.

use super::attempt::{self, Client};
use super::session::end_all;
use super::{link, open_to, password};
use crate::clock::machine_now;
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure};
use crate::journal::{Deed, Entry};
use crate::policy::{self, Act, Place};
use crate::task::Task;
use chrono::Duration;
use domain::Refusal;
use entity::ids::{AccountId, PasswordResetId};
use entity::kind::AttemptPurpose;
use entity::{account, password_reset};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QuerySelect,
};

/// How long a link to a new password may be used.
pub const RESET_LENGTH: Duration = Duration::hours(1);

/// Has a link to a new password sent to the account of an address. Whether there is one is not even looked
/// at here: a task does, so that the answer and the work are the same.
pub async fn request(ctx: &Context, email: &str, client: &Client) -> ActResult<()> {
    let email = super::sought(email)?;
    ctx.run(Deed::RequestPasswordReset, |tx| request_in(tx, &email, client)).await
}

async fn request_in(tx: Tx, email: &str, client: &Client) -> ActResult<((), Option<Entry>)> {
    attempt::count_in(&tx, AttemptPurpose::PasswordReset, email, client).await?;
    let (id, now) = (PasswordResetId::new(), machine_now());
    password_reset::ActiveModel {
        id: Set(id),
        email: Set(email.to_owned()),
        created_at: Set(now),
        expires_at: Set(now + RESET_LENGTH),
        used_at: Set(None),
    }
    .insert(tx.conn())
    .await?;
    tx.enqueue(Task::ResetPassword { reset: id }).await?;
    Ok(((), None))
}

/// To whom the link of a reset is sent; none where the address has no account that may be used, or the link
/// would open nothing.
pub async fn to_send(ctx: &Context, id: PasswordResetId) -> ActResult<Option<String>> {
    let reset = password_reset::Entity::find_by_id(id).filter(link::open_resets());
    let Some(reset) = reset.one(ctx.db()).await? else { return Ok(None) };
    let of_address = account::Column::Email.eq(reset.email);
    let holder = account::Entity::find().filter(of_address).one(ctx.db()).await?;
    Ok(holder.filter(|account| open_to(&ctx.app, account)).map(|account| account.email))
}

/// Whether a link still leads to a new password. Changes nothing.
pub async fn is_open(app: &crate::context::App, token: &str) -> ActResult<bool> {
    Ok(link::reset(&app.db, token).await?.is_some())
}

/// Gives the account of a link a new password and ends its sessions; the link, and any other sent before,
/// opens nothing any more. Who reads the mails of the address has shown that it is theirs.
pub async fn reset(ctx: &Context, token: &str, new_password: String) -> ActResult<AccountId> {
    if link::reset(ctx.db(), token).await?.is_none() {
        return Err(link::invalid().into());
    }
    ensure(password::too_weak("newPassword", &new_password))?;
    let kept = password::hashed(new_password).await?;
    ctx.run(Deed::ResetPassword, |tx| reset_in(tx, token, &kept)).await
}

async fn reset_in(
    tx: Tx,
    token: &str,
    password_hash: &str,
) -> ActResult<(AccountId, Option<Entry>)> {
    let known = link::reset(tx.conn(), token).await?.ok_or_else(link::invalid)?;
    let of_address = account::Column::Email.eq(known.email.as_str());
    let holder = account::Entity::find().filter(of_address).lock_exclusive().one(tx.conn()).await?;
    let app = &tx.ctx().app;
    let holder = holder.filter(|account| open_to(app, account)).ok_or_else(link::invalid)?;
    // The account's row is held: of two requests with one link, the second finds it used.
    if use_up(tx.conn(), &known.email).await? == 0 {
        return Err(link::invalid().into());
    }
    let id = holder.id;
    let confirmed = holder.confirmed_at.unwrap_or_else(machine_now);
    let mut holder = holder.into_active_model();
    holder.password_hash = Set(password_hash.to_owned());
    holder.confirmed_at = Set(Some(confirmed));
    holder.update(tx.conn()).await?;
    end_all(tx.conn(), id, None).await?;
    let summary = "Mot de passe remplacé par un lien envoyé par courriel";
    Ok((id, Some(Entry::new(id, summary))))
}

/// The links sent to an address open nothing any more; answers how many resets that ended.
async fn use_up(db: &impl ConnectionTrait, email: &str) -> Result<u64, DbErr> {
    let used = password_reset::Entity::update_many()
        .col_expr(password_reset::Column::UsedAt, Expr::value(machine_now()))
        .filter(password_reset::Column::Email.eq(email))
        .filter(password_reset::Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(used.rows_affected)
}

/// Changes the password of who shows the one in use; the account's other sessions end.
pub async fn change(
    ctx: &Context,
    current: &str,
    new_password: String,
    client: &Client,
) -> ActResult<AccountId> {
    policy::require(&ctx.actor, Act::ChangePassword, &Place::default())?;
    ensure(password::too_weak("newPassword", &new_password))?;
    let seen = password::prove(ctx, ("currentPassword", current), client).await?;
    let kept = password::hashed(new_password).await?;
    ctx.run(Act::ChangePassword, |tx| change_in(tx, &seen, &kept)).await
}

async fn change_in(
    tx: Tx,
    seen: &account::Model,
    password_hash: &str,
) -> ActResult<(AccountId, Option<Entry>)> {
    let held = account::Entity::find_by_id(seen.id).lock_exclusive().one(tx.conn()).await?;
    let unchanged = held.filter(|account| account.password_hash == seen.password_hash);
    let Some(holder) = unchanged else {
        let message = "Votre mot de passe vient d’être changé.";
        return Err(Refusal::new("PASSWORD_WRONG", message).at(["currentPassword"]).into());
    };
    let (id, email) = (holder.id, holder.email.clone());
    let mut holder = holder.into_active_model();
    holder.password_hash = Set(password_hash.to_owned());
    holder.update(tx.conn()).await?;
    use_up(tx.conn(), &email).await?;
    end_all(tx.conn(), id, tx.ctx().actor.session()).await?;
    Ok((id, Some(Entry::new(id, "Mot de passe changé"))))
}
