//! The last number of the changes: one row, locked from a change to its commit.

use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// The last number of the changes: one row, locked from a change to its commit.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "change_head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub seq: i64,
    /// The greatest number removed: whoever stands below it may have missed something.
    pub floor: i64,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
