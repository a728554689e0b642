//! A person acknowledged the notice (P13).

use crate::ids::{AcknowledgementId, NoticeId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A person acknowledged the notice (P13).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "acknowledgement")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AcknowledgementId,
    #[sea_orm(unique)]
    pub notice_id: NoticeId,
    pub acknowledged_at: DateTimeUtc,
    pub acknowledged_on: Date,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `notice_id`.
    #[sea_orm(
        belongs_to = "super::notice::Entity",
        from = "Column::NoticeId",
        to = "super::notice::Column::Id"
    )]
    Notice,
}

impl Related<super::notice::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Notice.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
