//! Sessions: opened by a sign-in, ended by a sign-out, and whom a token belongs to.

use super::{actor_in, credential, normal_email, open_to, password};
use crate::clock::machine_now;
use crate::context::{Actor, App, hash};
use crate::error::ActResult;
use chrono::{DateTime, Utc};
use domain::Refusal;
use entity::ids::{AccountId, SessionId};
use entity::{account, session};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

/// A session just opened.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The bearer token: shown once, kept hashed.
    pub token: String,
    /// The account.
    pub account_id: AccountId,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
}

/// Opens a session. The same refusal whether the account is unknown, disabled or the password wrong.
pub async fn sign_in(app: &App, email: &str, password: &str) -> ActResult<SignedIn> {
    let email = normal_email(email).unwrap_or_default();
    let row = account::Entity::find().filter(account::Column::Email.eq(email)).one(&app.db).await?;
    let row = row.filter(|a| open_to(app, a));
    let right = password::is_right(password, row.as_ref().map(|a| a.password_hash.clone())).await?;
    let Some(row) = row.filter(|_| right) else {
        let message = "Adresse ou mot de passe incorrect.";
        return Err(Refusal::new("SIGN_IN_FAILED", message).into());
    };
    let token = crate::notice::random_token() + &crate::notice::random_token();
    let now = machine_now();
    let expires_at = now + app.settings.session_length;
    session::ActiveModel {
        id: Set(SessionId::new()),
        account_id: Set(row.id),
        token_hash: Set(hash(token.as_bytes())),
        created_at: Set(now),
        expires_at: Set(expires_at),
        revoked_at: Set(None),
    }
    .insert(&app.db)
    .await?;
    Ok(SignedIn { token, account_id: row.id, expires_at })
}

/// Ends a session; nothing happens when it is unknown or ended. A tool has none: its credential is revoked.
pub async fn sign_out(app: &App, token: &str) -> ActResult<()> {
    if credential::is_token(token) {
        return Err(crate::policy::not_a_person().into());
    }
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(machine_now()))
        .filter(session::Column::TokenHash.eq(hash(token.as_bytes())))
        .filter(session::Column::RevokedAt.is_null())
        .exec(&app.db)
        .await?;
    Ok(())
}

/// Who a token belongs to, with the roles that hold; none when it is unknown, expired or revoked.
pub async fn authenticate(app: &App, token: &str) -> ActResult<Option<Actor>> {
    if credential::is_token(token) {
        return credential::authenticate(app, token).await;
    }
    let of_token = session::Column::TokenHash.eq(hash(token.as_bytes()));
    match holding(app, of_token).await? {
        Some(session) => Ok(Some(actor_in(app, session.account_id, Some(session.id)).await?)),
        None => Ok(None),
    }
}

/// Whether a session still holds: neither ended nor expired, its account neither disabled. For what
/// outlives a request.
pub async fn holds(app: &App, id: SessionId) -> ActResult<bool> {
    Ok(holding(app, session::Column::Id.eq(id)).await?.is_some())
}

async fn holding(app: &App, this: SimpleExpr) -> ActResult<Option<session::Model>> {
    let row = session::Entity::find()
        .filter(this)
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(machine_now()))
        .find_also_related(account::Entity)
        .one(&app.db)
        .await?;
    Ok(row.and_then(|(session, account)| account.filter(|a| open_to(app, a)).map(|_| session)))
}
