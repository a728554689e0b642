//! Deadlines and documents: as what they are about.

use super::{Sight, Visible, unless};
use crate::subject;
use domain::deadline::DeadlineKind;
use domain::subject::SubjectKind;
use entity::kind::DocumentKind;
use entity::{deadline, document};
use sea_orm::{ColumnTrait, Condition};

/// As what it is about, which is one of these kinds.
fn of_subject(
    sight: &Sight,
    column: impl ColumnTrait,
    kinds: impl Iterator<Item = SubjectKind>,
) -> Condition {
    unless(sight.everything, || {
        let mut known = Vec::new();
        for kind in kinds {
            if !known.contains(&kind) {
                known.push(kind);
            }
        }
        let seen = known.into_iter().filter_map(|kind| subject::seen(kind, sight));
        seen.fold(Condition::any(), |any, ids| any.add(column.in_subquery(ids)))
    })
}

impl Visible for deadline::Entity {
    /// As what it is about.
    fn seen_by(sight: &Sight) -> Condition {
        let kinds = DeadlineKind::ALL.iter().map(|kind| kind.subject_kind());
        of_subject(sight, deadline::Column::SubjectId, kinds)
    }
}

impl Visible for document::Entity {
    /// As what it is about.
    fn seen_by(sight: &Sight) -> Condition {
        let kinds = DocumentKind::ALL.iter().map(|kind| kind.subject_kind());
        of_subject(sight, document::Column::SubjectId, kinds)
    }
}
