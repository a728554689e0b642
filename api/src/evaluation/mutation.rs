//! The acts of annexe 3.

use super::{Candidate, Enrolment, Evaluation, Jury, TrainingPath};
use super::{DeliveryChoice, Sex};
use crate::caller::act;
use crate::input::{Convert, input};
use crate::refusal::{answer, payload};
use crate::scalar::{Date, PartialDate};
use async_graphql::{Context, ID, Object, Result};
use service::evaluation;

input! {
    /// The person to register.
    RegisterCandidateInput => evaluation::RegisterCandidate {
        /// The organism that registers them.
        organism_id: ID,
        /// Family name at birth; left out by whoever has first names alone.
        birth_name: Option<String>,
        /// Family name used, when it is another.
        used_name: Option<String>,
        /// First names, in their order; left out by whoever has a family name alone.
        first_names: Option<String>,
        /// Date of birth, where it is known whole; this or `bornOn`.
        birth_date: Option<Date>,
        /// Date of birth as far as it is known.
        born_on: Option<PartialDate>,
        /// As the Caisse des Dépôts asks for it.
        sex: Sex,
        /// INSEE code of the commune of birth on that date, not its postal code; none abroad.
        birth_place_code: Option<String>,
        /// Town of birth.
        birth_place_name: String,
        /// Country of birth.
        birth_country: String,
        /// Where they are written to.
        email: Option<String>,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The enrolment to record.
    EnrolCandidateInput => evaluation::EnrolCandidate {
        /// Who enrols.
        candidate_id: ID,
        /// Under which habilitation, in force today.
        habilitation_id: ID,
        /// On which framework: the habilitation's own (I.d).
        framework_id: ID,
        /// Where.
        site_id: ID,
        /// Whether the purpose of the processing was told (IV.7.d).
        purpose_told: bool,
        /// Whether the disability contact was communicated (A3.6.a).
        disability_contact_told: bool,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// One competence at one evaluation.
    ResultInput => evaluation::ResultInput {
        /// The competence's code, e.g. `2-4`.
        competence: String,
        /// Whether it is acquired.
        acquired: bool,
        /// Who evaluated it.
        evaluator_id: ID,
    }
    /// The prior evaluation to record.
    RecordPriorEvaluationInput => evaluation::RecordEvaluation {
        /// Whose.
        enrolment_id: ID,
        /// The day on which it was held.
        held_on: Date,
        /// Whether it was held remotely.
        remote: bool,
        /// All competences, once each (A3.2.a).
        results: Vec<ResultInput>,
        /// The enrolment's version that the results were entered on.
        expected_version: i32,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The final evaluation to record.
    RecordFinalEvaluationInput => evaluation::RecordEvaluation {
        /// Whose.
        enrolment_id: ID,
        /// The day on which it was held.
        held_on: Date,
        /// Whether it was held remotely.
        remote: bool,
        /// Exactly the competences not yet acquired (A3.2.a).
        results: Vec<ResultInput>,
        /// The enrolment's version that the results were entered on.
        expected_version: i32,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The training path to open.
    OpenTrainingPathInput => evaluation::OpenTrainingPath {
        /// Whose.
        enrolment_id: ID,
        /// Its first day.
        starts_on: Date,
        /// Who trains on it.
        trainer_ids: Vec<ID>,
        /// The enrolment's version that it was prepared on.
        expected_version: i32,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The training path to complete.
    CompleteTrainingPathInput => evaluation::CompleteTrainingPath {
        /// The path.
        training_path_id: ID,
        /// Its last day.
        completed_on: Date,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// What a jury decided on one candidate.
    JuryDecisionInput => evaluation::JuryDecisionInput {
        /// On whom.
        enrolment_id: ID,
        /// Whether the certificate is awarded.
        favourable: bool,
        /// Why, in French.
        grounds: String,
        /// How the candidate wants the parchment.
        delivery: DeliveryChoice,
    }
    /// The sitting to record.
    RecordJuryInput => evaluation::RecordJury {
        /// Whose jury.
        organism_id: ID,
        /// Its day.
        held_on: Date,
        /// Who sat: declared jury members, none of them a trainer of the candidates (A3.5.a).
        member_ids: Vec<ID>,
        /// Its minutes, in French.
        minutes: String,
        /// What it decided, candidate by candidate.
        decisions: Vec<JuryDecisionInput>,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
}

payload! {
    /// The person registered, or why not.
    RegisterCandidatePayload {
        /// Null when refused.
        candidate: Candidate
    }
    /// The enrolment, or why not.
    EnrolCandidatePayload {
        /// Null when refused.
        enrolment: Enrolment
    }
    /// The prior evaluation recorded, or why not.
    RecordPriorEvaluationPayload {
        /// Null when refused.
        evaluation: Evaluation
    }
    /// The final evaluation recorded, or why not.
    RecordFinalEvaluationPayload {
        /// Null when refused.
        evaluation: Evaluation
    }
    /// The path opened, or why not.
    OpenTrainingPathPayload {
        /// Null when refused.
        training_path: TrainingPath
    }
    /// The path completed, or why not.
    CompleteTrainingPathPayload {
        /// Null when refused.
        training_path: TrainingPath
    }
    /// The sitting recorded, or why not.
    RecordJuryPayload {
        /// Null when refused.
        jury: Jury
    }
}

/// The acts of annexe 3.
#[derive(Default)]
pub(crate) struct EvaluationMutation;

#[Object]
impl EvaluationMutation {
    /// Registers a person with an organism (A3.1.a).
    async fn register_candidate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RegisterCandidateInput,
    ) -> Result<RegisterCandidatePayload> {
        answer(ctx, evaluation::register_candidate(&act(ctx), input.convert()).await).await
    }

    /// Enrols a candidate under a habilitation in force today (A3.1.a).
    async fn enrol_candidate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: EnrolCandidateInput,
    ) -> Result<EnrolCandidatePayload> {
        answer(ctx, evaluation::enrol(&act(ctx), input.convert()).await).await
    }

    /// Records the prior evaluation, on all competences (A3.2.a).
    async fn record_prior_evaluation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RecordPriorEvaluationInput,
    ) -> Result<RecordPriorEvaluationPayload> {
        answer(ctx, evaluation::record_prior(&act(ctx), input.convert()).await).await
    }

    /// Opens training on what is missing (A3.2.a).
    async fn open_training_path(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: OpenTrainingPathInput,
    ) -> Result<OpenTrainingPathPayload> {
        answer(ctx, evaluation::open_path(&act(ctx), input.convert()).await).await
    }

    /// Tells that training is completed (A3.2.a).
    async fn complete_training_path(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: CompleteTrainingPathInput,
    ) -> Result<CompleteTrainingPathPayload> {
        answer(ctx, evaluation::complete_path(&act(ctx), input.convert()).await).await
    }

    /// Records a final evaluation, on exactly what is not yet acquired (A3.2.a).
    async fn record_final_evaluation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RecordFinalEvaluationInput,
    ) -> Result<RecordFinalEvaluationPayload> {
        answer(ctx, evaluation::record_final(&act(ctx), input.convert()).await).await
    }

    /// Records a jury's sitting; certificates are awarded on its favourable decisions (A3.5.a).
    async fn record_jury(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RecordJuryInput,
    ) -> Result<RecordJuryPayload> {
        answer(ctx, evaluation::record_jury(&act(ctx), input.convert()).await).await
    }
}
