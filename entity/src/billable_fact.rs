//! Something that is owed, once (A2.a to A2.c).

use crate::ids::{BillableFactId, OrganismId, TariffId};
use crate::text::Text;
use domain::tariff::FeeKind;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// Something that is owed, once (A2.a to A2.c).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "billable_fact")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BillableFactId,
    pub organism_id: OrganismId,
    pub kind: Text<FeeKind>,
    /// The application, site or certificate.
    pub subject_id: Uuid,
    pub fact_on: Date,
    pub tariff_id: TariffId,
    pub amount_cents: i64,
    pub recorded_at: DateTimeUtc,
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
    /// By `tariff_id`.
    #[sea_orm(
        belongs_to = "super::tariff::Entity",
        from = "Column::TariffId",
        to = "super::tariff::Column::Id"
    )]
    Tariff,
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl Related<super::tariff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tariff.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
