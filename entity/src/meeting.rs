//! A sitting of an authority at which decisions are taken (III.5.a).

use crate::ids::{AuthorityId, MeetingId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A sitting of an authority at which decisions are taken (III.5.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "meeting")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MeetingId,
    pub authority_id: AuthorityId,
    pub held_on: Date,
    pub place: String,
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
