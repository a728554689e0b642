//! Evaluations with their results: the prior one on everything, final ones on what is missing (A3.2.a),
//! by qualified evaluators (A3.3.a) who did not train the candidate (A3.3.b).

use super::course::{self, Course};
use super::people::{self, Known};
use super::{at, day_refusals};
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure};
use crate::journal::Entry;
use crate::policy::Act;
use chrono::NaiveDate;
use domain::Refusals;
use domain::evaluation::{
    EvaluationKind, EvaluatorFacts, domains_of, evaluator_refusals, final_refusals, prior_refusals,
    separation_refusals,
};
use domain::habilitation::activity_refusals;
use entity::ids::{AccountId, EvaluationId, OrganismId, PersonId};
use entity::{enrolment, evaluation, evaluation_result};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde::Serialize;
use serde_json::json;

/// The result on one competence.
#[derive(Debug, Clone, Serialize)]
pub struct ResultInput {
    /// The competence's code, `1-1` to `3-4`.
    pub competence: String,
    /// Whether it is acquired.
    pub acquired: bool,
    /// The practitioner who evaluated it.
    pub evaluator_id: String,
}

/// An evaluation that took place.
#[derive(Debug, Clone, Serialize)]
pub struct RecordEvaluation {
    /// The enrolment.
    pub enrolment_id: String,
    /// The day on which it was held.
    pub held_on: NaiveDate,
    /// Whether it was held remotely.
    pub remote: bool,
    /// A result per competence evaluated.
    pub results: Vec<ResultInput>,
    /// The enrolment's version that was seen.
    pub expected_version: i32,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RecordEvaluation);

/// Records the prior evaluation, on all seventeen competences (A3.2.a). Refuses what its stage, its
/// dates, the habilitation (V.3) or its evaluators (A3.3.a, A3.3.b) stand against, all together.
pub async fn record_prior(ctx: &Context, input: RecordEvaluation) -> ActResult<EvaluationId> {
    record(ctx, EvaluationKind::Prior, input).await
}

/// Records a final evaluation, on exactly what is not acquired yet (A3.2.a, interpretation 30). Refuses
/// as [`record_prior`] does.
pub async fn record_final(ctx: &Context, input: RecordEvaluation) -> ActResult<EvaluationId> {
    record(ctx, EvaluationKind::Final, input).await
}

async fn record(
    ctx: &Context,
    kind: EvaluationKind,
    input: RecordEvaluation,
) -> ActResult<EvaluationId> {
    let act = match kind {
        EvaluationKind::Prior => Act::RecordPriorEvaluation,
        EvaluationKind::Final => Act::RecordFinalEvaluation,
    };
    ctx.act(act, input, |tx, input| record_in(tx, kind, input)).await
}

async fn record_in(
    tx: Tx,
    kind: EvaluationKind,
    input: RecordEvaluation,
) -> ActResult<(EvaluationId, Entry)> {
    let account = tx.answerable()?;
    let enrolment = course::lock(&tx, &input.enrolment_id, Some(input.expected_version)).await?;
    let course = Course::of(tx.conn(), enrolment.id).await?;
    let facts = course::habilitation(&tx, enrolment.habilitation_id).await?;
    let evaluators = evaluators(&tx, &input.results).await?;
    let same = people::same_candidates(&tx, &[enrolment.candidate_id]).await?;
    let trainers = people::trainers(&tx, &same).await?;
    let codes: Vec<_> = input.results.iter().map(|r| r.competence.clone()).collect();
    let mut refusals = match kind {
        EvaluationKind::Prior => prior_refusals(course.stage, &codes),
        EvaluationKind::Final => final_refusals(course.stage, &course.progress, &codes),
    };
    refusals.extend(held_refusals(input.held_on, tx.today(), &enrolment, &course));
    let activity = activity_refusals(&facts, input.held_on, enrolment.enrolled_on);
    refusals.extend(at(&["heldOn"], activity));
    refusals.extend(qualification_refusals(&evaluators, &input, enrolment.organism_id));
    refusals.extend(apart_refusals(&evaluators, &trainers));
    ensure(refusals)?;
    let id = EvaluationId::new();
    write(
        &tx,
        new_row(id, kind, &enrolment, (account, &course), &input, tx.today()),
        &evaluators,
        &input.results,
    )
    .await?;
    course::touch(&tx, std::slice::from_ref(&enrolment)).await?;
    Ok((id, entry(kind, id, &enrolment)))
}

/// Who gave which results.
struct Evaluator {
    known: Known,
    /// The positions of their results.
    results: Vec<usize>,
}

impl Evaluator {
    /// The input's field of their first result.
    fn path(&self) -> [String; 3] {
        let first = self.results.first().copied().unwrap_or_default();
        ["results".to_owned(), first.to_string(), "evaluatorId".to_owned()]
    }
}

