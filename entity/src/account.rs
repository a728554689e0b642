//! Who signs in.

use crate::ids::AccountId;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// Who signs in.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    #[sea_orm(unique)]
    pub email: String,
    pub display_name: String,
    pub password_hash: String,
    pub disabled_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    /// When its holder first showed that the address is theirs: by a link sent there.
    pub confirmed_at: Option<DateTimeUtc>,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `second_factor.account_id`.
    #[sea_orm(has_one = "super::second_factor::Entity")]
    SecondFactor,
}

impl Related<super::second_factor::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SecondFactor.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
