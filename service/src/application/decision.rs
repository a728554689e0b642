//! III.5: the decision at the meeting.

use super::case::Case;
use super::{FindingInput, bump, criteria, find, place};
use crate::context::{Context, Tx};
use crate::deadline::{self, NewDeadline};
use crate::error::{ActResult, ensure};
use crate::journal::Entry;
use crate::policy::Act;
use crate::sight;
use crate::task::Task;
use domain::application::{ApplicationStatus, Finding, Outcome, findings_refusals};
use domain::authority::AuthorityKind;
use domain::deadline::{DeadlineKind, format_date_fr};
use domain::term::TERM_YEARS;
use domain::{Refusal, Refusals};
use entity::ids::{ApplicationId, DecisionFindingId, DecisionId, HabilitationId, MeetingId};
use entity::practitioner::Column as Practitioner;
use entity::{
    application, authority, decision, decision_finding, habilitation, meeting, opinion,
    practitioner,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

/// What the authority decides on an application at its meeting.
#[derive(Debug, Clone, Serialize)]
pub struct DecideApplication {
    /// The application.
    pub application_id: String,
    /// The meeting at which it is decided.
    pub meeting_id: String,
    /// Accepted or refused.
    pub outcome: Outcome,
    /// The authority's finding on each criterion.
    pub findings: Vec<FindingInput>,
    /// The professional field, of a CPNE's acceptance (III.5.b).
    pub professional_field: Option<String>,
    /// The application's version that was read.
    pub expected_version: i32,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(DecideApplication);

/// Decides on an application (III.5.a): by a decider of the competent authority (I.a, I.e), at the
/// meeting on whose agenda it is, on the criteria (II.a). The worker then notifies it (III.5.d); it has
/// no effect before (interpretation 5).
pub async fn decide(ctx: &Context, input: DecideApplication) -> ActResult<ApplicationId> {
    ctx.act(Act::DecideApplication, input, decide_in).await
}

async fn decide_in(tx: Tx, input: DecideApplication) -> ActResult<(ApplicationId, Entry)> {
    let account = tx.account()?;
    let row = find(&tx, &input.application_id).await?;
    tx.require(&place(&row))?;
    let sight = tx.ctx().actor.sight();
    let meeting = sight::find::<meeting::Entity, MeetingId>(
        tx.conn(),
        &sight,
        &input.meeting_id,
        "meetingId",
    )
    .await?;
    let (codes, ids) = criteria(tx.conn(), row.framework_id).await?;
    let findings: Vec<Finding> = input.findings.iter().map(Finding::from).collect();
    let field = input.professional_field.as_deref().map(str::trim).filter(|f| !f.is_empty());
    let case = Case::load(&tx, &row).await?;
    let mut refusals = case.decide_refusals(&meeting, input.outcome, &findings);
    if !findings.is_empty() {
        refusals.extend(findings_refusals(&codes, &findings));
    }
    refusals.extend(field_refusals(&tx, &row, input.outcome, field).await?);
    ensure(refusals)?;
    let accepted = input.outcome == Outcome::Accepted;
    let status = if accepted { ApplicationStatus::Accepted } else { ApplicationStatus::Refused };
    let status = Expr::value(status.as_str());
    bump(&tx, &row, input.expected_version, [(application::Column::Status, status)]).await?;
    let id = DecisionId::new();
    decision::ActiveModel {
        id: Set(id),
        application_id: Set(row.id),
        meeting_id: Set(meeting.id),
        outcome: Set(input.outcome.into()),
        decided_on: Set(meeting.held_on),
        decided_by_id: Set(account),
        recorded_at: Set(tx.now.at),
        duration_years: Set(accepted.then_some(i32::try_from(TERM_YEARS).unwrap_or(3))),
        professional_field: Set(field.filter(|_| accepted).map(str::to_owned)),
    }
    .insert(tx.conn())
    .await?;
    let rows = findings.into_iter().filter_map(|f| {
        Some(decision_finding::ActiveModel {
            id: Set(DecisionFindingId::new()),
            decision_id: Set(id),
            criterion_id: Set(*ids.get(&f.criterion)?),
            satisfied: Set(f.satisfied),
            grounds: Set(f.grounds),
        })
    });
    decision_finding::Entity::insert_many(rows).exec_without_returning(tx.conn()).await?;
    if accepted {
        habilitate(&tx, &row, &meeting).await?;
    }
    notification_deadline(&tx, &row, &meeting).await?;
    tx.enqueue(Task::NotifyDecision { decision: id }).await?;
    let what = if accepted { "acceptée" } else { "refusée" };
    let summary = format!(
        "Demande {} {what} à la réunion du {}",
        row.number,
        format_date_fr(meeting.held_on)
    );
    let entry = Entry::new(row.id, summary);
    Ok((row.id, entry.under("III.5.a").about(row.organism_id)))
}

/// III.5.b: a CPNE's acceptance states the professional field; Certif Pro's does not.
async fn field_refusals(
    tx: &Tx,
    row: &application::Model,
    outcome: Outcome,
    field: Option<&str>,
) -> ActResult<Refusals> {
    let authority = authority::Entity::find_by_id(row.authority_id).one(tx.conn()).await?;
    let cpne = authority.is_some_and(|a| *a.kind == AuthorityKind::Cpne);
    let mut refusals = Refusals::new();
    if cpne && outcome == Outcome::Accepted && field.is_none() {
        let message = "L’acceptation d’une CPNE indique le champ professionnel.";
        refusals.push(
            Refusal::new("PROFESSIONAL_FIELD_REQUIRED", message)
                .at(["professionalField"])
                .under("III.5.b"),
        );
    }
    Ok(refusals)
}

/// The habilitation, without effect until its notification, and the evaluators that were examined
/// with the application (interpretation 29).
async fn habilitate(tx: &Tx, row: &application::Model, meeting: &meeting::Model) -> ActResult<()> {
    habilitation::ActiveModel {
        id: Set(HabilitationId::new()),
        organism_id: Set(row.organism_id),
        application_id: Set(Some(row.id)),
        authority_id: Set(row.authority_id),
        framework_id: Set(row.framework_id),
        decided_on: Set(meeting.held_on),
        notified_on: Set(None),
        term_ends_on: Set(None),
        renewed_on: Set(None),
        expired_on: Set(None),
        expiry_obstacles: Set(None),
        withdrawn_on: Set(None),
        renounced_on: Set(None),
        version: Set(1),
    }
    .insert(tx.conn())
    .await?;
    let opinion = opinion::Entity::find()
        .filter(opinion::Column::ApplicationId.eq(row.id))
        .one(tx.conn())
        .await?
        .ok_or_else(|| anyhow::anyhow!("an instructed application has an opinion"))?;
    practitioner::Entity::update_many()
        .col_expr(Practitioner::ValidatedOn, Expr::value(meeting.held_on))
        .filter(Practitioner::OrganismId.eq(row.organism_id))
        .filter(Practitioner::IsEvaluator.eq(true))
        .filter(Practitioner::ValidatedOn.is_null())
        .filter(Practitioner::DeclaredOn.lte(opinion.given_on))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// III.5.d: Certif Pro notifies within 20 working days of the meeting; a CPNE within its own calendar.
async fn notification_deadline(
    tx: &Tx,
    row: &application::Model,
    meeting: &meeting::Model,
) -> ActResult<()> {
    let authority = authority::Entity::find_by_id(row.authority_id).one(tx.conn()).await?;
    if !authority.is_some_and(|a| *a.kind == AuthorityKind::CertifPro) {
        return Ok(());
    }
    let new = NewDeadline {
        kind: DeadlineKind::DecisionNotified,
        subject: row.id.into(),
        authority: Some(row.authority_id),
        organism: None,
        started_on: meeting.held_on,
    };
    deadline::open(tx, new).await
}
