//! Roles, invitations, sessions and the credentials of tools.

use super::{Sight, Visible, ids, nobody, unless};
use entity::kind::Role;
use entity::{account_grant, candidate, invitation, machine_credential, session};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, Condition};

impl Visible for account_grant::Entity {
    /// Who administers the authority or the organism, and operators.
    fn seen_by(sight: &Sight) -> Condition {
        use account_grant::Column;
        unless(sight.everything || sight.tasks, || {
            Condition::any()
                .add(Column::OrganismId.is_in(sight.administered.iter().copied()))
                .add(Column::AuthorityId.is_in(sight.authorities.iter().copied()))
                .add(
                    Column::CandidateId.in_subquery(ids::<candidate::Entity>(
                        candidate::Column::Id,
                        candidate::Column::OrganismId
                            .is_in(sight.administered.iter().copied())
                            .into_condition(),
                    )),
                )
        })
    }
}

impl Visible for machine_credential::Entity {
    /// The organism's administrators, and the tool itself.
    fn seen_by(sight: &Sight) -> Condition {
        use machine_credential::Column;
        unless(sight.everything, || {
            Condition::any()
                .add(Column::OrganismId.is_in(sight.administered.iter().copied()))
                .add_option(sight.machine.map(|id| Column::Id.eq(id)))
        })
    }
}

impl Visible for invitation::Entity {
    /// Who administers the authority or the organism, as the roles; operators, those that they offer.
    fn seen_by(sight: &Sight) -> Condition {
        use invitation::Column;
        let offered = [Role::AuthorityAdmin.as_str(), Role::Operator.as_str()];
        let of_candidates = candidate::Column::OrganismId.is_in(sight.administered.iter().copied());
        unless(sight.everything, || {
            Condition::any()
                .add(Column::OrganismId.is_in(sight.administered.iter().copied()))
                .add(Column::AuthorityId.is_in(sight.authorities.iter().copied()))
                .add(Column::CandidateId.in_subquery(ids::<candidate::Entity>(
                    candidate::Column::Id,
                    of_candidates.into_condition(),
                )))
                .add_option(sight.tasks.then(|| Column::Role.is_in(offered)))
        })
    }
}

impl Visible for session::Entity {
    /// Whose it is, and nobody else.
    fn seen_by(sight: &Sight) -> Condition {
        match sight.account {
            Some(account) => session::Column::AccountId.eq(account).into_condition(),
            None => nobody(),
        }
    }
}
