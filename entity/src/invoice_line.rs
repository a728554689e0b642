//! One billed fact (A2.g).

use crate::ids::{BillableFactId, InvoiceId, InvoiceLineId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// One billed fact (A2.g).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "invoice_line")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvoiceLineId,
    pub invoice_id: InvoiceId,
    pub position: i32,
    #[sea_orm(unique)]
    pub billable_fact_id: BillableFactId,
    pub label: String,
    pub amount_cents: i64,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `invoice_id`.
    #[sea_orm(
        belongs_to = "super::invoice::Entity",
        from = "Column::InvoiceId",
        to = "super::invoice::Column::Id"
    )]
    Invoice,
    /// By `billable_fact_id`.
    #[sea_orm(
        belongs_to = "super::billable_fact::Entity",
        from = "Column::BillableFactId",
        to = "super::billable_fact::Column::Id"
    )]
    BillableFact,
}

impl Related<super::invoice::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Invoice.def()
    }
}

impl Related<super::billable_fact::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::BillableFact.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
