//! One competence at one evaluation, with who evaluated it (A3.3.a).

use crate::ids::{EvaluationId, PractitionerId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// One competence at one evaluation, with who evaluated it (A3.3.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "evaluation_result")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub evaluation_id: EvaluationId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub competence_code: String,
    pub acquired: bool,
    pub evaluator_id: PractitionerId,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `evaluation_id`.
    #[sea_orm(
        belongs_to = "super::evaluation::Entity",
        from = "Column::EvaluationId",
        to = "super::evaluation::Column::Id"
    )]
    Evaluation,
    /// By `evaluator_id`.
    #[sea_orm(
        belongs_to = "super::practitioner::Entity",
        from = "Column::EvaluatorId",
        to = "super::practitioner::Column::Id"
    )]
    Evaluator,
}

impl Related<super::evaluation::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Evaluation.def()
    }
}

impl Related<super::practitioner::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Evaluator.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
