//! One of a framework's seventeen competences (A1.a).

use crate::ids::{CompetenceId, FrameworkId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// One of a framework's seventeen competences (A1.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "competence")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CompetenceId,
    pub framework_id: FrameworkId,
    /// `1-1` to `3-4`.
    pub code: String,
    pub domain_number: i32,
    pub title: String,
    /// Certification criteria, a list of texts.
    pub criteria: Json,
    pub transversal: bool,
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
