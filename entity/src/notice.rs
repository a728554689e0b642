//! A mail as it was sent (X.c).

use crate::ids::{AuthorityId, CandidateId, NoticeId, OrganismId};
use crate::text::Text;
use domain::notification::NoticeKind;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A mail as it was sent (X.c).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NoticeId,
    pub kind: Text<NoticeKind>,
    pub subject_id: Uuid,
    /// One notice per cause, ever.
    #[sea_orm(unique)]
    pub dedup_key: String,
    pub organism_id: Option<OrganismId>,
    pub candidate_id: Option<CandidateId>,
    pub authority_id: Option<AuthorityId>,
    /// The same when the mail is repeated.
    #[sea_orm(unique)]
    pub message_id: String,
    pub body_sha256: String,
    pub composed_on: Date,
    pub composed_at: DateTimeUtc,
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
    /// By `candidate_id`.
    #[sea_orm(
        belongs_to = "super::candidate::Entity",
        from = "Column::CandidateId",
        to = "super::candidate::Column::Id"
    )]
    Candidate,
    /// By `authority_id`.
    #[sea_orm(
        belongs_to = "super::authority::Entity",
        from = "Column::AuthorityId",
        to = "super::authority::Column::Id"
    )]
    Authority,
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl Related<super::candidate::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Candidate.def()
    }
}

impl Related<super::authority::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Authority.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
