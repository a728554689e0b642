//! Accounts, roles and who is signed in, as objects.

use super::Role;
use crate::authority::Authority;
use crate::caller;
use crate::evaluation::Candidate;
use crate::load::{self, list};
use crate::object::object;
use crate::organism::Organism;
use crate::page::Asked;
use crate::scalar::{Date, DateTime};
use api_derive::paged;
use async_graphql::{Context, ID, Object};
use entity::ids::{AccountId, SessionId};
use sea_orm::QueryFilter;
use service::account::{self, second_factor};
use service::context::Grant;
use service::sight::Visible;

object! {
    /// An account.
    Account = reached account by AccountId;
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

object! {
    /// A role held.
    AccountGrant = seen account_grant by AccountGrantId;
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

list! {
    /// The viewer's sessions that hold.
    Sessions {} = "viewer.sessions", session by SessionId(Id, id), newest first;
    |self, sight| entity::session::Entity::visible(sight).filter(account::holding_sessions())
}

object! {
    /// A session.
    SignInSession = seen session by SessionId;
    /// A page of sessions.
    SignInSessionConnection,
    /// A session in a page.
    SignInSessionEdge,
    /// The session.
    node
}

/// A session of the viewer: somewhere the account is, or was, signed in.
#[Object]
impl SignInSession {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Whether the request is made under it.
    async fn current(&self, ctx: &Context<'_>) -> bool {
        caller::act(ctx).actor.session() == Some(self.0.id)
    }

    /// When it ends by itself.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// Its last request, to within five minutes.
    async fn last_seen_at(&self) -> Option<DateTime> {
        self.0.last_seen_at.map(DateTime)
    }

    /// When it was ended before its time; null while it holds.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }

    /// What the program that opened it calls itself.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }
}

object! {
    /// An invitation.
    Invitation = seen invitation by InvitationId;
}

/// A role offered to an address, to be taken by the link of a mail (interpretation 26).
#[Object]
impl Invitation {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The address invited.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The role.
    async fn role(&self) -> Role {
        self.0.role.0.into()
    }

    /// The authority that it would be held in.
    async fn authority(&self, ctx: &Context<'_>) -> Option<Authority> {
        load::get_opt(ctx, self.0.authority_id).await
    }

    /// The organism that it would be held in.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get_opt(ctx, self.0.organism_id).await
    }

    /// The candidate whose record it would open.
    async fn candidate(&self, ctx: &Context<'_>) -> Option<Candidate> {
        load::get_opt(ctx, self.0.candidate_id).await
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Until when it may be taken.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// When it was taken.
    async fn accepted_at(&self) -> Option<DateTime> {
        self.0.accepted_at.map(DateTime)
    }

    /// When it was taken back, or another took its place.
    async fn voided_at(&self) -> Option<DateTime> {
        self.0.voided_at.map(DateTime)
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
#[paged]
#[Object]
impl Viewer {
    /// The account.
    async fn account(&self, ctx: &Context<'_>) -> Option<Account> {
        load::get(ctx, self.0).await
    }

    /// Whether signing in asks for a second factor.
    async fn has_second_factor(&self, ctx: &Context<'_>) -> Option<bool> {
        let app = caller::caller(ctx).app();
        caller::or_null(ctx, second_factor::is_on(&app.db, self.0).await)
    }

    /// The sessions that hold, newest first: where the account is signed in.
    async fn sessions(&self, ctx: &Context<'_>, asked: Asked) -> Option<SignInSessionConnection> {
        load::root(ctx, Sessions {}, asked).await
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
