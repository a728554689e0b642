//! Money received for an invoice (A2.f).

use crate::ids::{AccountId, InvoiceId, PaymentId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// Money received for an invoice (A2.f).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    pub invoice_id: InvoiceId,
    pub received_on: Date,
    pub amount_cents: i64,
    pub method: String,
    pub reference: String,
    /// Which one it is of those alike in reference, day and amount: the first is 1.
    pub occurrence: i32,
    pub recorded_by_id: AccountId,
    pub recorded_on: Date,
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
    /// By `recorded_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::RecordedById",
        to = "super::account::Column::Id"
    )]
    RecordedBy,
}

impl Related<super::invoice::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Invoice.def()
    }
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RecordedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
