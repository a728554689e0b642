//! What a tool of an organism signs in with; its token is kept hashed.

use crate::ids::{AccountId, MachineCredentialId, OrganismId};
use crate::kind::MachineScope;
use entity_derive::Positioned;
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What a tool may do, each scope once, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct MachineScopes(pub Vec<MachineScope>);

/// What a tool of an organism signs in with; its token is kept hashed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "machine_credential")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MachineCredentialId,
    /// The first of those that replaced one another: the tool is the same.
    pub origin_id: MachineCredentialId,
    pub organism_id: OrganismId,
    /// How the organism calls the tool.
    pub name: String,
    pub scopes: MachineScopes,
    #[sea_orm(unique)]
    pub token_hash: String,
    /// How the token begins, to recognise it.
    pub token_prefix: String,
    /// Who answers for what it records.
    pub created_by_id: AccountId,
    pub created_at: DateTimeUtc,
    /// The first instant at which it holds no more.
    pub expires_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    /// To a few minutes.
    pub last_used_at: Option<DateTimeUtc>,
    #[sea_orm(unique)]
    pub replaced_by_id: Option<MachineCredentialId>,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `organism_id`.
    #[sea_orm(
        belongs_to = "super::organism::Entity",
        from = "Column::OrganismId",
        to = "super::organism::Column::Id"
    )]
    Organism,
    /// By `created_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::CreatedById",
        to = "super::account::Column::Id"
    )]
    CreatedBy,
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
