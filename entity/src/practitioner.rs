//! A trainer, evaluator or jury member that an organism declares (II.b).

use crate::ids::{OrganismId, PersonId, PractitionerId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A trainer, evaluator or jury member that an organism declares (II.b).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "practitioner")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PractitionerId,
    pub organism_id: OrganismId,
    pub person_id: PersonId,
    /// Employee, contractor… as in the training activity report.
    pub legal_status: String,
    pub cv_reference: String,
    pub is_trainer: bool,
    pub is_evaluator: bool,
    pub is_jury_member: bool,
    pub evaluates_domain_1: bool,
    pub evaluates_domain_2: bool,
    pub evaluates_domain_3: bool,
    pub remote_capable: bool,
    pub declared_on: Date,
    /// When the authority validated the evaluator (interpretation 29).
    pub validated_on: Option<Date>,
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
    /// By `person_id`.
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl Related<super::person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
