//! An authority that decides: Certif Pro, or a CPNE by delegation (I).

use crate::ids::AuthorityId;
use crate::text::Text;
use domain::authority::AuthorityKind;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// An authority that decides: Certif Pro, or a CPNE by delegation (I).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "authority")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuthorityId,
    pub kind: Text<AuthorityKind>,
    pub name: String,
    pub email: String,
    /// Where an appeal is sent (III.5.c).
    pub appeal_contact: String,
    pub address: String,
    pub postal_code: String,
    pub city: String,
    pub siren: Option<String>,
    pub created_at: DateTimeUtc,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
