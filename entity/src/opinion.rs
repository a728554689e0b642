//! The motivated opinion that closes the instruction (III.4.b).

use crate::ids::{AccountId, ApplicationId, OpinionId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// The motivated opinion that closes the instruction (III.4.b).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "opinion")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OpinionId,
    #[sea_orm(unique)]
    pub application_id: ApplicationId,
    pub given_on: Date,
    pub given_by_id: AccountId,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `application_id`.
    #[sea_orm(
        belongs_to = "super::application::Entity",
        from = "Column::ApplicationId",
        to = "super::application::Column::Id"
    )]
    Application,
    /// By `given_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::GivenById",
        to = "super::account::Column::Id"
    )]
    GivenBy,
}

impl Related<super::application::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Application.def()
    }
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::GivenBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
