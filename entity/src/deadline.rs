//! A legal time limit that runs or ran (X.a).

use crate::ids::{AuthorityId, DeadlineId, OrganismId};
use crate::kind::DeadlineStatus;
use crate::text::Text;
use domain::deadline::DeadlineKind;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A legal time limit that runs or ran (X.a).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "deadline")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeadlineId,
    pub kind: Text<DeadlineKind>,
    pub subject_id: Uuid,
    /// The authority concerned.
    pub authority_id: Option<AuthorityId>,
    /// The organism concerned; the kind says whose act is awaited.
    pub organism_id: Option<OrganismId>,
    pub started_on: Date,
    pub due_on: Date,
    pub status: Text<DeadlineStatus>,
    pub met_on: Option<Date>,
    /// Which of several of this kind on this subject, from 1.
    pub occurrence: i32,
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
    /// By `organism_id`.
    #[sea_orm(
        belongs_to = "super::organism::Entity",
        from = "Column::OrganismId",
        to = "super::organism::Column::Id"
    )]
    Organism,
}

impl Related<super::authority::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Authority.def()
    }
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
