//! That something which clients follow changed: its last change, under a number that follows the order of
//! the commits.

use crate::kind::ChangeKind;
use crate::text::Text;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// That something which clients follow changed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "change")]
pub struct Model {
    /// Greater than that of every change committed before.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub kind: Text<ChangeKind>,
    pub subject_id: Uuid,
    /// The organism that the candidate was of; the nil UUID for what is of none.
    pub scope_id: Uuid,
    /// The machine's instant.
    pub at: DateTimeUtc,
}

/// The tables that it points to: none, since what changed may be erased.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
