//! How far an enrolment has come, and the enrolment locked while something is added to it.

use crate::change::Changed;
use crate::context::Tx;
use crate::error::{ActResult, not_found};
use crate::habilitation;
use crate::policy::Place;
use crate::sight;
use chrono::NaiveDate;
use domain::Refusal;
use domain::evaluation::{EvaluationKind, Progress, Stage};
use domain::habilitation::HabilitationFacts;
use entity::ids::{EnrolmentId, HabilitationId};
use entity::{certificate, enrolment, evaluation, evaluation_result, training_path};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::HashMap;

/// How far an enrolment has come (A3.2.a).
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    /// The steps taken.
    pub(super) stage: Stage,
    /// What is acquired, all evaluations together (interpretation 11).
    pub(super) progress: Progress,
    /// The day of the prior evaluation.
    pub(super) prior_on: Option<NaiveDate>,
    /// The day of the last evaluation.
    pub(super) last_on: Option<NaiveDate>,
    /// How many final evaluations took place (interpretation 30).
    pub(super) finals: i32,
    /// The first day on which a training path was completed.
    pub(super) trained_on: Option<NaiveDate>,
}

impl Course {
    /// How far one enrolment has come.
    pub(super) async fn of(db: &impl ConnectionTrait, id: EnrolmentId) -> ActResult<Self> {
        Ok(Self::of_all(db, &[id]).await?.remove(&id).unwrap_or_default())
    }

    /// How far these enrolments have come; one of which nothing is known has only begun.
    pub(super) async fn of_all(
        db: &impl ConnectionTrait,
        ids: &[EnrolmentId],
    ) -> ActResult<HashMap<EnrolmentId, Self>> {
        let mut courses: HashMap<_, _> = ids.iter().map(|id| (*id, Self::default())).collect();
        let among = |column: evaluation::Column| column.is_in(ids.iter().copied());
        let evaluations = evaluation::Entity::find()
            .filter(among(evaluation::Column::EnrolmentId))
            .all(db)
            .await?;
        for row in &evaluations {
            courses.entry(row.enrolment_id).or_default().add_evaluation(row);
        }
        for (enrolment, results) in results(db, ids, &evaluations).await? {
            let acquired = results.iter().map(|r| (r.competence_code.as_str(), r.acquired));
            courses.entry(enrolment).or_default().progress = Progress::new(acquired);
        }
        let paths = training_path::Entity::find()
            .filter(training_path::Column::EnrolmentId.is_in(ids.iter().copied()))
            .all(db)
            .await?;
        for row in &paths {
            courses.entry(row.enrolment_id).or_default().add_path(row);
        }
        let awarded: Vec<EnrolmentId> = certificate::Entity::find()
            .select_only()
            .column(certificate::Column::EnrolmentId)
            .filter(certificate::Column::EnrolmentId.is_in(ids.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        for id in awarded {
            courses.entry(id).or_default().stage.awarded = true;
        }
        Ok(courses)
    }

    fn add_evaluation(&mut self, row: &evaluation::Model) {
        if self.last_on.is_none_or(|last| last < row.held_on) {
            self.last_on = Some(row.held_on);
        }
        match row.kind.0 {
            EvaluationKind::Prior => {
                self.stage.prior_done = true;
                self.prior_on = Some(row.held_on);
            }
            EvaluationKind::Final => self.finals = Ord::max(self.finals, row.sequence),
        }
    }

    fn add_path(&mut self, row: &training_path::Model) {
        let Some(completed) = row.completed_on else {
            self.stage.path_open = true;
            return;
        };
        self.stage.path_completed = true;
        self.trained_on = Some(self.trained_on.map_or(completed, |day| Ord::min(day, completed)));
    }
}

/// The results of evaluations, by enrolment.
async fn results(
    db: &impl ConnectionTrait,
    ids: &[EnrolmentId],
    evaluations: &[evaluation::Model],
) -> ActResult<HashMap<EnrolmentId, Vec<evaluation_result::Model>>> {
    let of_enrolments = evaluation::Entity::find()
        .select_only()
        .column(evaluation::Column::Id)
        .filter(evaluation::Column::EnrolmentId.is_in(ids.iter().copied()))
        .into_query();
    let rows = evaluation_result::Entity::find()
        .filter(evaluation_result::Column::EvaluationId.in_subquery(of_enrolments))
        .all(db)
        .await?;
    let owner: HashMap<_, _> = evaluations.iter().map(|e| (e.id, e.enrolment_id)).collect();
    let mut results: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        if let Some(enrolment) = owner.get(&row.evaluation_id) {
            results.entry(*enrolment).or_default().push(row);
        }
    }
    Ok(results)
}

/// The enrolment, seen by the actor, who may do the transaction's act, and locked; in the version that the actor saw,
/// where one is named.
pub(super) async fn lock(
    tx: &Tx,
    id: &str,
    expected_version: Option<i32>,
) -> ActResult<enrolment::Model> {
    let sight = tx.ctx().actor.sight();
    let seen =
        sight::find::<enrolment::Entity, EnrolmentId>(tx.conn(), &sight, id, "enrolmentId").await?;
    tx.require(&Place::organism(seen.organism_id))?;
    let row = enrolment::Entity::find_by_id(seen.id).lock_exclusive().one(tx.conn()).await?;
    let row = row.ok_or_else(|| not_found("enrolmentId"))?;
    if expected_version.is_some_and(|version| version != row.version) {
        let message =
            "Cette inscription a été modifiée entre-temps : relisez-la avant de recommencer.";
        return Err(Refusal::new("VERSION_CONFLICT", message).at(["expectedVersion"]).into());
    }
    Ok(row)
}

/// Something was added to these enrolments: whoever saw them before must look again.
pub(super) async fn touch(tx: &Tx, enrolments: &[enrolment::Model]) -> ActResult<()> {
    tx.changed(enrolments.iter().map(|row| Changed::Candidate(row.candidate_id)));
    enrolment::Entity::update_many()
        .col_expr(enrolment::Column::Version, Expr::col(enrolment::Column::Version).add(1))
        .filter(enrolment::Column::Id.is_in(enrolments.iter().map(|row| row.id)))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// What is known of these habilitations, their rows locked so that nobody suspends or withdraws one
/// meanwhile.
pub(super) async fn habilitations(
    tx: &Tx,
    mut ids: Vec<HabilitationId>,
) -> ActResult<HashMap<HabilitationId, HabilitationFacts>> {
    use entity::habilitation::{Column, Entity};
    ids.sort_unstable();
    ids.dedup();
    Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(Column::Id)
        .lock_shared()
        .all(tx.conn())
        .await?;
    habilitation::facts(tx.conn(), &ids).await
}

/// What is known of one habilitation, its row locked.
pub(super) async fn habilitation(tx: &Tx, id: HabilitationId) -> ActResult<HabilitationFacts> {
    let facts = habilitations(tx, vec![id]).await?.remove(&id);
    Ok(facts.ok_or_else(|| anyhow::anyhow!("no facts of habilitation {id}"))?)
}
