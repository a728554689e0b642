//! Training paths on what the prior evaluation found missing (A3.2.a), with trainers who never evaluate
//! the candidate (A3.3.b).

use super::course::{self, Course};
use super::people::{self, Known};
use super::{at, day_refusals};
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure, not_found};
use crate::journal::Entry;
use crate::policy::Act;
use crate::sight;
use chrono::NaiveDate;
use domain::evaluation::path_refusals;
use domain::habilitation::activity_refusals;
use domain::{Refusal, Refusals, date};
use entity::ids::{OrganismId, PersonId, TrainingPathId};
use entity::{enrolment, training_path, training_path_trainer};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, QuerySelect};
use serde::Serialize;
use serde_json::json;

/// A training path for a candidate.
#[derive(Debug, Clone, Serialize)]
pub struct OpenTrainingPath {
    /// The enrolment.
    pub enrolment_id: String,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// The practitioners who train.
    pub trainer_ids: Vec<String>,
    /// The enrolment's version that was seen.
    pub expected_version: i32,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(OpenTrainingPath);

/// Opens a training path (A3.2.a). Refuses what the stage, the dates, the habilitation (V.3) or the
/// trainers stand against: who evaluated the candidate does not train them (A3.3.b).
pub async fn open_path(ctx: &Context, input: OpenTrainingPath) -> ActResult<TrainingPathId> {
    ctx.act(Act::OpenTrainingPath, input, open_path_in).await
}

async fn open_path_in(tx: Tx, input: OpenTrainingPath) -> ActResult<(TrainingPathId, Entry)> {
    tx.answerable()?;
    let enrolment = course::lock(&tx, &input.enrolment_id, Some(input.expected_version)).await?;
    let course = Course::of(tx.conn(), enrolment.id).await?;
    let facts = course::habilitation(&tx, enrolment.habilitation_id).await?;
    let ids: Vec<&str> = input.trainer_ids.iter().map(String::as_str).collect();
    let trainers = people::practitioners(&tx, &ids, trainer_path).await?;
    let same = people::same_candidates(&tx, &[enrolment.candidate_id]).await?;
    let evaluators = people::evaluators(&tx, &same).await?;
    let mut refusals = path_refusals(course.stage, &course.progress);
    let follows = [
        ("l’inscription du candidat", Some(enrolment.enrolled_on)),
        ("la dernière évaluation", course.last_on),
    ];
    refusals.extend(date::act_refusal("startsOn", input.starts_on, tx.today()));
    // A path may be planned: its first day may be to come.
    refusals.extend(day_refusals("startsOn", input.starts_on, NaiveDate::MAX, &follows));
    let activity = activity_refusals(&facts, input.starts_on, enrolment.enrolled_on);
    refusals.extend(at(&["startsOn"], activity));
    refusals.extend(trainer_refusals(&trainers, enrolment.organism_id, &evaluators));
    ensure(refusals)?;
    let id = TrainingPathId::new();
    write(&tx, id, &enrolment, input.starts_on, &trainers).await?;
    course::touch(&tx, std::slice::from_ref(&enrolment)).await?;
    let entry = Entry::new(enrolment.id, "Parcours de formation ouvert");
    let entry = entry.under("A3.2.a").about(enrolment.organism_id);
    Ok((id, entry.with(json!({ "trainingPath": id }))))
}

fn trainer_path(i: usize) -> Vec<String> {
    vec!["trainerIds".to_owned(), i.to_string()]
}

/// A3.3.b: trainers are the organism's declared trainers, and none of them evaluated the candidate.
fn trainer_refusals(trainers: &[Known], organism: OrganismId, evaluators: &[PersonId]) -> Refusals {
    if trainers.is_empty() {
        let message = "Un parcours de formation indique au moins un formateur.";
        return vec![Refusal::new("TRAINER_REQUIRED", message).at(["trainerIds"]).under("A3.3.b")];
    }
    let mut refusals = Refusals::new();
    for (i, trainer) in trainers.iter().enumerate() {
        let mut add = |code, message: &str| {
            refusals.push(Refusal::new(code, message).at(trainer_path(i)).under("A3.3.b"));
        };
        if trainer.row.organism_id != organism {
            add(
                "PRACTITIONER_OF_OTHER_ORGANISM",
                "Cet intervenant n’est pas un intervenant de l’organisme.",
            );
        }
        if !trainer.row.is_trainer {
            add("NOT_A_TRAINER", "Cet intervenant n’est pas déclaré comme formateur.");
        }
        if evaluators.contains(&trainer.person) {
            add(
                "EVALUATOR_IS_TRAINER",
                "Ce formateur a évalué le candidat : il ne peut pas le former.",
            );
        }
        if trainers.iter().take(i).any(|earlier| earlier.person == trainer.person) {
            add("TRAINER_TWICE", "Cette personne figure déjà parmi les formateurs.");
        }
    }
    refusals
}

async fn write(
    tx: &Tx,
    id: TrainingPathId,
    enrolment: &enrolment::Model,
    starts_on: NaiveDate,
    trainers: &[Known],
) -> ActResult<()> {
    training_path::ActiveModel {
        id: Set(id),
        enrolment_id: Set(enrolment.id),
        starts_on: Set(starts_on),
        completed_on: Set(None),
    }
    .insert(tx.conn())
    .await?;
    let rows = trainers.iter().map(|trainer| training_path_trainer::ActiveModel {
        training_path_id: Set(id),
        practitioner_id: Set(trainer.row.id),
    });
    training_path_trainer::Entity::insert_many(rows).exec_without_returning(tx.conn()).await?;
    Ok(())
}

/// The end of a training path.
#[derive(Debug, Clone, Serialize)]
pub struct CompleteTrainingPath {
    /// The training path.
    pub training_path_id: String,
    /// Its last day.
    pub completed_on: NaiveDate,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(CompleteTrainingPath);

/// Completes a training path (A3.2.a): what it trained may be evaluated from that day on.
pub async fn complete_path(
    ctx: &Context,
    input: CompleteTrainingPath,
) -> ActResult<TrainingPathId> {
    ctx.act(Act::CompleteTrainingPath, input, complete_path_in).await
}

async fn complete_path_in(
    tx: Tx,
    input: CompleteTrainingPath,
) -> ActResult<(TrainingPathId, Entry)> {
    tx.answerable()?;
    let sight = tx.ctx().actor.sight();
    let id = &input.training_path_id;
    let seen = sight::find::<training_path::Entity, TrainingPathId>(
        tx.conn(),
        &sight,
        id,
        "trainingPathId",
    )
    .await?;
    let enrolment = course::lock(&tx, &seen.enrolment_id.to_string(), None).await?;
    let path = training_path::Entity::find_by_id(seen.id).lock_exclusive().one(tx.conn()).await?;
    let path = path.ok_or_else(|| not_found("trainingPathId"))?;
    let facts = course::habilitation(&tx, enrolment.habilitation_id).await?;
    let mut refusals = Refusals::new();
    if path.completed_on.is_some() {
        let message = "Ce parcours de formation est déjà achevé.";
        let refusal = Refusal::new("PATH_ALREADY_COMPLETED", message);
        refusals.push(refusal.at(["trainingPathId"]).under("A3.2.a"));
    }
    let follows = [("le début du parcours", Some(path.starts_on))];
    refusals.extend(day_refusals("completedOn", input.completed_on, tx.today(), &follows));
    let activity = activity_refusals(&facts, input.completed_on, enrolment.enrolled_on);
    refusals.extend(at(&["completedOn"], activity));
    ensure(refusals)?;
    let id = path.id;
    let mut row = path.into_active_model();
    row.completed_on = Set(Some(input.completed_on));
    row.update(tx.conn()).await?;
    course::touch(&tx, std::slice::from_ref(&enrolment)).await?;
    let entry = Entry::new(enrolment.id, "Parcours de formation achevé");
    let entry = entry.under("A3.2.a").about(enrolment.organism_id);
    Ok((id, entry.with(json!({ "trainingPath": id }))))
}
