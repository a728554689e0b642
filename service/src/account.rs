//! Accounts, sign-in and roles (interpretation 26).
//!
//! | what | where |
//! |---|---|
//! | an account opened, and as an actor | here |
//! | passwords | `password` |
//! | a new password | [`request_password_reset`], [`reset_password`], [`change_password`] |
//! | sign-in, sessions, whom a token belongs to | [`sign_in`], [`revoke_session`], [`authenticate`], [`holds`] |
//! | how often one may try | `attempt` |
//! | a second factor | [`second_factor`] |
//! | roles given and taken back | [`grant_role`], [`revoke_role`] |
//! | the credentials of organisms' tools | [`credential`] |
//! | roles offered to an address | [`accept_invitation`], [`revoke_invitation`] |
//! | two accounts of one address, let in by an older rule | [`apart()`] |
//! | what is removed after a while | `sweep` |
//! | sign-in by an OpenID Connect issuer | [`oidc`] |

mod apart;
mod attempt;
pub mod credential;
mod invitation;
mod link;
pub mod oidc;
mod password;
mod reset;
mod role;
mod seat;
pub mod second_factor;
mod session;
mod sweep;

pub use apart::{Apart, apart};
pub use attempt::Client;
pub use invitation::{
    AcceptInvitation, INVITATION_LENGTH, Offer, RevokeInvitation, accept as accept_invitation,
    offered as invitation_offered, revoke as revoke_invitation, to_send as invitation_to_send,
};
pub use link::open_invitations;
pub(crate) use link::{Purpose as LinkPurpose, new as new_link};
pub use reset::{
    RESET_LENGTH, change as change_password, is_open as reset_is_open,
    request as request_password_reset, reset as reset_password, to_send as reset_to_send,
};
pub use role::{GrantRole, Granted, RevokeRole, grant_by_hand, grant_role, revoke_role};
pub(crate) use role::{make_admin, seed_grant};
pub use session::{
    RevokeSession, SignIn, SignedIn, authenticate, holding_sessions, holds, revoke_session,
    sign_in, sign_out, sign_out_everywhere,
};
pub(crate) use sweep::reconcile;

use crate::clock::machine_now;
use crate::context::{Actor, App, Context, Grant, Tx};
use crate::error::ActResult;
use crate::field::{address, blank};
use crate::journal::{Deed, Entry};
use chrono::{DateTime, Utc};
use domain::authority::AuthorityKind;
use domain::{Refusal, Refusals};
use entity::ids::AccountId;
use entity::{account, account_grant, authority};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

/// The end of every demo account's address.
pub(crate) const DEMO_DOMAIN: &str = "@demo.example";

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

/// The address typed in at `email`, as accounts are found by it: also one to which nothing new is sent.
fn sought(email: &str) -> Result<String, Refusal> {
    domain::email::key(email).ok_or_else(|| domain::email::Wrong::Form.at("email"))
}

/// Opens an account, without any role. That the address is the caller's is shown later, by a link sent
/// there: until then no role is given to it but by invitation.
pub async fn open(ctx: &Context, input: OpenAccount) -> ActResult<AccountId> {
    let mut refusals = Refusals::new();
    let email = address("email", &input.email).map_err(|refusal| refusals.push(refusal));
    refusals.extend(name_refusals("displayName", &input.display_name));
    refusals.extend(password::too_weak("password", &input.password));
    crate::error::ensure(refusals)?;
    let password_hash = password::hashed(input.password).await?;
    let (email, name) = (email.unwrap_or_default(), input.display_name);
    ctx.run(Deed::OpenAccount, |tx| open_in(tx, &email, &name, &password_hash)).await
}

async fn open_in(
    tx: Tx,
    email: &str,
    name: &str,
    password_hash: &str,
) -> ActResult<(AccountId, Option<Entry>)> {
    let taken =
        account::Entity::find().filter(account::Column::Email.eq(email)).one(tx.conn()).await?;
    if taken.is_some() {
        let message = "Un compte existe déjà pour cette adresse.";
        return Err(Refusal::new("EMAIL_TAKEN", message).at(["email"]).into());
    }
    let (email, name, kept) = (email.to_owned(), name.to_owned(), password_hash.to_owned());
    let id = insert(&tx, email, name, kept, None).await?;
    Ok((id, Some(Entry::new(id, "Compte ouvert"))))
}

/// The refusals of how a person wants to be shown: mails and pages print it.
fn name_refusals(field: &'static str, name: &str) -> Refusals {
    const LONGEST: usize = 200;
    let message = if name.trim().is_empty() {
        return blank(field, name);
    } else if name.chars().any(char::is_control) {
        "Ce champ tient sur une ligne, sans caractère de contrôle."
    } else if name.chars().count() > LONGEST {
        "Ce champ compte au plus 200 caractères."
    } else {
        return Refusals::new();
    };
    vec![Refusal::new("NAME_INVALID", message).at([field])]
}

async fn insert(
    tx: &Tx,
    email: String,
    display_name: String,
    password_hash: String,
    confirmed_at: Option<DateTime<Utc>>,
) -> ActResult<AccountId> {
    let id = AccountId::new();
    account::ActiveModel {
        id: Set(id),
        email: Set(email),
        display_name: Set(display_name.trim().to_owned()),
        password_hash: Set(password_hash),
        disabled_at: Set(None),
        created_at: Set(machine_now()),
        confirmed_at: Set(confirmed_at),
    }
    .insert(tx.conn())
    .await?;
    Ok(id)
}

/// Whether the account may be used: not disabled, nor one of the demo on a system become production,
/// whose password anyone knows.
fn open_to(app: &App, account: &account::Model) -> bool {
    is_open(app, &account.email, account.disabled_at)
}

fn is_open(app: &App, email: &str, disabled_at: Option<DateTime<Utc>>) -> bool {
    let demo = email.ends_with(DEMO_DOMAIN);
    disabled_at.is_none() && !(app.settings.production && demo)
}

/// The account as an actor, with the roles that hold, outside any session.
pub async fn actor(app: &App, id: AccountId) -> ActResult<Actor> {
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
    Ok(Actor::Account { id, session: None, grants: grants.collect() })
}
