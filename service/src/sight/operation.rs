//! What runs the platform: tasks, and changes that clients follow.

use super::habilitation::overseen;
use super::{Sight, Visible, ids, nobody, unless};
use entity::kind::ChangeKind;
use entity::text::Text;
use entity::{change, enrolment, notice, outbox};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, Condition};

impl Visible for outbox::Entity {
    /// Operators.
    fn seen_by(sight: &Sight) -> Condition {
        if sight.everything || sight.tasks { Condition::all() } else { nobody() }
    }
}

impl Visible for change::Entity {
    /// As what changed; a candidate's also for the organism that they were of, which learns that they left.
    fn seen_by(sight: &Sight) -> Condition {
        use change::Column;
        let of = |kind| Condition::all().add(Column::Kind.eq(Text(kind)));
        let enrolled = enrolment::Column::HabilitationId.in_subquery(overseen(sight));
        let candidates = unless(sight.whole(), || {
            Condition::any()
                .add(Column::SubjectId.is_in(sight.candidates.iter().copied()))
                .add(Column::ScopeId.is_in(sight.taught.iter().copied()))
                .add(Column::SubjectId.in_subquery(ids::<enrolment::Entity>(
                    enrolment::Column::CandidateId,
                    enrolled.into_condition(),
                )))
        });
        let notices = Column::SubjectId
            .in_subquery(ids::<notice::Entity>(notice::Column::Id, notice::Entity::seen_by(sight)));
        Condition::any()
            .add(of(ChangeKind::Candidate).add(candidates))
            .add(of(ChangeKind::Notice).add(notices))
    }
}
