//! A candidate with an organism, under one habilitation (A3.1.a).

use crate::ids::{CandidateId, EnrolmentId, FrameworkId, HabilitationId, OrganismId, SiteId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A candidate with an organism, under one habilitation (A3.1.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "enrolment")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EnrolmentId,
    pub candidate_id: CandidateId,
    pub organism_id: OrganismId,
    pub habilitation_id: HabilitationId,
    pub framework_id: FrameworkId,
    pub site_id: SiteId,
    pub enrolled_on: Date,
    /// When the purpose of the processing was told (IV.7.d).
    pub purpose_told_on: Date,
    /// When the disability contact was communicated (A3.6.a).
    pub disability_contact_told_on: Date,
    pub version: i32,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `candidate_id`.
    #[sea_orm(
        belongs_to = "super::candidate::Entity",
        from = "Column::CandidateId",
        to = "super::candidate::Column::Id"
    )]
    Candidate,
    /// By `organism_id`.
    #[sea_orm(
        belongs_to = "super::organism::Entity",
        from = "Column::OrganismId",
        to = "super::organism::Column::Id"
    )]
    Organism,
    /// By `habilitation_id`.
    #[sea_orm(
        belongs_to = "super::habilitation::Entity",
        from = "Column::HabilitationId",
        to = "super::habilitation::Column::Id"
    )]
    Habilitation,
    /// By `framework_id`.
    #[sea_orm(
        belongs_to = "super::framework::Entity",
        from = "Column::FrameworkId",
        to = "super::framework::Column::Id"
    )]
    Framework,
    /// By `site_id`.
    #[sea_orm(
        belongs_to = "super::site::Entity",
        from = "Column::SiteId",
        to = "super::site::Column::Id"
    )]
    Site,
}

impl Related<super::candidate::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Candidate.def()
    }
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl Related<super::habilitation::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Habilitation.def()
    }
}

impl Related<super::framework::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Framework.def()
    }
}

impl Related<super::site::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Site.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
