//! A document produced; its body can be erased, its hash stays.

use crate::ids::DocumentId;
use crate::kind::DocumentKind;
use crate::text::Text;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A document produced; its body can be erased, its hash stays.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "document")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DocumentId,
    pub kind: Text<DocumentKind>,
    pub subject_id: Uuid,
    pub file_name: String,
    pub media_type: String,
    pub sha256: String,
    pub size: i64,
    pub rendered_at: DateTimeUtc,
    /// Which of several of this kind about this subject, from 1.
    pub occurrence: i32,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
