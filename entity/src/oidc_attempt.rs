//! A sign-in by an OpenID Connect issuer that was begun; once, within minutes, by the same browser.

use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A sign-in by an OpenID Connect issuer that was begun; once, within minutes, by the same browser.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "oidc_attempt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub state_hash: String,
    pub browser_hash: String,
    pub challenge: Option<String>,
    pub expires_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
