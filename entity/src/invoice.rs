//! What is owed for a quarter; never changes once issued (interpretation 21).

use crate::ids::{InvoiceId, OrganismId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// What is owed for a quarter; never changes once issued (interpretation 21).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "invoice")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvoiceId,
    #[sea_orm(unique)]
    pub number: String,
    pub series: String,
    pub year: i32,
    pub sequence: i32,
    pub organism_id: OrganismId,
    pub quarter: String,
    pub issued_on: Date,
    pub due_on: Date,
    pub total_cents: i64,
    /// Name, address and identifiers as they were at issue.
    pub buyer: Json,
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
