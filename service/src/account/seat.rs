//! Where a role is held, and who may give it there.

use crate::context::Context;
use crate::error::ActResult;
use crate::policy::{self, Act, Place};
use entity::candidate;
use entity::ids::{AuthorityId, CandidateId, OrganismId};
use entity::kind::Role;
use sea_orm::{ConnectionTrait, EntityTrait};

/// Where a role is held, once its ids are read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seat {
    pub(super) authority: Option<AuthorityId>,
    pub(super) organism: Option<OrganismId>,
    pub(super) candidate: Option<CandidateId>,
    /// The organism whose administrator may grant it.
    pub(super) granted_by: Option<OrganismId>,
}

/// Where the role that an invitation offers is held.
pub(super) async fn seat_of(
    db: &impl ConnectionTrait,
    offered: &entity::invitation::Model,
) -> ActResult<Seat> {
    let granted_by = match offered.candidate_id {
        Some(id) => organism_of(db, id).await?,
        None => offered.organism_id,
    };
    let (authority, organism) = (offered.authority_id, offered.organism_id);
    Ok(Seat { authority, organism, candidate: offered.candidate_id, granted_by })
}

/// The organism whose administrator answers for a candidate's access.
pub(super) async fn organism_of(
    db: &impl ConnectionTrait,
    id: CandidateId,
) -> ActResult<Option<OrganismId>> {
    Ok(candidate::Entity::find_by_id(id).one(db).await?.map(|candidate| candidate.organism_id))
}

/// An operator makes administrators and operators, and no one else: it decides nothing itself.
pub(super) fn require_range(ctx: &Context, role: Role, place: &Place) -> ActResult<()> {
    let administers = ctx.actor.grants().iter().any(|g| {
        (g.role == Role::AuthorityAdmin && g.authority.is_some() && g.authority == place.authority)
            || (g.role == Role::OrganismAdmin
                && g.organism.is_some()
                && g.organism == place.organism)
    });
    let operates = ctx.actor.grants().iter().any(|g| g.role == Role::Operator);
    let made = matches!(role, Role::AuthorityAdmin | Role::Operator);
    if administers || (operates && made) {
        Ok(())
    } else {
        Err(policy::forbidden(Act::GrantRole).into())
    }
}
