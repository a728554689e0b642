//! Chapter I's acts.

use super::{Authority, Campaign, Delegation, Framework, Meeting};
use crate::caller::act;
use crate::input::{Convert, input};
use crate::refusal::{answer, payload};
use crate::scalar::Date;
use async_graphql::{Context, ID, Object, Result};
use service::authority;

input! {
    /// The CPNE to register.
    RegisterCpneInput => authority::RegisterCpne {
        /// Its name.
        name: String,
        /// Where it is written to.
        email: String,
        /// Where an appeal is sent (III.5.c).
        appeal_contact: String,
        /// Number and street.
        address: String,
        /// Postal code.
        postal_code: String,
        /// Town.
        city: String,
        /// Its company number, where it has one.
        siren: Option<String>,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The mandate to give.
    GrantDelegationInput => authority::GrantDelegation {
        /// The CPNE.
        authority_id: ID,
        /// The professional field; this, the geographic one, or both.
        professional_field: Option<String>,
        /// The geographic field.
        geographic_field: Option<String>,
        /// Its first day.
        starts_on: Date,
        /// Its last day, included; null without a set end.
        ends_on: Option<Date>,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// A competence in the words of a branch.
    CompetenceWordingInput => authority::CompetenceWording {
        /// Its code, e.g. `2-5`.
        code: String,
        /// Its wording.
        title: String,
        /// What certifies it, a sentence each.
        criteria: Vec<String>,
    }
    /// A criterion that a CPNE adds to those of chapter II.
    ContextualCriterionInput => authority::ContextualCriterion {
        /// Its stable name.
        code: String,
        /// Its wording, in French.
        label: String,
    }
    /// The framework to contextualise.
    ContextualiseFrameworkInput => authority::ContextualiseFramework {
        /// The CPNE.
        authority_id: ID,
        /// Its title.
        title: String,
        /// Its version.
        version: String,
        /// Its code on EDOF and at France compétences.
        certification_code: String,
        /// Its first day.
        starts_on: Date,
        /// The seventeen competences, once each (A1.b).
        competences: Vec<CompetenceWordingInput>,
        /// The criteria added (I.c).
        criteria: Vec<ContextualCriterionInput>,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The meeting to plan.
    ScheduleMeetingInput => authority::ScheduleMeeting {
        /// The authority that will sit.
        authority_id: ID,
        /// Its day.
        held_on: Date,
        /// Where it is held.
        place: String,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The filing window to open.
    OpenCampaignInput => authority::OpenCampaign {
        /// The authority.
        authority_id: ID,
        /// The framework of its habilitations.
        framework_id: ID,
        /// Where its applications will be decided.
        meeting_id: ID,
        /// Its title.
        title: String,
        /// First day of filing.
        opens_on: Date,
        /// Last day of filing, included.
        closes_on: Date,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
}

payload! {
    /// The CPNE registered, or why not.
    RegisterCpnePayload {
        /// Null when refused.
        authority: Authority
    }
    /// The mandate given, or why not.
    GrantDelegationPayload {
        /// Null when refused.
        delegation: Delegation
    }
    /// The framework contextualised, or why not.
    ContextualiseFrameworkPayload {
        /// Null when refused.
        framework: Framework
    }
    /// The meeting planned, or why not.
    ScheduleMeetingPayload {
        /// Null when refused.
        meeting: Meeting
    }
    /// The filing window opened, or why not.
    OpenCampaignPayload {
        /// Null when refused.
        campaign: Campaign
    }
}

/// Chapter I's acts.
#[derive(Default)]
pub(crate) struct AuthorityMutation;

#[Object]
impl AuthorityMutation {
    /// Registers a CPNE (I.b).
    async fn register_cpne(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RegisterCpneInput,
    ) -> Result<RegisterCpnePayload> {
        answer(ctx, authority::register_cpne(&act(ctx), input.convert()).await).await
    }

    /// Certif Pro mandates a CPNE within a field (I.b).
    async fn grant_delegation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: GrantDelegationInput,
    ) -> Result<GrantDelegationPayload> {
        answer(ctx, authority::grant_delegation(&act(ctx), input.convert()).await).await
    }

    /// A CPNE adapts the framework's wording to its field, adding and removing nothing (I.c, A1.b).
    async fn contextualise_framework(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ContextualiseFrameworkInput,
    ) -> Result<ContextualiseFrameworkPayload> {
        answer(ctx, authority::contextualise_framework(&act(ctx), input.convert()).await).await
    }

    /// Plans a meeting (III.5.g).
    async fn schedule_meeting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ScheduleMeetingInput,
    ) -> Result<ScheduleMeetingPayload> {
        answer(ctx, authority::schedule_meeting(&act(ctx), input.convert()).await).await
    }

    /// Opens a window in which applications are filed (III.2.c).
    async fn open_campaign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: OpenCampaignInput,
    ) -> Result<OpenCampaignPayload> {
        answer(ctx, authority::open_campaign(&act(ctx), input.convert()).await).await
    }
}
