//! A legal or natural person: one SIREN.

use crate::ids::OrganismId;
use crate::kind::OrganismKind;
use crate::text::Text;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A legal or natural person: one SIREN.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "organism")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrganismId,
    #[sea_orm(unique)]
    pub siren: String,
    pub name: String,
    /// Normalised, for the order of lists.
    pub name_key: String,
    pub kind: Text<OrganismKind>,
    pub nda: Option<String>,
    /// Where its notices go (III.2.e).
    pub email: String,
    pub address: String,
    pub postal_code: String,
    pub city: String,
    pub registered_on: Date,
    pub version: i32,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
