//! A notice that was sent again as another, to the same or a corrected address (interpretation 5).

use crate::ids::{AccountId, NoticeId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A notice that was sent again as another, to the same or a corrected address (interpretation 5).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "resending")]
pub struct Model {
    /// The new notice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub notice_id: NoticeId,
    /// The one that it takes the place of: once at most.
    #[sea_orm(unique)]
    pub supersedes_id: NoticeId,
    pub asked_by_id: AccountId,
    pub asked_on: Date,
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
    /// By `supersedes_id`.
    #[sea_orm(
        belongs_to = "super::notice::Entity",
        from = "Column::SupersedesId",
        to = "super::notice::Column::Id"
    )]
    Superseded,
    /// By `asked_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::AskedById",
        to = "super::account::Column::Id"
    )]
    Account,
}

impl ActiveModelBehavior for ActiveModel {}
