//! The mail server accepted the notice (interpretation 5).

use crate::ids::{DeliveryId, NoticeId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// The mail server accepted the notice (interpretation 5).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeliveryId,
    #[sea_orm(unique)]
    pub notice_id: NoticeId,
    pub accepted_at: DateTimeUtc,
    pub accepted_on: Date,
    pub transport: String,
    pub response: String,
    /// How the mail server calls the mail: the left part of its own id; reports may name the mail so.
    pub server_id: Option<String>,
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
