//! A reminder that was sent: once per subject, reference day and step (III.6.c, A2.f).

use crate::ids::ReminderId;
use crate::kind::ReminderKind;
use crate::text::Text;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A reminder that was sent: once per subject, reference day and step (III.6.c, A2.f).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "reminder")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReminderId,
    pub kind: Text<ReminderKind>,
    pub subject_id: Uuid,
    /// The end of the term, or the day to pay.
    pub reference_on: Date,
    pub step: i32,
    pub sent_on: Date,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
