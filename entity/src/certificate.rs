//! An award that anyone can verify (A3.5.b).

use crate::ids::{
    CandidateId, CertificateId, EnrolmentId, FrameworkId, HabilitationId, JuryId, OrganismId,
};
use crate::kind::DeliveryChoice;
use crate::text::Text;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// An award that anyone can verify (A3.5.b).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "certificate")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CertificateId,
    #[sea_orm(unique)]
    pub number: String,
    #[sea_orm(unique)]
    pub verification_code: String,
    #[sea_orm(unique)]
    /// None where it was awarded elsewhere before the platform.
    pub enrolment_id: Option<EnrolmentId>,
    pub candidate_id: CandidateId,
    pub organism_id: OrganismId,
    pub habilitation_id: HabilitationId,
    pub framework_id: FrameworkId,
    /// None likewise.
    pub jury_id: Option<JuryId>,
    pub awarded_on: Date,
    pub delivery: Text<DeliveryChoice>,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `enrolment_id`.
    #[sea_orm(
        belongs_to = "super::enrolment::Entity",
        from = "Column::EnrolmentId",
        to = "super::enrolment::Column::Id"
    )]
    Enrolment,
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
    /// By `jury_id`.
    #[sea_orm(
        belongs_to = "super::jury::Entity",
        from = "Column::JuryId",
        to = "super::jury::Column::Id"
    )]
    Jury,
}

impl Related<super::enrolment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Enrolment.def()
    }
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

impl Related<super::jury::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Jury.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
