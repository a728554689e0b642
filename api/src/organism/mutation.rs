//! Acts on organisms.

use super::OrganismKind;
use super::{Organism, Practitioner, Site};
use crate::caller::act;
use crate::input::{Convert, input};
use crate::refusal::{answer, payload};
use crate::scalar::{Date, PartialDate};
use async_graphql::{Context, ID, Object, Result};
use service::organism;

input! {
    /// The organism to register.
    RegisterOrganismInput => organism::RegisterOrganism {
        /// Its company number, nine digits.
        siren: String,
        /// Its registered or trade name.
        name: String,
        /// A legal or a natural person.
        kind: OrganismKind,
        /// Its activity declaration, where it has one.
        nda: Option<String>,
        /// Where its notices go.
        email: String,
        /// Its registered office: number and street.
        address: String,
        /// Postal code.
        postal_code: String,
        /// Town.
        city: String,
        /// The establishment number of its registered office.
        seat_siret: Option<String>,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The site to add.
    AddSiteInput => organism::AddSite {
        /// The organism.
        organism_id: ID,
        /// How the organism calls it.
        name: String,
        /// Its own establishment number, under the organism's SIREN.
        siret: Option<String>,
        /// Number and street.
        address: String,
        /// Postal code.
        postal_code: String,
        /// Town.
        city: String,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The practitioner to declare.
    DeclarePractitionerInput => organism::DeclarePractitioner {
        /// The organism.
        organism_id: ID,
        /// Family name; left out by whoever has first names alone.
        family_name: Option<String>,
        /// First names, in their order; left out by whoever has a family name alone.
        first_names: Option<String>,
        /// Date of birth, where it is known whole; this or `bornOn`.
        birth_date: Option<Date>,
        /// Date of birth as far as it is known.
        born_on: Option<PartialDate>,
        /// Employee, contractor…
        legal_status: String,
        /// Where the CV is kept.
        cv_reference: String,
        /// Whether they train.
        trainer: bool,
        /// Whether they evaluate.
        evaluator: bool,
        /// Whether they sit on juries.
        jury_member: bool,
        /// The domains that they may evaluate, from 1 to 3.
        domains: Vec<i32>,
        /// Whether they are able in remote modes.
        remote_capable: bool,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The evaluator to validate.
    ValidateEvaluatorInput => organism::ValidateEvaluator {
        /// The evaluator.
        practitioner_id: ID,
        /// The authority that validates them.
        authority_id: ID,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The two records that are one person.
    MergePersonsInput => organism::MergePersons {
        /// The record whose person stands for both.
        kept_practitioner_id: ID,
        /// The record whose person is the same.
        merged_practitioner_id: ID,
        /// Why they are the same.
        reason: String,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
}

payload! {
    /// The organism registered, or why not.
    RegisterOrganismPayload {
        /// Null when refused.
        organism: Organism
    }
    /// The site added, or why not.
    AddSitePayload {
        /// Null when refused.
        site: Site
    }
    /// The practitioner declared, or why not.
    DeclarePractitionerPayload {
        /// Null when refused.
        practitioner: Practitioner
    }
    /// The evaluator validated, or why not.
    ValidateEvaluatorPayload {
        /// Null when refused.
        practitioner: Practitioner
    }
    /// The record that stands for both, or why not.
    MergePersonsPayload {
        /// Null when refused.
        practitioner: Practitioner
    }
}

/// Acts on organisms.
#[derive(Default)]
pub(crate) struct OrganismMutation;

#[Object]
impl OrganismMutation {
    /// Registers an organism; whoever does so becomes its first administrator (III.2.a).
    async fn register_organism(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RegisterOrganismInput,
    ) -> Result<RegisterOrganismPayload> {
        answer(ctx, organism::register(&act(ctx), input.convert()).await).await
    }

    /// Adds a site under the same SIREN, without a new application (III.7.c).
    async fn add_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: AddSiteInput,
    ) -> Result<AddSitePayload> {
        answer(ctx, organism::add_site(&act(ctx), input.convert()).await).await
    }

    /// Declares a trainer, evaluator or jury member (II.b).
    async fn declare_practitioner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: DeclarePractitionerInput,
    ) -> Result<DeclarePractitionerPayload> {
        answer(ctx, organism::declare_practitioner(&act(ctx), input.convert()).await).await
    }

    /// The authority validates an evaluator (IV.1.c).
    async fn validate_evaluator(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ValidateEvaluatorInput,
    ) -> Result<ValidateEvaluatorPayload> {
        answer(ctx, organism::validate_evaluator(&act(ctx), input.convert()).await).await
    }

    /// Tells that two records are one person, so that a trainer never evaluates under another (A3.3.b).
    async fn merge_persons(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: MergePersonsInput,
    ) -> Result<MergePersonsPayload> {
        answer(ctx, organism::merge_persons(&act(ctx), input.convert()).await).await
    }
}
