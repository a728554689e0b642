//! A dated version of Annexe 2's amounts, in cents (A2.e).

use crate::ids::TariffId;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A dated version of Annexe 2's amounts, in cents (A2.e).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "tariff")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TariffId,
    #[sea_orm(unique)]
    pub starts_on: Date,
    pub decided_on: Date,
    pub application_fee: i64,
    pub site_fee: i64,
    pub certificate_fee: i64,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
