//! Applications and what is decided on them (IV.5.a).

use super::{Sight, Visible, ids, nobody, unless};
use entity::{application, decision};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, Condition};

impl Sight {
    /// Whether the viewer prepares the case: the staff of its authority, and the provider to whom it was given, as
    /// long as it is one of that authority's (I.e). The condition for the same in SQL is `cases`.
    pub fn prepares(&self, case: &application::Model) -> bool {
        let given = self.provider.is_some()
            && self.provider == case.provider_id
            && self.provided.contains(&case.authority_id);
        self.everything || given || self.authorities.contains(&case.authority_id)
    }

    /// Whether the viewer, who sees the case, reads the opinion on it: whoever prepares it; the others once the case is
    /// decided (III.4.b).
    pub fn reads_opinion(&self, case: &application::Model) -> bool {
        self.prepares(case) || case.status.is_decided()
    }
}

/// The cases given to the provider.
pub(super) fn given(sight: &Sight) -> Condition {
    match sight.provider {
        Some(account) => Condition::all()
            .add(application::Column::ProviderId.eq(account))
            .add(application::Column::AuthorityId.is_in(sight.provided.iter().copied())),
        None => nobody(),
    }
}

/// The applications of a provider or of the viewer's authorities.
pub(super) fn cases(sight: &Sight) -> Condition {
    let authorities = application::Column::AuthorityId.is_in(sight.authorities.iter().copied());
    Condition::any().add(authorities).add(given(sight))
}

impl Visible for application::Entity {
    /// The organism, the competent authority and the provider to whom it was given (IV.5.a).
    fn seen_by(sight: &Sight) -> Condition {
        use application::Column;
        unless(sight.everything, || {
            cases(sight).add(Column::OrganismId.is_in(sight.represented.iter().copied()))
        })
    }
}

impl Visible for decision::Entity {
    /// As its application.
    fn seen_by(sight: &Sight) -> Condition {
        Condition::all().add(decision::Column::ApplicationId.in_subquery(applications(sight)))
    }
}

/// The applications that the viewer may see.
fn applications(sight: &Sight) -> SelectStatement {
    ids::<application::Entity>(application::Column::Id, application::Entity::seen_by(sight))
}
