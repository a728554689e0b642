//! A role of an account, within an authority, an organism or a candidate's record (interpretation 26).

use crate::ids::{AccountGrantId, AccountId, AuthorityId, CandidateId, OrganismId};
use crate::kind::Role;
use crate::text::Text;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A role of an account, within an authority, an organism or a candidate's record (interpretation 26).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "account_grant")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountGrantId,
    pub account_id: AccountId,
    pub role: Text<Role>,
    pub authority_id: Option<AuthorityId>,
    pub organism_id: Option<OrganismId>,
    pub candidate_id: Option<CandidateId>,
    pub granted_on: Date,
    pub granted_by_id: Option<AccountId>,
    pub revoked_at: Option<DateTimeUtc>,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `account_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::AccountId",
        to = "super::account::Column::Id"
    )]
    Account,
    /// By `authority_id`.
    #[sea_orm(
        belongs_to = "super::authority::Entity",
        from = "Column::AuthorityId",
        to = "super::authority::Column::Id"
    )]
    Authority,
    /// By `organism_id`.
    #[sea_orm(
        belongs_to = "super::organism::Entity",
        from = "Column::OrganismId",
        to = "super::organism::Column::Id"
    )]
    Organism,
    /// By `granted_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::GrantedById",
        to = "super::account::Column::Id"
    )]
    GrantedBy,
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl Related<super::authority::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Authority.def()
    }
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
