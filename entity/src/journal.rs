//! Who did what, when and why; hash-chained (X.b).

use crate::ids::{AccountId, OrganismId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// Who did what, when and why; hash-chained (X.b).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "journal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub at: DateTimeUtc,
    pub legal_on: Date,
    pub account_id: Option<AccountId>,
    /// `account`, the machine credential or the task that acted.
    pub actor: String,
    pub act: String,
    pub article: Option<String>,
    pub subject_kind: String,
    pub subject_id: Uuid,
    pub organism_id: Option<OrganismId>,
    /// In French, without personal data.
    pub summary: String,
    pub data: Json,
    pub correlation_id: String,
    pub prev_hash: String,
    #[sea_orm(unique)]
    pub hash: String,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `account_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::AccountId",
        to = "super::account::Column::Id"
    )]
    Account,
    /// By `organism_id`.
    #[sea_orm(
        belongs_to = "super::organism::Entity",
        from = "Column::OrganismId",
        to = "super::organism::Column::Id"
    )]
    Organism,
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
