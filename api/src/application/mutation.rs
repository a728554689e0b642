//! The acts of chapter III.2 to III.5.

use super::Application;
use super::Outcome;
use crate::caller::act;
use crate::input::{Convert, input};
use crate::refusal::{answer, payload};
use async_graphql::{Context, ID, Object, Result};
use service::application;

input! {
    /// The application to file.
    FileApplicationInput => application::FileApplication {
        /// Who applies.
        organism_id: ID,
        /// The campaign, open today.
        campaign_id: ID,
        /// The sites, exhaustively; all under the organism's SIREN.
        site_ids: Vec<ID>,
        /// Where the receipt and the notices go.
        contact_email: String,
        /// Whether the convention's version in force is accepted (III.2.d).
        accepts_convention: bool,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The case to give to a provider.
    AssignProviderInput => application::AssignProvider {
        /// The application.
        application_id: ID,
        /// The address of the provider's account.
        provider_email: String,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// What was found on one criterion.
    FindingInput => application::FindingInput {
        /// The criterion's stable name, e.g. `PRACTITIONERS`.
        criterion: String,
        /// Whether it is satisfied.
        satisfied: bool,
        /// Why, in French.
        grounds: String,
    }
    /// The opinion to settle.
    SettleOpinionInput => application::SettleOpinion {
        /// The application.
        application_id: ID,
        /// One per criterion, contextual ones included (II.c).
        findings: Vec<FindingInput>,
        /// The application's version that the opinion was written on.
        expected_version: i32,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The move to a later meeting.
    MoveApplicationInput => application::MoveApplication {
        /// The application.
        application_id: ID,
        /// The later meeting.
        meeting_id: ID,
        /// The application's version that the move was prepared on.
        expected_version: i32,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The decision to enter.
    DecideApplicationInput => application::DecideApplication {
        /// The application.
        application_id: ID,
        /// The meeting at which it was taken: the one on whose agenda the application is.
        meeting_id: ID,
        /// Accepted when every criterion is satisfied, else refused (II.a).
        outcome: Outcome,
        /// The authority's finding on each criterion (II.c).
        findings: Vec<FindingInput>,
        /// The professional field, on a CPNE's acceptance (III.5.b).
        professional_field: Option<String>,
        /// The application's version that the decision was taken on.
        expected_version: i32,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
}

payload! {
    /// The application filed, or why not.
    FileApplicationPayload {
        /// Null when refused.
        application: Application
    }
    /// The case given, or why not.
    AssignProviderPayload {
        /// Null when refused.
        application: Application
    }
    /// The application with its opinion, or why not.
    SettleOpinionPayload {
        /// Null when refused.
        application: Application
    }
    /// The application on its new agenda, or why not.
    MoveApplicationPayload {
        /// Null when refused.
        application: Application
    }
    /// The application decided, or why not.
    DecideApplicationPayload {
        /// Null when refused.
        application: Application
    }
}

/// The acts of chapter III.2 to III.5.
#[derive(Default)]
pub(crate) struct ApplicationMutation;

#[Object]
impl ApplicationMutation {
    /// Files an application within an open campaign; a receipt follows by mail (III.2).
    async fn file_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: FileApplicationInput,
    ) -> Result<FileApplicationPayload> {
        answer(ctx, application::file(&act(ctx), input.convert()).await).await
    }

    /// Gives a case to a provider (I.e).
    async fn assign_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: AssignProviderInput,
    ) -> Result<AssignProviderPayload> {
        answer(ctx, application::assign_provider(&act(ctx), input.convert()).await).await
    }

    /// Settles the opinion, 5 working days before the meeting at the latest (III.4.b).
    async fn settle_opinion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SettleOpinionInput,
    ) -> Result<SettleOpinionPayload> {
        answer(ctx, application::settle_opinion(&act(ctx), input.convert()).await).await
    }

    /// Moves an application to a later meeting (III.4.b).
    async fn move_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: MoveApplicationInput,
    ) -> Result<MoveApplicationPayload> {
        answer(ctx, application::move_to_meeting(&act(ctx), input.convert()).await).await
    }

    /// Enters the decision taken at a meeting; its notification follows by mail (III.5).
    async fn decide_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: DecideApplicationInput,
    ) -> Result<DecideApplicationPayload> {
        answer(ctx, application::decide(&act(ctx), input.convert()).await).await
    }
}
