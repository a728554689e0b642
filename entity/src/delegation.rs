//! A mandate that Certif Pro gives to a CPNE (I.b).

use crate::ids::{AuthorityId, DelegationId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A mandate that Certif Pro gives to a CPNE (I.b).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "delegation")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DelegationId,
    pub authority_id: AuthorityId,
    pub professional_field: Option<String>,
    pub geographic_field: Option<String>,
    pub starts_on: Date,
    pub ends_on: Option<Date>,
    pub suspended_on: Option<Date>,
    pub withdrawn_on: Option<Date>,
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
