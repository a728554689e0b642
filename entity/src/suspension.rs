//! A suspension of a habilitation (V.3.a).

use crate::ids::{HabilitationId, SanctionId, SuspensionId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A suspension of a habilitation (V.3.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "suspension")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SuspensionId,
    pub habilitation_id: HabilitationId,
    /// By which it was decided: its ground and the day of its decision.
    pub sanction_id: SanctionId,
    pub conditions: String,
    pub enrolled_may_finish: bool,
    /// First day suspended: that of the sanction's notification.
    pub starts_on: Option<Date>,
    /// Last day suspended, once lifted.
    pub ends_on: Option<Date>,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `habilitation_id`.
    #[sea_orm(
        belongs_to = "super::habilitation::Entity",
        from = "Column::HabilitationId",
        to = "super::habilitation::Column::Id"
    )]
    Habilitation,
    /// By `sanction_id`.
    #[sea_orm(
        belongs_to = "super::sanction::Entity",
        from = "Column::SanctionId",
        to = "super::sanction::Column::Id"
    )]
    Sanction,
}

impl Related<super::habilitation::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Habilitation.def()
    }
}

impl Related<super::sanction::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Sanction.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
