//! Organisms, their sites and practitioners (IV.5.a).

use super::application::cases;
use super::{Sight, Visible, ids, unless};
use entity::ids::OrganismId;
use entity::{application, candidate, organism, practitioner, site};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, Condition};

impl Visible for organism::Entity {
    /// Its members, its candidates, the staff and providers of the authorities that it applied to.
    fn seen_by(sight: &Sight) -> Condition {
        use organism::Column;
        let of_candidates = candidate::Column::Id.is_in(sight.candidates.iter().copied());
        unless(sight.whole(), || {
            Condition::any()
                .add(Column::Id.is_in(sight.organisms.iter().copied()))
                .add(Column::Id.in_subquery(ids::<candidate::Entity>(
                    candidate::Column::OrganismId,
                    of_candidates.into_condition(),
                )))
                .add(Column::Id.in_subquery(ids::<application::Entity>(
                    application::Column::OrganismId,
                    cases(sight),
                )))
        })
    }
}

/// What hangs on an organism and is seen by the staff of its authorities and by who sees it in these.
fn of_organism(sight: &Sight, organisms: &[OrganismId], column: impl ColumnTrait) -> Condition {
    unless(sight.whole(), || {
        Condition::any().add(column.is_in(organisms.iter().copied())).add(
            column.in_subquery(ids::<application::Entity>(
                application::Column::OrganismId,
                cases(sight),
            )),
        )
    })
}

impl Visible for site::Entity {
    /// As its organism.
    fn seen_by(sight: &Sight) -> Condition {
        use site::Column;
        let of_candidates = candidate::Column::Id.is_in(sight.candidates.iter().copied());
        of_organism(sight, &sight.organisms, Column::OrganismId).add_option((!sight.whole()).then(
            || {
                Column::OrganismId.in_subquery(ids::<candidate::Entity>(
                    candidate::Column::OrganismId,
                    of_candidates.into_condition(),
                ))
            },
        ))
    }
}

impl Visible for practitioner::Entity {
    /// Its organism's members and the authority's staff: a CV is personal.
    fn seen_by(sight: &Sight) -> Condition {
        of_organism(sight, &sight.taught, practitioner::Column::OrganismId)
    }
}
