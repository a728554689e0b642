//! A row of the public list of training organisations.

use crate::ids::DeclaredOrganismId;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A row of the public list of training organisations.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "declared_organism")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeclaredOrganismId,
    #[sea_orm(unique)]
    pub nda: String,
    pub siren: String,
    pub siret: Option<String>,
    pub name: String,
    pub address: String,
    pub postal_code: String,
    pub city: String,
    pub region_code: String,
    /// Certified for training actions; none when the list does not say.
    pub qualiopi_training: Option<bool>,
    pub last_declared_on: Option<Date>,
    /// Of the row as imported: an unchanged row is left alone.
    pub content_hash: String,
    pub imported_at: DateTimeUtc,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
