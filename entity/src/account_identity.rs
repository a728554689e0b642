//! Whom an OpenID Connect issuer calls by a subject: bound to an account at the first sign-in.

use crate::ids::{AccountId, AccountIdentityId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// Whom an OpenID Connect issuer calls by a subject: bound to an account at the first sign-in.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "account_identity")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountIdentityId,
    pub account_id: AccountId,
    pub issuer: String,
    pub subject: String,
    pub bound_at: DateTimeUtc,
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
