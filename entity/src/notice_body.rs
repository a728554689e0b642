//! The text of a notice; it can be erased.

use crate::ids::NoticeId;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// The text of a notice; it can be erased.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "notice_body")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub notice_id: NoticeId,
    /// Where it was sent.
    pub recipient_email: String,
    pub mail_subject: String,
    pub text: String,
    pub html: String,
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
