//! Candidates, their enrolments, evaluations, juries and certificates (annexe 3).

use super::habilitation::overseen;
use super::{Sight, Visible, ids, unless};
use entity::{candidate, certificate, enrolment, evaluation, jury, jury_decision, training_path};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, Condition};

impl Visible for enrolment::Entity {
    /// The candidate, their organism, the habilitation's authority and its providers, Certif Pro.
    fn seen_by(sight: &Sight) -> Condition {
        use enrolment::Column;
        unless(sight.whole(), || {
            Condition::any()
                .add(Column::CandidateId.is_in(sight.candidates.iter().copied()))
                .add(Column::OrganismId.is_in(sight.taught.iter().copied()))
                .add(Column::HabilitationId.in_subquery(overseen(sight)))
        })
    }
}

impl Visible for candidate::Entity {
    /// The candidate, their organism, the authority and providers where they are enrolled, Certif Pro.
    fn seen_by(sight: &Sight) -> Condition {
        use candidate::Column;
        let enrolled = enrolment::Column::HabilitationId.in_subquery(overseen(sight));
        unless(sight.whole(), || {
            Condition::any()
                .add(Column::Id.is_in(sight.candidates.iter().copied()))
                .add(Column::OrganismId.is_in(sight.taught.iter().copied()))
                .add(Column::Id.in_subquery(ids::<enrolment::Entity>(
                    enrolment::Column::CandidateId,
                    enrolled.into_condition(),
                )))
        })
    }
}

/// What hangs on an enrolment.
fn of_enrolment(sight: &Sight, column: impl ColumnTrait) -> Condition {
    unless(sight.whole(), || {
        let seen = enrolment::Entity::seen_by(sight);
        column.in_subquery(ids::<enrolment::Entity>(enrolment::Column::Id, seen)).into_condition()
    })
}

impl Visible for evaluation::Entity {
    /// As its enrolment.
    fn seen_by(sight: &Sight) -> Condition {
        of_enrolment(sight, evaluation::Column::EnrolmentId)
    }
}

impl Visible for training_path::Entity {
    /// As its enrolment.
    fn seen_by(sight: &Sight) -> Condition {
        of_enrolment(sight, training_path::Column::EnrolmentId)
    }
}

impl Visible for jury_decision::Entity {
    /// As its enrolment.
    fn seen_by(sight: &Sight) -> Condition {
        of_enrolment(sight, jury_decision::Column::EnrolmentId)
    }
}

impl Visible for certificate::Entity {
    /// As its enrolment, which one that was awarded elsewhere lacks; strangers verify it by its number and
    /// code instead.
    fn seen_by(sight: &Sight) -> Condition {
        use certificate::Column;
        unless(sight.whole(), || {
            Condition::any()
                .add(Column::CandidateId.is_in(sight.candidates.iter().copied()))
                .add(Column::OrganismId.is_in(sight.taught.iter().copied()))
                .add(Column::HabilitationId.in_subquery(overseen(sight)))
        })
    }
}

impl Visible for jury::Entity {
    /// The organism's members, and who oversees one of the enrolments decided on: minutes name people.
    fn seen_by(sight: &Sight) -> Condition {
        unless(sight.whole(), || {
            let enrolments = ids::<enrolment::Entity>(
                enrolment::Column::Id,
                enrolment::Column::HabilitationId.in_subquery(overseen(sight)).into_condition(),
            );
            let decided = ids::<jury_decision::Entity>(
                jury_decision::Column::JuryId,
                jury_decision::Column::EnrolmentId.in_subquery(enrolments).into_condition(),
            );
            Condition::any()
                .add(jury::Column::OrganismId.is_in(sight.taught.iter().copied()))
                .add(jury::Column::Id.in_subquery(decided))
        })
    }
}
