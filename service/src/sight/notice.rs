//! Notices (X.c).

use super::{Sight, Visible, unless};
use entity::notice;
use sea_orm::{ColumnTrait, Condition};

impl Visible for notice::Entity {
    /// Who wrote it and who it was written to. What only an organism's administrators may see
    /// (its invoices) is told in mails to the organism's own address.
    fn seen_by(sight: &Sight) -> Condition {
        use notice::Column;
        unless(sight.everything, || {
            Condition::any()
                .add(Column::OrganismId.is_in(sight.administered.iter().copied()))
                .add(Column::CandidateId.is_in(sight.candidates.iter().copied()))
                .add(Column::AuthorityId.is_in(sight.authorities.iter().copied()))
        })
    }
}
