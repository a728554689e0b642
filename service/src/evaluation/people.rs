//! Practitioners and the persons that they are: someone registered twice is recognised, by equal names
//! and date of birth or by an explicit merge (interpretation 13).

use crate::context::Tx;
use crate::error::{ActError, ActResult, not_found};
use crate::sight::Visible;
use domain::Refusals;
use entity::ids::{CandidateId, PersonId, PractitionerId};
use entity::{
    candidate, enrolment, evaluation, evaluation_result, person, practitioner, training_path,
    training_path_trainer,
};
use sea_orm::sea_query::{LockType, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use std::collections::{HashMap, HashSet};

/// A practitioner and the person that stands for them after merges.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// The record.
    pub(super) row: practitioner::Model,
    /// The natural person.
    pub(super) person: PersonId,
}

impl Known {
    /// The domains that they may evaluate (II.b).
    pub(super) fn domains(&self) -> Vec<i16> {
        let row = &self.row;
        let each = [row.evaluates_domain_1, row.evaluates_domain_2, row.evaluates_domain_3];
        (1..).zip(each).filter(|(_, evaluates)| *evaluates).map(|(domain, _)| domain).collect()
    }
}

/// The practitioners of these ids, in the order given, as the actor may see them; `path` names the
/// input's field of each for the refusal of what is not found.
pub(super) async fn practitioners(
    tx: &Tx,
    ids: &[&str],
    path: impl Fn(usize) -> Vec<String>,
) -> ActResult<Vec<Known>> {
    let parsed: Vec<Option<PractitionerId>> = ids.iter().map(|id| id.parse().ok()).collect();
    let wanted: HashSet<PractitionerId> = parsed.iter().flatten().copied().collect();
    let rows = practitioner::Entity::visible(&tx.ctx().actor.sight())
        .filter(practitioner::Column::Id.is_in(wanted))
        .all(tx.conn())
        .await?;
    let roots = roots(tx, rows.iter().map(|row| row.person_id), LockType::Share).await?;
    let known: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut found = Vec::with_capacity(ids.len());
    let mut refusals = Refusals::new();
    for (i, id) in parsed.into_iter().enumerate() {
        match id.and_then(|id| known.get(&id)) {
            Some(row) => {
                found.push(Known { row: row.clone(), person: root(&roots, row.person_id) });
            }
            None => refusals.push(not_found("").at(path(i))),
        }
    }
    if refusals.is_empty() { Ok(found) } else { Err(ActError::Refused(refusals)) }
}

fn root(roots: &HashMap<PersonId, PersonId>, id: PersonId) -> PersonId {
    roots.get(&id).copied().unwrap_or(id)
}

/// The person that stands for each of these after merges; their rows locked in the order of their ids, so
/// that a merge under way is seen: shared to read, for an update to merge. One statement per length of the
/// longest chain.
pub(crate) async fn roots(
    tx: &Tx,
    ids: impl IntoIterator<Item = PersonId>,
    lock: LockType,
) -> ActResult<HashMap<PersonId, PersonId>> {
    let asked: HashSet<PersonId> = ids.into_iter().collect();
    let mut merged: HashMap<PersonId, Option<PersonId>> = HashMap::new();
    let mut unknown: Vec<PersonId> = asked.iter().copied().collect();
    while !unknown.is_empty() {
        let rows = person::Entity::find()
            .filter(person::Column::Id.is_in(unknown.iter().copied()))
            .order_by_asc(person::Column::Id)
            .lock(lock)
            .all(tx.conn())
            .await?;
        merged.extend(unknown.drain(..).map(|id| (id, None)));
        merged.extend(rows.iter().map(|row| (row.id, row.merged_into_id)));
        let next: HashSet<_> = rows.into_iter().filter_map(|row| row.merged_into_id).collect();
        unknown = next.into_iter().filter(|id| !merged.contains_key(id)).collect();
    }
    Ok(asked.into_iter().map(|id| (id, follow(&merged, id))).collect())
}

