//! A natural person behind one or more practitioners (A3.3.b).

use crate::ids::PersonId;
use crate::text::Text;
use domain::birth::BirthDate;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A natural person behind one or more practitioners (A3.3.b).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "person")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PersonId,
    pub family_name: String,
    pub first_names: String,
    /// As far as it is known.
    pub birth_date: Text<BirthDate>,
    /// Names and date of birth by the rule of sameness: equal means the same person.
    #[sea_orm(unique)]
    pub person_key: String,
    /// The record that stands for this one after an explicit merge.
    pub merged_into_id: Option<PersonId>,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `merged_into_id`.
    #[sea_orm(belongs_to = "Entity", from = "Column::MergedIntoId", to = "Column::Id")]
    MergedInto,
}

impl ActiveModelBehavior for ActiveModel {}
