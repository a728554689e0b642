//! What is no longer of use is removed: it names people.

use crate::clock::machine_now;
use crate::context::Context;
use crate::error::ActResult;
use chrono::Duration;
use entity::{
    account_link, invitation, oidc_attempt, password_reset, session, sign_in_attempt, sign_in_code,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
    QueryTrait,
};

/// How long attempts and used or expired resets and codes are kept: a replay is told from what never was.
const SHORTLY: Duration = Duration::days(1);
/// How long sessions and invitations that ended are: whoever asks what happened can still see it, and
/// where an account was opened from is known for as long.
const FOR_A_WHILE: Duration = Duration::days(90);

/// Removes them, in a number of statements that does not depend on how many there are, and ends the task.
pub(crate) async fn reconcile(ctx: &Context) -> ActResult<()> {
    let now = machine_now();
    let (yesterday, long_ago) = (now - SHORTLY, now - FOR_A_WHILE);
    let tx = ctx.completing().begin().await?;
    sign_in_attempt::Entity::delete_many()
        .filter(sign_in_attempt::Column::At.lt(yesterday))
        .exec(tx.conn())
        .await?;
    oidc_attempt::Entity::delete_many()
        .filter(oidc_attempt::Column::ExpiresAt.lt(yesterday))
        .exec(tx.conn())
        .await?;
    sign_in_code::Entity::delete_many()
        .filter(sign_in_code::Column::ExpiresAt.lt(yesterday))
        .exec(tx.conn())
        .await?;
    let over = password_reset::Column::ExpiresAt.lt(yesterday);
    let ids = password_reset::Entity::find()
        .select_only()
        .column(password_reset::Column::Id)
        .filter(over.clone());
    remove_links(tx.conn(), account_link::Column::PasswordResetId.in_subquery(ids.into_query()))
        .await?;
    password_reset::Entity::delete_many().filter(over).exec(tx.conn()).await?;
    let over = invitation::Column::ExpiresAt.lt(long_ago);
    let ids = invitation::Entity::find()
        .select_only()
        .column(invitation::Column::Id)
        .filter(over.clone());
    remove_links(tx.conn(), account_link::Column::InvitationId.in_subquery(ids.into_query()))
        .await?;
    invitation::Entity::delete_many().filter(over).exec(tx.conn()).await?;
    let ended = Condition::any()
        .add(session::Column::ExpiresAt.lt(long_ago))
        .add(Expr::col(session::Column::RevokedAt).lt(long_ago));
    session::Entity::delete_many().filter(ended).exec(tx.conn()).await?;
    tx.seal(()).await
}

async fn remove_links(db: &impl ConnectionTrait, these: Expr) -> Result<(), DbErr> {
    account_link::Entity::delete_many().filter(these).exec(db).await.map(|_| ())
}
