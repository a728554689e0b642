//! Habilitations.

use super::application::given;
use super::{Sight, Visible, ids, unless};
use entity::{application, enrolment, habilitation};
use sea_orm::sea_query::{IntoCondition, SelectStatement};
use sea_orm::{ColumnTrait, Condition};

impl Visible for habilitation::Entity {
    /// Its holder, its authority, Certif Pro, the provider of its application, and those enrolled under it.
    fn seen_by(sight: &Sight) -> Condition {
        use habilitation::Column;
        let of_candidates = enrolment::Column::CandidateId.is_in(sight.candidates.iter().copied());
        unless(sight.whole(), || {
            Condition::any()
                .add(Column::OrganismId.is_in(sight.organisms.iter().copied()))
                .add(Column::AuthorityId.is_in(sight.authorities.iter().copied()))
                .add(
                    Column::ApplicationId.in_subquery(ids::<application::Entity>(
                        application::Column::Id,
                        given(sight),
                    )),
                )
                .add(Column::Id.in_subquery(ids::<enrolment::Entity>(
                    enrolment::Column::HabilitationId,
                    of_candidates.into_condition(),
                )))
        })
    }
}

/// The habilitations of the viewer's authorities or of its given cases.
pub(super) fn overseen(sight: &Sight) -> SelectStatement {
    let condition = Condition::any()
        .add(habilitation::Column::AuthorityId.is_in(sight.authorities.iter().copied()))
        .add(
            habilitation::Column::ApplicationId
                .in_subquery(ids::<application::Entity>(application::Column::Id, given(sight))),
        );
    ids::<habilitation::Entity>(habilitation::Column::Id, condition)
}
