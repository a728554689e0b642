//! The decision on an application, taken at a meeting (III.5).

use crate::ids::{AccountId, ApplicationId, DecisionId, MeetingId};
use crate::text::Text;
use domain::application::Outcome;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// The decision on an application, taken at a meeting (III.5).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "decision")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DecisionId,
    #[sea_orm(unique)]
    pub application_id: ApplicationId,
    pub meeting_id: MeetingId,
    pub outcome: Text<Outcome>,
    pub decided_on: Date,
    pub decided_by_id: AccountId,
    pub recorded_at: DateTimeUtc,
    /// Stated by an acceptance (III.5.b).
    pub duration_years: Option<i32>,
    /// Stated by a CPNE's acceptance (III.5.b).
    pub professional_field: Option<String>,
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
    /// By `meeting_id`.
    #[sea_orm(
        belongs_to = "super::meeting::Entity",
        from = "Column::MeetingId",
        to = "super::meeting::Column::Id"
    )]
    Meeting,
    /// By `decided_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::DecidedById",
        to = "super::account::Column::Id"
    )]
    DecidedBy,
}

impl Related<super::application::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Application.def()
    }
}

impl Related<super::meeting::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Meeting.def()
    }
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::DecidedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
