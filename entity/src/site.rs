//! A place where an organism trains and evaluates; its SIREN is the organism's (III.2.a).

use crate::ids::{OrganismId, SiteId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A place where an organism trains and evaluates; its SIREN is the organism's (III.2.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "site")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SiteId,
    pub organism_id: OrganismId,
    pub name: String,
    #[sea_orm(unique)]
    pub siret: Option<String>,
    pub address: String,
    pub postal_code: String,
    pub city: String,
    pub is_seat: bool,
    pub registered_on: Date,
    pub closed_on: Option<Date>,
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
