//! A member of a jury (A3.5.a).

use crate::ids::{JuryId, PractitionerId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A member of a jury (A3.5.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "jury_member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub jury_id: JuryId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub practitioner_id: PractitionerId,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `jury_id`.
    #[sea_orm(
        belongs_to = "super::jury::Entity",
        from = "Column::JuryId",
        to = "super::jury::Column::Id"
    )]
    Jury,
    /// By `practitioner_id`.
    #[sea_orm(
        belongs_to = "super::practitioner::Entity",
        from = "Column::PractitionerId",
        to = "super::practitioner::Column::Id"
    )]
    Practitioner,
}

impl Related<super::jury::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Jury.def()
    }
}

impl Related<super::practitioner::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Practitioner.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
