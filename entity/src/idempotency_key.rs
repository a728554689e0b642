//! An answered mutation, so that repeating it changes nothing (P11).

use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// An answered mutation, so that repeating it changes nothing (P11).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    /// An account, or the first of a tool's credentials.
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub mutation: String,
    pub payload_hash: String,
    pub result_id: String,
    pub created_at: DateTimeUtc,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
