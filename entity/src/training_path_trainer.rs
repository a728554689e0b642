//! Who trains on a path (A3.3.b).

use crate::ids::{PractitionerId, TrainingPathId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// Who trains on a path (A3.3.b).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "training_path_trainer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub training_path_id: TrainingPathId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub practitioner_id: PractitionerId,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `training_path_id`.
    #[sea_orm(
        belongs_to = "super::training_path::Entity",
        from = "Column::TrainingPathId",
        to = "super::training_path::Column::Id"
    )]
    TrainingPath,
    /// By `practitioner_id`.
    #[sea_orm(
        belongs_to = "super::practitioner::Entity",
        from = "Column::PractitionerId",
        to = "super::practitioner::Column::Id"
    )]
    Practitioner,
}

impl Related<super::training_path::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::TrainingPath.def()
    }
}

impl Related<super::practitioner::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Practitioner.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
