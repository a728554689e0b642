//! An alert of the CDC or of France compétences on an EDOF offer (V.3.d).

use crate::ids::{AccountId, EdofAlertId, HabilitationId, OrganismId};
use crate::kind::AlertStatus;
use crate::text::Text;
use domain::edof::{AlertSource, Allegation, SanctionLevel};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// An alert of the CDC or of France compétences on an EDOF offer (V.3.d).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "edof_alert")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EdofAlertId,
    pub source: Text<AlertSource>,
    /// The sender's own.
    pub reference: String,
    pub allegation: Text<Allegation>,
    pub received_on: Date,
    pub siret: Option<String>,
    pub siren: Option<String>,
    pub offer_title: String,
    pub certification_code: String,
    pub offer_on: Date,
    pub details: String,
    pub posted_by_id: AccountId,
    pub status: Text<AlertStatus>,
    pub organism_id: Option<OrganismId>,
    pub habilitation_id: Option<HabilitationId>,
    /// Whether it was on the offer's date.
    pub habilitated: Option<bool>,
    /// As the public list says; none when it does not.
    pub qualiopi: Option<bool>,
    /// Why it was closed as unmatched or unfounded.
    pub close_reason: Option<String>,
    /// What is decided is its [`sanction`](crate::sanction).
    pub proposed_level: Option<Text<SanctionLevel>>,
    pub proposed_grounds: Option<String>,
    pub version: i32,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `posted_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::PostedById",
        to = "super::account::Column::Id"
    )]
    PostedBy,
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

impl ActiveModelBehavior for ActiveModel {}
