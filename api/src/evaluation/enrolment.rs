//! Enrolments as objects.

use super::{
    Candidate, Certificate, CompetenceResult, DomainResult, Evaluation, JuryDecision, Results,
    TrainingPath, competence_results, domain_results, progress,
};
use crate::authority::{Competence, Framework, FrameworkCompetences, FrameworkDomains};
use crate::habilitation::Habilitation;
use crate::load::{self, list};
use crate::object::object;
use crate::ops::{Timeline, TimelineConnection};
use crate::organism::{Organism, Site};
use crate::page::Asked;
use crate::scalar::Date;
use api_derive::paged;
use async_graphql::{Context, ID, List, Object};
use entity::ids::{CertificateId, EnrolmentId, EvaluationId, JuryDecisionId, TrainingPathId};
use service::sight::Visible;

list! {
    /// The evaluations of an enrolment, in order.
    EnrolmentEvaluations {} = "enrolment.evaluations", evaluation by EvaluationId(Id, id), oldest first,
    under EnrolmentId(EnrolmentId, enrolment_id),
    with [Results];
    |self, sight| entity::evaluation::Entity::visible(sight)
}

list! {
    /// The training paths of an enrolment, in order.
    EnrolmentPaths {} = "enrolment.trainingPaths", training_path by TrainingPathId(Id, id), oldest first,
    under EnrolmentId(EnrolmentId, enrolment_id);
    |self, sight| entity::training_path::Entity::visible(sight)
}

list! {
    /// The jury's decisions on an enrolment, in order.
    EnrolmentJuryDecisions {} = "enrolment.juryDecisions", jury_decision by JuryDecisionId(Id, id), oldest first,
    under EnrolmentId(EnrolmentId, enrolment_id);
    |self, sight| entity::jury_decision::Entity::visible(sight)
}

list! {
    /// The certificate of an enrolment: one at most.
    EnrolmentCertificate {} = "enrolment.certificate", certificate by CertificateId(Id, id), oldest first,
    under EnrolmentId(EnrolmentId, enrolment_id);
    |self, sight| entity::certificate::Entity::visible(sight)
}

object! {
    /// An enrolment.
    Enrolment = seen enrolment by EnrolmentId;
    /// A page of enrolments.
    EnrolmentConnection,
    /// An enrolment in a page.
    EnrolmentEdge,
    /// The enrolment.
    node
}

/// A candidate with an organism, under one habilitation (A3.1.a).
#[paged]
#[Object]
impl Enrolment {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who is enrolled.
    async fn candidate(&self, ctx: &Context<'_>) -> Option<Candidate> {
        load::get(ctx, self.0.candidate_id).await
    }

    /// Who trains and evaluates.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get(ctx, self.0.organism_id).await
    }

    /// Under which habilitation.
    async fn habilitation(&self, ctx: &Context<'_>) -> Option<Habilitation> {
        load::get(ctx, self.0.habilitation_id).await
    }

    /// On which framework.
    async fn framework(&self, ctx: &Context<'_>) -> Option<Framework> {
        load::get(ctx, self.0.framework_id).await
    }

    /// Where.
    async fn site(&self, ctx: &Context<'_>) -> Option<Site> {
        load::get(ctx, self.0.site_id).await
    }

    /// The day of the enrolment.
    async fn enrolled_on(&self) -> Date {
        self.0.enrolled_on.into()
    }

    /// The day on which the purpose of the processing was told (IV.7.d).
    async fn purpose_told_on(&self) -> Date {
        self.0.purpose_told_on.into()
    }

    /// The day on which the disability contact was communicated (A3.6.a).
    async fn disability_contact_told_on(&self) -> Date {
        self.0.disability_contact_told_on.into()
    }

    /// Competence by competence: prior and final evaluations (A3.4.b).
    async fn results(&self, ctx: &Context<'_>) -> Option<Vec<CompetenceResult>> {
        let wordings: Vec<Competence> =
            load::all(ctx, FrameworkCompetences {}, self.0.framework_id).await?;
        Some(competence_results(&self.lineage(ctx).await?, wordings))
    }

    /// Domain by domain: validated when all its competences are acquired (interpretation 11).
    async fn domains(&self, ctx: &Context<'_>) -> Option<Vec<DomainResult>> {
        let titles = load::all(ctx, FrameworkDomains {}, self.0.framework_id).await?;
        Some(domain_results(&progress(&self.lineage(ctx).await?), titles))
    }

    /// Whether the transversal dimension is acquired: shown, but no condition of its own (A1.a).
    async fn transversal_acquired(&self, ctx: &Context<'_>) -> Option<bool> {
        Some(progress(&self.lineage(ctx).await?).transversal_acquired())
    }

    /// Whether the three domains are validated, so that a jury may award the certificate (A3.4.a).
    async fn admissible(&self, ctx: &Context<'_>) -> Option<bool> {
        Some(progress(&self.lineage(ctx).await?).all_domains_validated())
    }

    /// The prior evaluation and the final ones, in order (A3.2.a).
    async fn evaluations(&self, ctx: &Context<'_>) -> Option<List<Evaluation>> {
        load::all(ctx, EnrolmentEvaluations {}, self.0.id).await.map(List)
    }

    /// The training between evaluations, in order (A3.2.a).
    async fn training_paths(&self, ctx: &Context<'_>) -> Option<Vec<TrainingPath>> {
        load::all(ctx, EnrolmentPaths {}, self.0.id).await
    }

    /// What juries decided, in order (A3.5.a).
    async fn jury_decisions(&self, ctx: &Context<'_>) -> Option<Vec<JuryDecision>> {
        load::all(ctx, EnrolmentJuryDecisions {}, self.0.id).await
    }

    /// The award, when there is one.
    async fn certificate(&self, ctx: &Context<'_>) -> Option<Certificate> {
        load::all(ctx, EnrolmentCertificate {}, self.0.id).await?.pop()
    }

    /// Its history, newest first (X.b).
    async fn timeline(&self, ctx: &Context<'_>, asked: Asked) -> Option<TimelineConnection> {
        load::page(ctx, Timeline {}, self.0.id.into(), asked).await
    }

    /// To be given back by the acts that two people may do at once.
    async fn version(&self) -> i32 {
        self.0.version
    }
}