/// The end of a chain of merges; a circle, which no act makes, ends after as many steps as rows.
fn follow(merged: &HashMap<PersonId, Option<PersonId>>, id: PersonId) -> PersonId {
    let mut last = id;
    for _ in 0..merged.len() {
        match merged.get(&last) {
            Some(Some(next)) => last = *next,
            _ => break,
        }
    }
    last
}

/// The persons who trained one of these candidates, under whatever enrolment (A3.3.b).
pub(super) async fn trainers(tx: &Tx, candidates: &[CandidateId]) -> ActResult<Vec<PersonId>> {
    let paths = training_path::Entity::find()
        .select_only()
        .column(training_path::Column::Id)
        .filter(training_path::Column::EnrolmentId.in_subquery(enrolments(candidates)))
        .into_query();
    let trainers = training_path_trainer::Entity::find()
        .select_only()
        .column(training_path_trainer::Column::PractitionerId)
        .filter(training_path_trainer::Column::TrainingPathId.in_subquery(paths))
        .into_query();
    persons(tx, trainers).await
}

/// The persons who evaluated one of these candidates, under whatever enrolment (A3.3.b).
pub(super) async fn evaluators(tx: &Tx, candidates: &[CandidateId]) -> ActResult<Vec<PersonId>> {
    let evaluations = evaluation::Entity::find()
        .select_only()
        .column(evaluation::Column::Id)
        .filter(evaluation::Column::EnrolmentId.in_subquery(enrolments(candidates)))
        .into_query();
    let evaluators = evaluation_result::Entity::find()
        .select_only()
        .column(evaluation_result::Column::EvaluatorId)
        .filter(evaluation_result::Column::EvaluationId.in_subquery(evaluations))
        .into_query();
    persons(tx, evaluators).await
}

fn enrolments(candidates: &[CandidateId]) -> SelectStatement {
    enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::Id)
        .filter(enrolment::Column::CandidateId.is_in(candidates.iter().copied()))
        .into_query()
}

/// The persons behind the practitioners that a subquery names.
async fn persons(tx: &Tx, practitioners: SelectStatement) -> ActResult<Vec<PersonId>> {
    let ids: Vec<PersonId> = practitioner::Entity::find()
        .select_only()
        .column(practitioner::Column::PersonId)
        .distinct()
        .filter(practitioner::Column::Id.in_subquery(practitioners))
        .into_tuple()
        .all(tx.conn())
        .await?;
    let roots = roots(tx, ids, LockType::Share).await?;
    let mut persons: Vec<_> = roots.into_values().collect();
    persons.sort_unstable();
    persons.dedup();
    Ok(persons)
}

/// These candidates with every other record of the same natural persons, whichever organism registered them
/// (interpretation 13): registering someone again does not part them from their trainers. Their rows are locked:
/// what trains and what evaluates them goes one after the other.
pub(super) async fn same_candidates(tx: &Tx, ids: &[CandidateId]) -> ActResult<Vec<CandidateId>> {
    let keys = candidate::Entity::find()
        .select_only()
        .column(candidate::Column::PersonKey)
        .filter(candidate::Column::Id.is_in(ids.iter().copied()))
        .into_query();
    let found = candidate::Entity::find()
        .filter(candidate::Column::PersonKey.in_subquery(keys))
        .order_by_asc(candidate::Column::Id)
        .lock_exclusive()
        .all(tx.conn())
        .await?;
    let mut same: Vec<_> = found.iter().map(|row| row.id).collect();
    same.extend(ids.iter().copied());
    same.sort_unstable();
    same.dedup();
    Ok(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    // A3.3.b, interpretation 13
    #[test]
    fn merges_are_followed_to_their_end() {
        let [a, b, c] = [(); 3].map(|()| PersonId::new());
        let merged = HashMap::from([(a, Some(b)), (b, Some(c)), (c, None)]);
        assert_eq!([a, b, c].map(|id| follow(&merged, id)), [c, c, c]);
        let circle = HashMap::from([(a, Some(b)), (b, Some(a))]);
        assert!([a, b].contains(&follow(&circle, a)));
    }
}
