//! A link in a mail: one purpose, expiring, hashed at rest.

use crate::ids::{NoticeId, NoticeLinkId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A link in a mail: one purpose, expiring, hashed at rest.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "notice_link")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NoticeLinkId,
    pub notice_id: NoticeId,
    #[sea_orm(unique)]
    pub token_hash: String,
    pub expires_on: Date,
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
