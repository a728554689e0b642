//! A natural person who seeks the certificate.

use crate::ids::{CandidateId, OrganismId};
use crate::kind::Sex;
use crate::text::Text;
use domain::birth::BirthDate;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A natural person who seeks the certificate.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "candidate")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CandidateId,
    /// Who registered them.
    pub organism_id: OrganismId,
    pub birth_name: String,
    pub used_name: Option<String>,
    pub first_names: String,
    /// As far as it is known.
    pub birth_date: Text<BirthDate>,
    pub sex: Text<Sex>,
    /// INSEE code of the commune; none abroad.
    pub birth_place_code: Option<String>,
    pub birth_place_name: String,
    pub birth_country: String,
    pub email: Option<String>,
    /// Names and date of birth by the rule of sameness: equal means the same person.
    pub person_key: String,
    pub registered_on: Date,
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
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
