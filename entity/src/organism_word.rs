//! A word of an organism's name, or its SIREN: lists are searched by the beginnings of words.

use crate::ids::OrganismId;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A word of an organism's name, or its SIREN: lists are searched by the beginnings of words.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "organism_word")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organism_id: OrganismId,
    /// As `domain::search` cuts it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub word: String,
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
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
