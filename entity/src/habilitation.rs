//! The right to train and evaluate (III.1, III.6).

use crate::ids::{ApplicationId, AuthorityId, FrameworkId, HabilitationId, OrganismId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// The right to train and evaluate (III.1, III.6).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "habilitation")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HabilitationId,
    pub organism_id: OrganismId,
    #[sea_orm(unique)]
    /// None where it was recorded elsewhere before the platform.
    pub application_id: Option<ApplicationId>,
    pub authority_id: AuthorityId,
    pub framework_id: FrameworkId,
    pub decided_on: Date,
    /// Starts the first term (III.6.a).
    pub notified_on: Option<Date>,
    /// Last day of the current term, included.
    pub term_ends_on: Option<Date>,
    /// First day of the second term (III.6.b).
    pub renewed_on: Option<Date>,
    /// First day after its end, once the expiry was carried out (III.6.c).
    pub expired_on: Option<Date>,
    /// What stood against its renewal on its last day, once expired (III.6.c): as `domain::term::Obstacle` writes
    /// and reads it.
    pub expiry_obstacles: Option<String>,
    /// First day without it (V.3.c).
    pub withdrawn_on: Option<Date>,
    /// First day without it (III.6.e).
    pub renounced_on: Option<Date>,
    pub version: i32,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `organism_id`.
    #[sea_orm(
        belongs_to = "super::organism::Entity",
        from = "Column::OrganismId",
        to = "super::organism::Column::Id"
    )]
    Organism,
    /// By `application_id`.
    #[sea_orm(
        belongs_to = "super::application::Entity",
        from = "Column::ApplicationId",
        to = "super::application::Column::Id"
    )]
    Application,
    /// By `authority_id`.
    #[sea_orm(
        belongs_to = "super::authority::Entity",
        from = "Column::AuthorityId",
        to = "super::authority::Column::Id"
    )]
    Authority,
    /// By `framework_id`.
    #[sea_orm(
        belongs_to = "super::framework::Entity",
        from = "Column::FrameworkId",
        to = "super::framework::Column::Id"
    )]
    Framework,
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl Related<super::application::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Application.def()
    }
}

impl Related<super::authority::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Authority.def()
    }
}

impl Related<super::framework::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Framework.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
