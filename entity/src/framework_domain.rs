//! One of a framework's three domains (A1.a).

use crate::ids::{FrameworkDomainId, FrameworkId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// One of a framework's three domains (A1.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "framework_domain")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FrameworkDomainId,
    pub framework_id: FrameworkId,
    pub number: i32,
    pub title: String,
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
