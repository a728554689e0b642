//! A jury's sitting with its minutes (A3.5.a).

use crate::ids::{AccountId, JuryId, OrganismId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A jury's sitting with its minutes (A3.5.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "jury")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JuryId,
    pub organism_id: OrganismId,
    pub held_on: Date,
    pub minutes: String,
    pub recorded_on: Date,
    pub recorded_by_id: AccountId,
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
    /// By `recorded_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::RecordedById",
        to = "super::account::Column::Id"
    )]
    RecordedBy,
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RecordedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
