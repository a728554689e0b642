//! A quarter that was invoiced: at most once (A2.d).

use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A quarter that was invoiced: at most once (A2.d).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "quarter_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub quarter: String,
    pub run_on: Date,
    pub invoice_count: i32,
    pub total_cents: i64,
    pub run_at: DateTimeUtc,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
