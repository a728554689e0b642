//! A prior or final evaluation (A3.2.a).

use crate::ids::{AccountId, EnrolmentId, EvaluationId};
use crate::text::Text;
use domain::evaluation::EvaluationKind;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A prior or final evaluation (A3.2.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "evaluation")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EvaluationId,
    pub enrolment_id: EnrolmentId,
    pub kind: Text<EvaluationKind>,
    pub sequence: i32,
    pub held_on: Date,
    pub remote: bool,
    pub recorded_on: Date,
    pub recorded_by_id: AccountId,
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
    /// By `recorded_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::RecordedById",
        to = "super::account::Column::Id"
    )]
    RecordedBy,
}

impl Related<super::enrolment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Enrolment.def()
    }
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RecordedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
