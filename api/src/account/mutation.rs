//! Accounts, sign-in and roles.

use super::{Account, AccountGrant};
use crate::caller::{self, act};
use crate::input::{Convert, input};
use crate::load;
use crate::refusal::{Refusal, answer, payload, settle};
use crate::scalar::DateTime;
use crate::vocabulary::Role;
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use service::account;

input! {
    /// The account to open.
    OpenAccountInput => account::OpenAccount {
        /// Its address: one account each.
        email: String,
        /// How it is shown.
        display_name: String,
        /// From 12 to 200 characters.
        password: String,
    }
    /// The role to give.
    GrantRoleInput => account::GrantRole {
        /// The address of the account.
        email: String,
        /// The role.
        role: Role,
        /// For the roles of an authority.
        authority_id: Option<ID>,
        /// For the roles of an organism.
        organism_id: Option<ID>,
        /// For a candidate's own record.
        candidate_id: Option<ID>,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The role to take back.
    RevokeRoleInput => account::RevokeRole {
        /// The role given.
        grant_id: ID,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
}

/// The sign-in.
#[derive(async_graphql::InputObject)]
pub(crate) struct SignInInput {
    /// The account's address.
    email: String,
    /// Its password.
    #[graphql(secret)]
    password: String,
}

payload! {
    /// The account opened, or why not.
    OpenAccountPayload {
        /// Null when refused.
        account: Account
    }
    /// The role given, or why not.
    GrantRolePayload {
        /// Null when refused.
        grant: AccountGrant
    }
    /// The role taken back, or why not.
    RevokeRolePayload {
        /// Null when refused.
        grant: AccountGrant
    }
}

/// The session opened, or why not.
#[derive(SimpleObject)]
pub(crate) struct SignInPayload {
    /// The account; null when refused.
    account: Option<Account>,
    /// When the session ends by itself.
    expires_at: Option<DateTime>,
    /// Empty when done.
    refusals: Vec<Refusal>,
    /// To be sent as `Authorization: Bearer …`; shown this once.
    token: Option<String>,
}

/// The session ended.
#[derive(SimpleObject)]
pub(crate) struct SignOutPayload {
    /// Empty when done.
    refusals: Vec<Refusal>,
}

/// Accounts, sign-in and roles.
#[derive(Default)]
pub(crate) struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Opens an account, without any role; for anyone.
    async fn open_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: OpenAccountInput,
    ) -> Result<OpenAccountPayload> {
        answer(ctx, account::open(&act(ctx), input.convert()).await).await
    }

    /// Opens a session; the same refusal whether the account is unknown or the password wrong.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SignInInput,
    ) -> Result<SignInPayload> {
        let app = caller::caller(ctx).app();
        let done = account::sign_in(app, &input.email, &input.password).await;
        Ok(match settle(ctx, done).await? {
            Ok(session) => SignInPayload {
                account: load::get(ctx, session.account_id).await,
                expires_at: Some(session.expires_at.into()),
                refusals: Vec::new(),
                token: Some(session.token),
            },
            Err(refusals) => {
                SignInPayload { account: None, expires_at: None, refusals, token: None }
            }
        })
    }

    /// Ends the session of the request.
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<SignOutPayload> {
        let caller = caller::caller(ctx);
        let done = match caller.token() {
            Some(token) => account::sign_out(caller.app(), token).await,
            None => Err(service::policy::not_signed_in().into()),
        };
        let refusals = settle(ctx, done).await?.err().unwrap_or_default();
        Ok(SignOutPayload { refusals })
    }

    /// Gives a role within an authority, an organism or a candidate's record (interpretation 26).
    async fn grant_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: GrantRoleInput,
    ) -> Result<GrantRolePayload> {
        answer(ctx, account::grant_role(&act(ctx), input.convert()).await).await
    }

    /// Takes a role back; open sessions lose it at once.
    async fn revoke_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RevokeRoleInput,
    ) -> Result<RevokeRolePayload> {
        answer(ctx, account::revoke_role(&act(ctx), input.convert()).await).await
    }
}
