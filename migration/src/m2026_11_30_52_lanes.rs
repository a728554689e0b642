//! Gives each task its lane, and an index to what the relay asks of each lane.
//!
//! A program of before, running beside a newer one, inserts its tasks without a lane: they take the default.

use crate::build::sql;
use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The kinds of tasks that are not `LEGAL`, with their lane.
const LANES: [(&str, &[&str]); 2] = [
    ("PERSON", &["INVITE_ACCOUNT", "RESET_PASSWORD"]),
    (
        "BULK",
        &[
            "REMIND_TERM",
            "TELL_RENEWAL",
            "TELL_EXPIRY",
            "SEND_INVOICE",
            "REMIND_PAYMENT",
            "ESCALATE_PAYMENT",
            "AWARD_CERTIFICATE",
            "TELL_CREDENTIAL_EXPIRY",
            "TELL_GIVEN_UP",
        ],
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "ALTER TABLE outbox ADD COLUMN lane text NOT NULL DEFAULT 'LEGAL'").await?;
        for (lane, kinds) in LANES {
            let kinds = kinds.join("', '");
            sql(m, &format!("UPDATE outbox SET lane = '{lane}' WHERE kind IN ('{kinds}')")).await?;
        }
        // What was never pushed stands apart from what was: a lane with a hundred thousand tasks is read from
        // either end. It serves what read the status and the time, too.
        let columns = "status, lane, pushed_at, next_attempt_at, id";
        sql(m, &format!("CREATE INDEX outbox_lane_idx ON outbox ({columns})")).await?;
        sql(m, "DROP INDEX outbox_status_next_attempt_at_idx").await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let columns = "status, next_attempt_at";
        sql(m, &format!("CREATE INDEX outbox_status_next_attempt_at_idx ON outbox ({columns})"))
            .await?;
        sql(m, "DROP INDEX outbox_lane_idx").await?;
        sql(m, "ALTER TABLE outbox DROP COLUMN lane").await
    }
}
