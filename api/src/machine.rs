//! The credentials of organisms' tools.

use crate::account::Account;
use crate::caller::{self, act};
use crate::input::{Convert, input};
use crate::load::{self, list};
use crate::object::object;
use crate::organism::Organism;
use crate::refusal::{Refusal, payload, settle};
use crate::scalar::{Date, DateTime};
use crate::vocabulary::vocabulary;
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use entity::ids::{MachineCredentialId, OrganismId};
use service::account::credential::{self, Issued};
use service::clock::machine_now;
use service::context::Actor;
use service::error::ActResult;
use service::sight::Visible;

vocabulary! {
    /// What a tool of an organism may do with its credential.
    MachineScope = "entity::kind::MachineScope" as entity::kind::MachineScope {
        /// Reads invoices and payments.
        BillingRead,
        /// Reads candidates: their enrolments, evaluations, training paths and certificates.
        CandidatesRead,
        /// Registers and enrols candidates, records evaluations and training paths; reads them too.
        CandidatesWrite,
    }
    /// How the credential of a tool stands.
    MachineCredentialState = "service::account::credential::CredentialState" as service::account::credential::CredentialState {
        /// It holds.
        Active,
        /// It was replaced and holds for a few more days.
        Ending,
        /// Its time is over.
        Expired,
        /// An administrator ended it.
        Revoked,
    }
}

list! {
    /// The credentials of an organism's tools.
    OrganismMachineCredentials {} = "organism.machineCredentials",
    machine_credential by MachineCredentialId(Id, id), newest first,
    under OrganismId(OrganismId, organism_id);
    |self, sight| entity::machine_credential::Entity::visible(sight)
}

object! {
    /// A credential.
    MachineCredential = seen machine_credential by MachineCredentialId;
    /// A page of credentials.
    MachineCredentialConnection,
    /// A credential in a page.
    MachineCredentialEdge,
    /// The credential.
    node
}

/// What a tool of an organism signs in with, for who administers the organism and for the tool itself.
#[Object]
impl MachineCredential {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The organism for which the tool acts.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get(ctx, self.0.organism_id).await
    }

    /// How the organism calls the tool.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the tool may do.
    async fn scopes(&self) -> Vec<MachineScope> {
        self.0.scopes.0.iter().copied().map(Into::into).collect()
    }

    /// How its token begins, to recognise it; no secret.
    async fn token_prefix(&self) -> &str {
        &self.0.token_prefix
    }

    /// Who answers for what the tool records: who made the credential; for administrators.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<Account> {
        let administered = &caller::caller(ctx).sight().administered;
        if !administered.contains(&self.0.organism_id) {
            return None;
        }
        load::get(ctx, self.0.created_by_id).await
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// The first instant at which it holds no more.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// When it was revoked.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }

    /// When the tool last used it, to five minutes; null when it never did.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }

    /// What replaced it.
    async fn replaced_by(&self, ctx: &Context<'_>) -> Option<MachineCredential> {
        load::get_opt(ctx, self.0.replaced_by_id).await
    }

    /// How it stands now.
    async fn state(&self) -> MachineCredentialState {
        credential::state(&self.0, machine_now()).into()
    }
}

input! {
    /// The credential to make.
    CreateMachineCredentialInput => credential::CreateMachineCredential {
        /// The organism.
        organism_id: ID,
        /// How the organism calls the tool, in at most 100 characters.
        name: String,
        /// What the tool may do: at least one scope.
        scopes: Vec<MachineScope>,
        /// The last day on which it holds, in Paris, from today to a year ahead by the machine’s clock.
        expires_on: Date,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The credential to replace.
    RotateMachineCredentialInput => credential::RotateMachineCredential {
        /// The credential, which holds and was not replaced yet.
        credential_id: ID,
        /// The last day of the new one; without it, it holds as long as the replaced one was made for.
        expires_on: Option<Date>,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The credential to revoke.
    RevokeMachineCredentialInput => credential::RevokeMachineCredential {
        /// The credential; those that it replaced end with it.
        credential_id: ID,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
}

/// The credential made, or why not.
#[derive(SimpleObject)]
pub(crate) struct CreateMachineCredentialPayload {
    /// Null when refused.
    credential: Option<MachineCredential>,
    /// Empty when done.
    refusals: Vec<Refusal>,
    /// To be sent as `Authorization: Bearer …`; shown this once, null when answered again under the same key.
    token: Option<String>,
}

/// The credential that takes the place of another, or why not.
#[derive(SimpleObject)]
pub(crate) struct RotateMachineCredentialPayload {
    /// The new one; null when refused.
    credential: Option<MachineCredential>,
    /// Empty when done.
    refusals: Vec<Refusal>,
    /// Of the new one; shown this once, null when answered again under the same key.
    token: Option<String>,
}

payload! {
    /// The credential revoked, or why not.
    RevokeMachineCredentialPayload {
        /// Null when refused.
        credential: MachineCredential
    }
}

/// What the act issued as the caller sees it, the refusals, and the token.
async fn issued(
    ctx: &Context<'_>,
    done: ActResult<Issued>,
) -> Result<(Option<MachineCredential>, Vec<Refusal>, Option<String>)> {
    Ok(match settle(ctx, done).await? {
        Ok(issued) => (load::get(ctx, issued.id).await, Vec::new(), issued.token),
        Err(refusals) => (None, refusals, None),
    })
}

/// The credentials of organisms' tools.
#[derive(Default)]
pub(crate) struct MachineMutation;

#[Object]
impl MachineMutation {
    /// Gives a tool of an organism a credential, for the organism's administrators.
    async fn create_machine_credential(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: CreateMachineCredentialInput,
    ) -> Result<CreateMachineCredentialPayload> {
        let done = credential::create(&act(ctx), input.convert()).await;
        let (credential, refusals, token) = issued(ctx, done).await?;
        Ok(CreateMachineCredentialPayload { credential, refusals, token })
    }

    /// Replaces a credential by a new one; the old one still holds for seven days, so that the tool
    /// never stands without one.
    async fn rotate_machine_credential(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RotateMachineCredentialInput,
    ) -> Result<RotateMachineCredentialPayload> {
        let done = credential::rotate(&act(ctx), input.convert()).await;
        let (credential, refusals, token) = issued(ctx, done).await?;
        Ok(RotateMachineCredentialPayload { credential, refusals, token })
    }

    /// Ends a credential at once, and with it those that it replaced.
    async fn revoke_machine_credential(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RevokeMachineCredentialInput,
    ) -> Result<RevokeMachineCredentialPayload> {
        crate::refusal::answer(ctx, credential::revoke(&act(ctx), input.convert()).await).await
    }
}

/// The tool that asks.
#[derive(Default)]
pub(crate) struct MachineQuery;

#[Object]
impl MachineQuery {
    /// The credential of the tool that asks: its scopes, its end. Null for people and for nobody.
    async fn viewer_machine(&self, ctx: &Context<'_>) -> Option<MachineCredential> {
        match act(ctx).actor {
            Actor::Machine(machine) => load::get(ctx, machine.id).await,
            _ => None,
        }
    }
}
