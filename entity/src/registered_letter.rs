//! A notice notified by registered letter instead of mail (interpretation 5).

use crate::ids::{AccountId, NoticeId, RegisteredLetterId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A notice notified by registered letter instead of mail (interpretation 5).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "registered_letter")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegisteredLetterId,
    #[sea_orm(unique)]
    pub notice_id: NoticeId,
    /// The day of the notification.
    pub received_on: Date,
    pub tracking_number: String,
    pub recorded_by_id: AccountId,
    pub recorded_on: Date,
    pub recorded_at: DateTimeUtc,
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
    /// By `recorded_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::RecordedById",
        to = "super::account::Column::Id"
    )]
    Account,
}

impl Related<super::notice::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Notice.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
