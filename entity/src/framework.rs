//! A framework: the base one (no authority), or one contextualised by a CPNE (I.c, A1.b).

use crate::ids::{AuthorityId, FrameworkId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A framework: the base one (no authority), or one contextualised by a CPNE (I.c, A1.b).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "framework")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FrameworkId,
    /// The CPNE that made it; none for the base framework.
    pub authority_id: Option<AuthorityId>,
    pub title: String,
    pub version: String,
    /// Its code on EDOF and at France compétences.
    pub certification_code: String,
    pub starts_on: Date,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `authority_id`.
    #[sea_orm(
        belongs_to = "super::authority::Entity",
        from = "Column::AuthorityId",
        to = "super::authority::Column::Id"
    )]
    Authority,
}

impl Related<super::authority::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Authority.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
