//! A suspension of a habilitation (V.3.a).

use crate::ids::{EdofAlertId, HabilitationId, SuspensionId};
use crate::kind::SuspensionGround;
use crate::text::Text;
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
    pub ground: Text<SuspensionGround>,
    #[sea_orm(unique)]
    pub edof_alert_id: Option<EdofAlertId>,
    pub conditions: String,
    pub enrolled_may_finish: bool,
    pub decided_on: Date,
    /// From its notification.
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
    /// By `edof_alert_id`.
    #[sea_orm(
        belongs_to = "super::edof_alert::Entity",
        from = "Column::EdofAlertId",
        to = "super::edof_alert::Column::Id"
    )]
    EdofAlert,
}

impl Related<super::habilitation::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Habilitation.def()
    }
}

impl Related<super::edof_alert::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::EdofAlert.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
