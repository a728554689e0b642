//! A dated version of the convention (I.g).

use crate::ids::ConventionVersionId;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A dated version of the convention (I.g).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "convention_version")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ConventionVersionId,
    #[sea_orm(unique)]
    pub version: String,
    pub starts_on: Date,
    pub url: String,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
