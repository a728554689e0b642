//! Opinions and decisions as objects.

use super::Application;
use super::Outcome;
use crate::authority::{Criterion, Meeting};
use crate::deadline::{Deadline, SubjectDeadline};
use crate::load::{self, list};
use crate::notice::{Document, DocumentOf, NotifiedOn};
use crate::object::Global;
use crate::scalar::Date;
use async_graphql::{Context, ID, Object};
use domain::deadline::DeadlineKind;
use domain::notification::NoticeKind;
use entity::ids::{CriterionId, DecisionFindingId, DecisionId, OpinionFindingId, OpinionId};
use entity::kind::{DeadlineStatus, DocumentKind};
use sea_orm::EntityTrait;

/// The notices by which a decision is notified.
const NOTICES: &[NoticeKind] = &[NoticeKind::DecisionAccepted, NoticeKind::DecisionRefused];

list! {
    /// The findings of an opinion.
    OpinionFindings {} = "opinion.findings", opinion_finding by OpinionFindingId(Id, id), oldest first,
    under OpinionId(OpinionId, opinion_id);
    |self, _sight| entity::opinion_finding::Entity::find()
}

list! {
    /// The findings of a decision.
    DecisionFindings {} = "decision.findings", decision_finding by DecisionFindingId(Id, id), oldest first,
    under DecisionId(DecisionId, decision_id);
    |self, _sight| entity::decision_finding::Entity::find()
}

/// A finding.
pub(crate) struct Finding {
    criterion: CriterionId,
    satisfied: bool,
    grounds: String,
}

impl From<entity::opinion_finding::Model> for Finding {
    fn from(row: entity::opinion_finding::Model) -> Self {
        Self { criterion: row.criterion_id, satisfied: row.satisfied, grounds: row.grounds }
    }
}

impl From<entity::decision_finding::Model> for Finding {
    fn from(row: entity::decision_finding::Model) -> Self {
        Self { criterion: row.criterion_id, satisfied: row.satisfied, grounds: row.grounds }
    }
}

/// What was found on one criterion (II.c).
#[Object]
impl Finding {
    /// The criterion.
    async fn criterion(&self, ctx: &Context<'_>) -> Option<Criterion> {
        load::get(ctx, self.criterion).await
    }

    /// Whether it is satisfied.
    async fn satisfied(&self) -> bool {
        self.satisfied
    }

    /// Why.
    async fn grounds(&self) -> &str {
        &self.grounds
    }
}

/// An opinion.
pub(crate) struct Opinion(entity::opinion::Model);

impl From<entity::opinion::Model> for Opinion {
    fn from(row: entity::opinion::Model) -> Self {
        Self(row)
    }
}

/// The opinion on an application, motivated per criterion (III.4.b).
#[Object]
impl Opinion {
    /// The day on which it was settled.
    async fn given_on(&self) -> Date {
        self.0.given_on.into()
    }

    /// One per criterion.
    async fn findings(&self, ctx: &Context<'_>) -> Option<Vec<Finding>> {
        load::all(ctx, OpinionFindings {}, self.0.id).await
    }
}

/// A decision, with the application that it is on.
pub(crate) struct Decision {
    pub(crate) row: entity::decision::Model,
    pub(crate) application: entity::application::Model,
}

impl Decision {
    fn refused(&self) -> bool {
        self.row.outcome.0 == domain::application::Outcome::Refused
    }
}

/// The decision on an application, taken at a meeting (III.5.a).
#[Object]
impl Decision {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// What it is on.
    async fn application(&self) -> Application {
        self.application.clone().into()
    }

    /// Accepted or refused.
    async fn outcome(&self) -> Outcome {
        self.row.outcome.0.into()
    }

    /// The meeting at which it was taken.
    async fn meeting(&self, ctx: &Context<'_>) -> Option<Meeting> {
        load::get(ctx, self.row.meeting_id).await
    }

    /// The day of that meeting.
    async fn decided_on(&self) -> Date {
        self.row.decided_on.into()
    }

    /// The authority's finding on each criterion (II.c, III.5.c).
    async fn findings(&self, ctx: &Context<'_>) -> Option<Vec<Finding>> {
        load::all(ctx, DecisionFindings {}, self.row.id).await
    }

    /// The years of the habilitation, on an acceptance (III.5.b).
    async fn duration_years(&self) -> Option<i32> {
        self.row.duration_years
    }

    /// The professional field, on a CPNE's acceptance (III.5.b).
    async fn professional_field(&self) -> Option<&str> {
        self.row.professional_field.as_deref()
    }

    /// The day of its notification; null before (III.5.d).
    async fn notified_on(&self, ctx: &Context<'_>) -> Option<Date> {
        load::one(ctx, NotifiedOn { subject: self.application.id.into(), kinds: NOTICES })
            .await
            .map(Date)
    }

    /// The letter, once written.
    async fn letter(&self, ctx: &Context<'_>) -> Option<Document> {
        load::one(ctx, DocumentOf::new(DocumentKind::DecisionLetter, self.application.id)).await
    }

    /// Where an appeal is sent, on a refusal (III.5.c).
    async fn appeal_contact(&self, ctx: &Context<'_>) -> Option<String> {
        if !self.refused() {
            return None;
        }
        let authority = load::row(ctx, self.application.authority_id).await?;
        Some(authority.appeal_contact)
    }

    /// How long an appeal may be lodged, on a refusal, in French; it runs from the notification (III.8.a).
    async fn appeal_delay(&self) -> Option<String> {
        self.refused().then(|| DeadlineKind::AppealLodged.rule().span.to_string())
    }

    /// The last day to appeal with its arithmetic; null while the refusal is not notified (III.8.a).
    async fn appeal_until(&self, ctx: &Context<'_>) -> Option<Deadline> {
        let key = SubjectDeadline {
            subject: self.application.id.into(),
            kind: DeadlineKind::AppealLodged,
        };
        let row = load::one(ctx, key).await.filter(|row| *row.status != DeadlineStatus::Cancelled);
        row.map(Deadline::from)
    }
}

impl Global for Decision {
    type Id = DecisionId;

    async fn find(ctx: &Context<'_>, id: DecisionId, _alone: bool) -> Option<Self> {
        let row = load::row(ctx, id).await?;
        let application = load::row(ctx, row.application_id).await?;
        Some(Self { row, application })
    }
}
