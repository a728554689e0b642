//! Accounts, sign-in and roles (interpretation 26).
//!
//! | what | where |
//! |---|---|
//! | an account opened, and as an actor | here |
//! | passwords | `password` |
//! | sign-in, sign-out, whom a token belongs to | [`sign_in`], [`authenticate`], [`holds`] |
//! | roles given and taken back | [`grant_role`], [`revoke_role`] |
//! | the credentials of organisms' tools | [`credential`] |

pub mod credential;
mod password;
mod role;
mod session;

pub use role::{GrantRole, RevokeRole, grant_role, revoke_role};
pub(crate) use role::{make_admin, seed_grant};
pub use session::{SignedIn, authenticate, holds, sign_in, sign_out};

use crate::clock::machine_now;
use crate::context::{Actor, App, Context, Grant};
use crate::error::ActResult;
use crate::journal::Entry;
use domain::authority::AuthorityKind;
use domain::{Refusal, Refusals};
use entity::ids::{AccountId, SessionId};
use entity::{account, account_grant, authority};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

/// A new account.
#[derive(Clone, Serialize)]
pub struct OpenAccount {
    /// Its address: one account each.
    pub email: String,
    /// How it is shown.
    pub display_name: String,
    /// At least 12 characters.
    #[serde(skip)]
    pub password: String,
}

/// An address as accounts keep it; none when no mail can be sent to it.
pub(crate) fn normal_email(text: &str) -> Option<String> {
    domain::email::normal(text)
}

/// The refusal of a text that is no mail address.
pub(crate) fn email_refusal(field: &'static str) -> Refusal {
    Refusal::new("EMAIL_INVALID", "Cette adresse électronique n’est pas valide.").at([field])
}

/// Opens an account, without any role.
pub async fn open(ctx: &Context, input: OpenAccount) -> ActResult<AccountId> {
    let mut refusals = Refusals::new();
    let email = normal_email(&input.email);
    if email.is_none() {
        refusals.push(email_refusal("email"));
    }
    refusals.extend(crate::organism::blank("displayName", &input.display_name));
    refusals.extend(password::too_weak("password", &input.password));
    crate::error::ensure(refusals)?;
    let password_hash = password::hashed(input.password).await?;
    let tx = ctx.begin().await?;
    let email = email.unwrap_or_default();
    let taken =
        account::Entity::find().filter(account::Column::Email.eq(&email)).one(tx.conn()).await?;
    if taken.is_some() {
        let message = "Un compte existe déjà pour cette adresse.";
        return Err(Refusal::new("EMAIL_TAKEN", message).at(["email"]).into());
    }
    let id = AccountId::new();
    account::ActiveModel {
        id: Set(id),
        email: Set(email),
        display_name: Set(input.display_name.trim().to_owned()),
        password_hash: Set(password_hash),
        disabled_at: Set(None),
        created_at: Set(machine_now()),
    }
    .insert(tx.conn())
    .await?;
    tx.commit(id, Entry::new("openAccount", "account", id, "Compte ouvert")).await
}

/// Whether the account may be used: not disabled, nor one of the demo on a system become production,
/// whose password anyone knows.
fn open_to(app: &App, account: &account::Model) -> bool {
    let demo = account.email.ends_with(crate::seed::DEMO_DOMAIN);
    account.disabled_at.is_none() && !(app.settings.production && demo)
}

/// The account as an actor, with the roles that hold, outside any session.
pub async fn actor(app: &App, id: AccountId) -> ActResult<Actor> {
    actor_in(app, id, None).await
}

async fn actor_in(app: &App, id: AccountId, session: Option<SessionId>) -> ActResult<Actor> {
    let rows = account_grant::Entity::find()
        .filter(account_grant::Column::AccountId.eq(id))
        .filter(account_grant::Column::RevokedAt.is_null())
        .find_also_related(authority::Entity)
        .all(&app.db)
        .await?;
    let grants = rows.into_iter().map(|(grant, authority)| Grant {
        role: *grant.role,
        authority: grant.authority_id,
        certif_pro: authority.is_some_and(|a| *a.kind == AuthorityKind::CertifPro),
        organism: grant.organism_id,
        candidate: grant.candidate_id,
    });
    Ok(Actor::Account { id, session, grants: grants.collect() })
}
