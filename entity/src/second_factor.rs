//! The second factor of an account: codes that change every thirty seconds (RFC 6238).

use crate::ids::AccountId;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// The second factor of an account: codes that change every thirty seconds (RFC 6238).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "second_factor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// What the codes are computed from; shown once.
    pub secret: Vec<u8>,
    /// The step of the last code taken: none is taken twice.
    pub last_step: i64,
    pub created_at: DateTimeUtc,
    /// When a first code showed that it works; none: it is not asked for yet.
    pub confirmed_at: Option<DateTimeUtc>,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `account_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::AccountId",
        to = "super::account::Column::Id"
    )]
    Account,
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
