//! Something that must follow a committed act (X.d).

use crate::ids::OutboxId;
use crate::kind::{Lane, TaskStatus};
use crate::text::Text;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// Something that must follow a committed act (X.d).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OutboxId,
    pub kind: String,
    pub payload: Json,
    #[sea_orm(unique)]
    pub dedup_key: Option<String>,
    pub status: Text<TaskStatus>,
    pub attempts: i32,
    pub max_attempts: i32,
    pub next_attempt_at: DateTimeUtc,
    pub push_number: i32,
    pub pushed_at: Option<DateTimeUtc>,
    pub lease_owner: Option<String>,
    pub lease_until: Option<DateTimeUtc>,
    pub last_error: Option<String>,
    pub correlation_id: String,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    /// How many steps a long task has done; none where it tells nothing.
    pub progress_done: Option<i32>,
    /// Of how many.
    pub progress_total: Option<i32>,
    /// In which line it waits; of a kind that this program does not know, as the program that does wrote it.
    pub lane: Text<Lane>,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
