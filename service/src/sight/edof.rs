//! EDOF alerts (V.3.d).

use super::{Sight, Visible, ids, unless};
use entity::kind::AlertStatus;
use entity::text::Text;
use entity::{edof_alert, habilitation};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, Condition};

impl Visible for edof_alert::Entity {
    /// Certif Pro, the habilitation's authority, and the organism once it is decided.
    fn seen_by(sight: &Sight) -> Condition {
        use edof_alert::Column;
        let decided = Condition::all()
            .add(Column::Status.eq(Text(AlertStatus::Confirmed)))
            .add(Column::OrganismId.is_in(sight.represented.iter().copied()));
        let mine = habilitation::Column::AuthorityId.is_in(sight.authorities.iter().copied());
        unless(sight.whole(), || {
            Condition::any().add(decided).add(Column::HabilitationId.in_subquery(ids::<
                habilitation::Entity,
            >(
                habilitation::Column::Id,
                mine.into_condition(),
            )))
        })
    }
}
