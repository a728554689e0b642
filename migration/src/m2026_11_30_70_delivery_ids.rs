//! Keeps what the mail server calls a mail that it accepted, and what a report says was done of one.

use crate::build::sql;
use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for statement in [
            "ALTER TABLE delivery ADD COLUMN server_id text",
            "CREATE INDEX delivery_server_id_idx ON delivery (server_id) WHERE server_id IS NOT NULL",
            "ALTER TABLE bounce ADD COLUMN action text CHECK (action IN ('FAILED', 'DELAYED'))",
            "DROP INDEX bounce_notice_id_status_bounced_on_idx",
            // Rows of before have no action: their status said whether they were final.
            "CREATE UNIQUE INDEX bounce_once_idx ON bounce (notice_id, status, bounced_on, \
             COALESCE(action, CASE WHEN status LIKE '5.%' THEN 'FAILED' ELSE 'DELAYED' END))",
        ] {
            sql(m, statement).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for statement in [
            "DROP INDEX bounce_once_idx",
            "CREATE UNIQUE INDEX bounce_notice_id_status_bounced_on_idx \
             ON bounce (notice_id, status, bounced_on)",
            "ALTER TABLE bounce DROP COLUMN action",
            "DROP INDEX delivery_server_id_idx",
            "ALTER TABLE delivery DROP COLUMN server_id",
        ] {
            sql(m, statement).await?;
        }
        Ok(())
    }
}
