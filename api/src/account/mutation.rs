//! Accounts, sign-in and roles.

use super::Role;
use super::{Account, AccountGrant, Invitation, SignInSession};
use crate::caller::{self, act};
use crate::input::{Convert, input};
use crate::load;
use crate::refusal::{Refusal, answer, payload, settle};
use crate::scalar::DateTime;
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use service::account::{self, Granted, SignedIn, second_factor};

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
    /// The invitation to take.
    AcceptInvitationInput => account::AcceptInvitation {
        /// Of the link in the mail: what follows `/invitations/`.
        token: String,
        /// How the account is shown; needed where it is opened.
        display_name: Option<String>,
        /// From 12 to 200 characters; needed unless the address has an account that its holder confirmed.
        password: Option<String>,
    }
    /// The invitation to take back.
    RevokeInvitationInput => account::RevokeInvitation {
        /// The invitation.
        invitation_id: ID,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The session to end.
    RevokeSessionInput => account::RevokeSession {
        /// One of the viewer's.
        session_id: ID,
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
    /// The code of its second factor, or a recovery code; asked for by `SECOND_FACTOR_NEEDED`.
    #[graphql(secret)]
    code: Option<String>,
}

/// The account whose password was forgotten.
#[derive(async_graphql::InputObject)]
pub(crate) struct RequestPasswordResetInput {
    /// Its address.
    email: String,
}

/// The new password, by the link of a mail.
#[derive(async_graphql::InputObject)]
pub(crate) struct ResetPasswordInput {
    /// Of the link in the mail: what follows `/password-resets/`.
    #[graphql(secret)]
    token: String,
    /// From 12 to 200 characters.
    #[graphql(secret)]
    new_password: String,
}

/// The new password, by the one in use.
#[derive(async_graphql::InputObject)]
pub(crate) struct ChangePasswordInput {
    /// The one in use.
    #[graphql(secret)]
    current_password: String,
    /// From 12 to 200 characters.
    #[graphql(secret)]
    new_password: String,
}

/// Who prepares a second factor.
#[derive(async_graphql::InputObject)]
pub(crate) struct BeginSecondFactorInput {
    /// The account's password.
    #[graphql(secret)]
    password: String,
}

/// A first code.
#[derive(async_graphql::InputObject)]
pub(crate) struct ConfirmSecondFactorInput {
    /// Six digits, as the authenticator shows them.
    #[graphql(secret)]
    code: String,
}

/// Who removes a second factor.
#[derive(async_graphql::InputObject)]
pub(crate) struct RemoveSecondFactorInput {
    /// The account's password.
    #[graphql(secret)]
    password: String,
    /// A code, or a recovery code.
    #[graphql(secret)]
    code: String,
}

/// What is said of a reset asked for, whether the address has an account or not.
pub(crate) const RESET_REQUESTED: &str = "Si un compte porte cette adresse, un courriel avec un lien va y arriver. Il est valable une heure.";

payload! {
    /// The account opened, or why not.
    OpenAccountPayload {
        /// Null when refused.
        account: Account
    }
    /// The invitation taken, or why not.
    AcceptInvitationPayload {
        /// The account that holds the role; null when refused.
        account: Account
    }
    /// The invitation taken back, or why not.
    RevokeInvitationPayload {
        /// Null when refused.
        invitation: Invitation
    }
    /// The session ended, or why not.
    RevokeSessionPayload {
        /// Null when refused, and when it was the request's own.
        session: SignInSession
    }
    /// The role taken back, or why not.
    RevokeRolePayload {
        /// Null when refused.
        grant: AccountGrant
    }
}

/// The code to exchange, and what shows that it was asked for here.
#[derive(async_graphql::InputObject)]
pub(crate) struct ExchangeSignInCodeInput {
    /// From the fragment of the address that the browser was sent to.
    #[graphql(secret)]
    code: String,
    /// The secret whose SHA-256 the browser was sent to the issuer with.
    #[graphql(secret)]
    verifier: String,
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

/// The role given or offered, or why not.
#[derive(SimpleObject)]
pub(crate) struct GrantRolePayload {
    /// The role, where it holds at once; else null.
    grant: Option<AccountGrant>,
    /// The invitation sent, where the address's holder has to take it first; else null.
    invitation: Option<Invitation>,
    /// Empty when done.
    refusals: Vec<Refusal>,
}

/// A link to a new password was asked for.
#[derive(SimpleObject)]
pub(crate) struct RequestPasswordResetPayload {
    /// What to tell the person, in French: the same whether the address has an account or not; null when
    /// refused.
    message: Option<String>,
    /// Empty when done.
    refusals: Vec<Refusal>,
}

/// The new password, by a link, or why not.
#[derive(SimpleObject)]
pub(crate) struct ResetPasswordPayload {
    /// Empty when done: every session of the account is ended.
    refusals: Vec<Refusal>,
}

/// The new password, or why not.
#[derive(SimpleObject)]
pub(crate) struct ChangePasswordPayload {
    /// Empty when done: the account's other sessions are ended.
    refusals: Vec<Refusal>,
}

/// Every session ended.
#[derive(SimpleObject)]
pub(crate) struct SignOutEverywherePayload {
    /// How many sessions were ended, this one too; null when refused.
    ended: Option<u64>,
    /// Empty when done.
    refusals: Vec<Refusal>,
}

/// The second factor prepared, or why not.
#[derive(SimpleObject)]
pub(crate) struct BeginSecondFactorPayload {
    /// Empty when done.
    refusals: Vec<Refusal>,
    /// To type into an authenticator, in base 32; shown this once.
    secret: Option<String>,
    /// The same as an `otpauth://` address, to show as a QR code.
    uri: Option<String>,
}

/// The second factor confirmed, or why not.
#[derive(SimpleObject)]
pub(crate) struct ConfirmSecondFactorPayload {
    /// Each signs in once in place of a code; shown this once. Null when refused.
    recovery_codes: Option<Vec<String>>,
    /// Empty when done.
    refusals: Vec<Refusal>,
}

/// The second factor removed, or why not.
#[derive(SimpleObject)]
pub(crate) struct RemoveSecondFactorPayload {
    /// Empty when done.
    refusals: Vec<Refusal>,
}

/// The session that a sign-in opened, or why not.
async fn opened(ctx: &Context<'_>, done: Result<SignedIn, Vec<Refusal>>) -> SignInPayload {
    match done {
        Ok(session) => SignInPayload {
            account: load::get(ctx, session.account_id).await,
            expires_at: Some(session.expires_at.into()),
            refusals: Vec::new(),
            token: Some(session.token),
        },
        Err(refusals) => SignInPayload { account: None, expires_at: None, refusals, token: None },
    }
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

    /// Opens a session; the same refusal whether the account is unknown or the password wrong. After ten
    /// failures in a quarter of an hour it is refused for a while, `TOO_MANY_ATTEMPTS`.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SignInInput,
    ) -> Result<SignInPayload> {
        let caller = caller::caller(ctx);
        let SignInInput { email, password, code } = input;
        let input = account::SignIn { email, password, code };
        let done = account::sign_in(caller.app(), input, caller.client()).await;
        Ok(opened(ctx, settle(ctx, done).await?).await)
    }

    /// Exchanges the code of a sign-in by the OpenID Connect issuer for a session: once, within a minute.
    async fn exchange_sign_in_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: ExchangeSignInCodeInput,
    ) -> Result<SignInPayload> {
        let caller = caller::caller(ctx);
        let given = (input.code.as_str(), input.verifier.as_str());
        let done = account::oidc::exchange_code(caller.app(), given, caller.client()).await;
        Ok(opened(ctx, settle(ctx, done).await?).await)
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

    /// Gives a role within an authority, an organism or a candidate's record (interpretation 26). An address
    /// whose holder has not confirmed it yet is sent an invitation, and the role holds once it is taken.
    async fn grant_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: GrantRoleInput,
    ) -> Result<GrantRolePayload> {
        let done = account::grant_role(&act(ctx), input.convert()).await;
        let (mut grant, mut invitation, mut refusals) = (None, None, Vec::new());
        match settle(ctx, done).await? {
            Ok(Granted::Role(id)) => grant = load::get(ctx, id).await,
            Ok(Granted::Invitation(id)) => invitation = load::get(ctx, id).await,
            Err(told) => refusals = told,
        }
        Ok(GrantRolePayload { grant, invitation, refusals })
    }

    /// Takes an invitation by the link of its mail, and with it every role offered to the address; for
    /// anyone who holds the link. Opens the account where there is none.
    async fn accept_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: AcceptInvitationInput,
    ) -> Result<AcceptInvitationPayload> {
        answer(ctx, account::accept_invitation(&act(ctx), input.convert()).await).await
    }

    /// Takes back an invitation that was not taken yet.
    async fn revoke_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RevokeInvitationInput,
    ) -> Result<RevokeInvitationPayload> {
        answer(ctx, account::revoke_invitation(&act(ctx), input.convert()).await).await
    }

    /// Has a link to a new password mailed to an account; the same answer where there is none.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] input: RequestPasswordResetInput,
    ) -> Result<RequestPasswordResetPayload> {
        let client = caller::caller(ctx).client();
        let done = account::request_password_reset(&act(ctx), &input.email, client).await;
        let refusals = settle(ctx, done).await?.err().unwrap_or_default();
        let message = refusals.is_empty().then(|| RESET_REQUESTED.to_owned());
        Ok(RequestPasswordResetPayload { message, refusals })
    }

    /// Gives an account a new password by the link of a mail; every session of the account ends.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ResetPasswordInput,
    ) -> Result<ResetPasswordPayload> {
        let done = account::reset_password(&act(ctx), &input.token, input.new_password).await;
        let refusals = settle(ctx, done).await?.err().unwrap_or_default();
        Ok(ResetPasswordPayload { refusals })
    }

    /// Changes the viewer's password; the account's other sessions end.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        let client = caller::caller(ctx).client();
        let ChangePasswordInput { current_password, new_password } = input;
        let done =
            account::change_password(&act(ctx), &current_password, new_password, client).await;
        let refusals = settle(ctx, done).await?.err().unwrap_or_default();
        Ok(ChangePasswordPayload { refusals })
    }

    /// Ends one of the viewer's sessions; what was opened under it ends too.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RevokeSessionInput,
    ) -> Result<RevokeSessionPayload> {
        answer(ctx, account::revoke_session(&act(ctx), input.convert()).await).await
    }

    /// Ends every session of the viewer's account, this one too.
    async fn sign_out_everywhere(&self, ctx: &Context<'_>) -> Result<SignOutEverywherePayload> {
        let done = account::sign_out_everywhere(&act(ctx)).await;
        Ok(match settle(ctx, done).await? {
            Ok(ended) => SignOutEverywherePayload { ended: Some(ended), refusals: Vec::new() },
            Err(refusals) => SignOutEverywherePayload { ended: None, refusals },
        })
    }

    /// Prepares a second factor for the viewer's account; again, the secret is another one.
    async fn begin_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: BeginSecondFactorInput,
    ) -> Result<BeginSecondFactorPayload> {
        let client = caller::caller(ctx).client();
        let done = second_factor::begin(&act(ctx), &input.password, client).await;
        Ok(match settle(ctx, done).await? {
            Ok(made) => BeginSecondFactorPayload {
                refusals: Vec::new(),
                secret: Some(made.secret),
                uri: Some(made.uri),
            },
            Err(refusals) => BeginSecondFactorPayload { refusals, secret: None, uri: None },
        })
    }

    /// Confirms the second factor by a first code: from then on, signing in asks for one.
    async fn confirm_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ConfirmSecondFactorInput,
    ) -> Result<ConfirmSecondFactorPayload> {
        let done = second_factor::confirm(&act(ctx), &input.code).await;
        Ok(match settle(ctx, done).await? {
            Ok(codes) => {
                ConfirmSecondFactorPayload { recovery_codes: Some(codes), refusals: Vec::new() }
            }
            Err(refusals) => ConfirmSecondFactorPayload { recovery_codes: None, refusals },
        })
    }

    /// Removes the second factor of the viewer's account.
    async fn remove_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RemoveSecondFactorInput,
    ) -> Result<RemoveSecondFactorPayload> {
        let client = caller::caller(ctx).client();
        let shown = (input.password.as_str(), input.code.as_str());
        let done = second_factor::remove(&act(ctx), shown, client).await;
        let refusals = settle(ctx, done).await?.err().unwrap_or_default();
        Ok(RemoveSecondFactorPayload { refusals })
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
