//! A jury's decision on one enrolment (A3.5.a).

use crate::ids::{EnrolmentId, JuryDecisionId, JuryId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A jury's decision on one enrolment (A3.5.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "jury_decision")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JuryDecisionId,
    pub jury_id: JuryId,
    pub enrolment_id: EnrolmentId,
    pub favourable: bool,
    pub grounds: String,
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
    /// By `enrolment_id`.
    #[sea_orm(
        belongs_to = "super::enrolment::Entity",
        from = "Column::EnrolmentId",
        to = "super::enrolment::Column::Id"
    )]
    Enrolment,
}

impl Related<super::jury::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Jury.def()
    }
}

impl Related<super::enrolment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Enrolment.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
