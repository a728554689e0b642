//! A mail server told that a notice did not reach its recipient (interpretation 5).

use crate::ids::{AccountId, BounceId, NoticeId};
use crate::kind::BounceSource;
use crate::text::Text;
use domain::notification::BounceAction;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A mail server told that a notice did not reach its recipient (interpretation 5).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "bounce")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BounceId,
    pub notice_id: NoticeId,
    /// The enhanced status code, as `5.1.1`.
    pub status: String,
    /// What was done of the mail; none in rows of before, whose status tells.
    pub action: Option<Text<BounceAction>>,
    pub bounced_on: Date,
    /// What the mail server said, without the recipient's address; may be empty.
    pub diagnostic: String,
    /// Whether it voids the notification: final, and nothing shows that the notice was read.
    pub voids: bool,
    pub source: Text<BounceSource>,
    pub recorded_by_id: Option<AccountId>,
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
