//! The training between two evaluations (A3.2.a).

use crate::ids::{EnrolmentId, TrainingPathId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// The training between two evaluations (A3.2.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "training_path")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TrainingPathId,
    pub enrolment_id: EnrolmentId,
    pub starts_on: Date,
    pub completed_on: Option<Date>,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `enrolment_id`.
    #[sea_orm(
        belongs_to = "super::enrolment::Entity",
        from = "Column::EnrolmentId",
        to = "super::enrolment::Column::Id"
    )]
    Enrolment,
}

impl Related<super::enrolment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Enrolment.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
