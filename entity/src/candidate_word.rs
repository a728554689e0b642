//! A word of a candidate's names: lists are searched by the beginnings of words.

use crate::ids::CandidateId;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A word of a candidate's names: lists are searched by the beginnings of words.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "candidate_word")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub candidate_id: CandidateId,
    /// As `domain::search` cuts it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub word: String,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `candidate_id`.
    #[sea_orm(
        belongs_to = "super::candidate::Entity",
        from = "Column::CandidateId",
        to = "super::candidate::Column::Id"
    )]
    Candidate,
}

impl Related<super::candidate::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Candidate.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
