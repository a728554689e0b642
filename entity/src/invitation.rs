//! A role offered to an address, to be taken by whoever reads its mails (interpretation 26).

use crate::ids::{AccountId, AuthorityId, CandidateId, InvitationId, OrganismId};
use crate::kind::Role;
use crate::text::Text;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A role offered to an address, to be taken by whoever reads its mails (interpretation 26).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvitationId,
    pub email: String,
    pub role: Text<Role>,
    pub authority_id: Option<AuthorityId>,
    pub organism_id: Option<OrganismId>,
    pub candidate_id: Option<CandidateId>,
    /// Who invites; none for the command line.
    pub invited_by_id: Option<AccountId>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub accepted_at: Option<DateTimeUtc>,
    /// When it was taken back, or another took its place.
    pub voided_at: Option<DateTimeUtc>,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