/// The evaluators that the results name, each once.
async fn evaluators(tx: &Tx, results: &[ResultInput]) -> ActResult<Vec<Evaluator>> {
    let ids: Vec<&str> = results.iter().map(|r| r.evaluator_id.as_str()).collect();
    let path = |i: usize| vec!["results".to_owned(), i.to_string(), "evaluatorId".to_owned()];
    let mut evaluators: Vec<Evaluator> = Vec::new();
    for (i, known) in people::practitioners(tx, &ids, path).await?.into_iter().enumerate() {
        match evaluators.iter_mut().find(|e| e.known.row.id == known.row.id) {
            Some(evaluator) => evaluator.results.push(i),
            None => evaluators.push(Evaluator { known, results: vec![i] }),
        }
    }
    Ok(evaluators)
}

/// The evaluation is held from the enrolment on; a final one once a training path was completed.
fn held_refusals(
    held_on: NaiveDate,
    today: NaiveDate,
    enrolment: &enrolment::Model,
    course: &Course,
) -> Refusals {
    let follows = [
        ("l’inscription du candidat", Some(enrolment.enrolled_on)),
        ("la dernière évaluation", course.last_on),
        ("la fin du parcours de formation", course.trained_on),
    ];
    day_refusals("heldOn", held_on, today, &follows)
}

/// A3.3.a: each evaluator is the organism's, validated, and qualified for the domains of their results.
fn qualification_refusals(
    evaluators: &[Evaluator],
    input: &RecordEvaluation,
    organism: OrganismId,
) -> Refusals {
    let mut refusals = Refusals::new();
    for evaluator in evaluators {
        let row = &evaluator.known.row;
        let facts = EvaluatorFacts {
            is_evaluator: row.is_evaluator,
            validated_on: row.validated_on,
            domains: evaluator.known.domains(),
            remote_capable: row.remote_capable,
            of_organism: row.organism_id == organism,
        };
        let given = evaluator.results.iter().filter_map(|i| input.results.get(*i));
        let domains = domains_of(given.map(|result| result.competence.as_str()));
        let found = evaluator_refusals(&facts, &domains, input.remote, input.held_on);
        refusals.extend(at(&evaluator.path(), found));
    }
    refusals
}

/// A3.3.b: nobody who trained the candidate evaluates them, also under another record.
fn apart_refusals(evaluators: &[Evaluator], trainers: &[PersonId]) -> Refusals {
    let mut refusals = Refusals::new();
    for evaluator in evaluators {
        let found = separation_refusals(trainers, &[evaluator.known.person]);
        refusals.extend(found.into_iter().map(|refusal| refusal.at(evaluator.path())));
    }
    refusals
}

fn new_row(
    id: EvaluationId,
    kind: EvaluationKind,
    enrolment: &enrolment::Model,
    (account, course): (AccountId, &Course),
    input: &RecordEvaluation,
    today: NaiveDate,
) -> evaluation::ActiveModel {
    let sequence = match kind {
        EvaluationKind::Prior => 1,
        EvaluationKind::Final => course.finals + 1,
    };
    evaluation::ActiveModel {
        id: Set(id),
        enrolment_id: Set(enrolment.id),
        kind: Set(kind.into()),
        sequence: Set(sequence),
        held_on: Set(input.held_on),
        remote: Set(input.remote),
        recorded_on: Set(today),
        recorded_by_id: Set(account),
    }
}

async fn write(
    tx: &Tx,
    row: evaluation::ActiveModel,
    evaluators: &[Evaluator],
    results: &[ResultInput],
) -> ActResult<()> {
    let id = row.insert(tx.conn()).await?.id;
    let mut rows = Vec::with_capacity(results.len());
    for evaluator in evaluators {
        for result in evaluator.results.iter().filter_map(|i| results.get(*i)) {
            rows.push(evaluation_result::ActiveModel {
                evaluation_id: Set(id),
                competence_code: Set(result.competence.clone()),
                acquired: Set(result.acquired),
                evaluator_id: Set(evaluator.known.row.id),
            });
        }
    }
    evaluation_result::Entity::insert_many(rows).exec_without_returning(tx.conn()).await?;
    Ok(())
}

fn entry(kind: EvaluationKind, id: EvaluationId, enrolment: &enrolment::Model) -> Entry {
    let summary = match kind {
        EvaluationKind::Prior => "Évaluation préalable enregistrée",
        EvaluationKind::Final => "Évaluation finale enregistrée",
    };
    Entry::new(enrolment.id, summary)
        .under("A3.2.a")
        .about(enrolment.organism_id)
        .with(json!({ "evaluation": id }))
}
