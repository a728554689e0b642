//! Accounts, roles and who is signed in, as objects.

use crate::authority::Authority;
use crate::caller;
use crate::evaluation::Candidate;
use crate::load;
use crate::organism::Organism;
use crate::scalar::{Date, DateTime};
use crate::vocabulary::Role;
use async_graphql::{Context, ID, Object};
use entity::ids::AccountId;
use service::context::Grant;

/// An account.
pub(crate) struct Account(pub(crate) entity::account::Model);

impl From<entity::account::Model> for Account {
    fn from(row: entity::account::Model) -> Self {
        Self(row)
    }
}

/// A person's account.
#[Object]
impl Account {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its address: one account each.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// How it is shown.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }
}

/// A role held.
pub(crate) struct AccountGrant(pub(crate) entity::account_grant::Model);

impl From<entity::account_grant::Model> for AccountGrant {
    fn from(row: entity::account_grant::Model) -> Self {
        Self(row)
    }
}

/// A role that an account was given, and where (interpretation 26).
#[Object]
impl AccountGrant {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Whose.
    async fn account(&self, ctx: &Context<'_>) -> Option<Account> {
        load::get(ctx, self.0.account_id).await
    }

    /// The role.
    async fn role(&self) -> Role {
        self.0.role.0.into()
    }

    /// The authority that it is held in.
    async fn authority(&self, ctx: &Context<'_>) -> Option<Authority> {
        load::get_opt(ctx, self.0.authority_id).await
    }

    /// The organism that it is held in.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get_opt(ctx, self.0.organism_id).await
    }

    /// The candidate whose record it opens.
    async fn candidate(&self, ctx: &Context<'_>) -> Option<Candidate> {
        load::get_opt(ctx, self.0.candidate_id).await
    }

    /// The day on which it was given.
    async fn granted_on(&self) -> Date {
        self.0.granted_on.into()
    }

    /// When it was taken back.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }
}

/// Who is signed in.
pub(crate) struct Viewer(AccountId);

impl Viewer {
    /// The viewer of this account.
    pub(super) fn of(id: AccountId) -> Self {
        Self(id)
    }
}

/// Who is signed in, with the roles that hold.
#[Object]
impl Viewer {
    /// The account.
    async fn account(&self, ctx: &Context<'_>) -> Option<Account> {
        load::get(ctx, self.0).await
    }

    /// The roles that hold, and where.
    async fn roles(&self, ctx: &Context<'_>) -> Vec<ViewerRole> {
        caller::act(ctx).actor.grants().iter().copied().map(ViewerRole).collect()
    }
}

/// A role of the viewer.
pub(crate) struct ViewerRole(Grant);

/// A role of the viewer, and where it holds.
#[Object]
impl ViewerRole {
    /// The role.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// The authority that it is held in.
    async fn authority(&self, ctx: &Context<'_>) -> Option<Authority> {
        load::get_opt(ctx, self.0.authority).await
    }

    /// The organism that it is held in.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get_opt(ctx, self.0.organism).await
    }

    /// The candidate whose record it opens.
    async fn candidate(&self, ctx: &Context<'_>) -> Option<Candidate> {
        load::get_opt(ctx, self.0.candidate).await
    }
}
