//! A criterion of chapter II, or one that a CPNE added (I.c).

use crate::ids::{CriterionId, FrameworkId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A criterion of chapter II, or one that a CPNE added (I.c).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "criterion")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CriterionId,
    pub framework_id: FrameworkId,
    pub code: String,
    pub position: i32,
    pub label: String,
    pub contextual: bool,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `framework_id`.
    #[sea_orm(
        belongs_to = "super::framework::Entity",
        from = "Column::FrameworkId",
        to = "super::framework::Column::Id"
    )]
    Framework,
}

impl Related<super::framework::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Framework.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
