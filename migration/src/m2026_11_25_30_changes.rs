//! Creates the sequence of changes that clients follow, and what a long task tells of its progress.

use crate::build::*;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("change")
                .column(bigint("seq"))
                .column(text("kind"))
                .column(uuid("subject_id"))
                .column(uuid("scope_id"))
                .column(instant("at"))
                .key(&["seq"])
                .one_of("kind", &["CANDIDATE", "NOTICE"])
                .unique(&["kind", "subject_id", "scope_id"])
                .index(&["kind", "seq"])
                .index(&["kind", "at"])
                .index(&["scope_id", "seq"]),
        )
        .await?;
        create(
            m,
            table("change_head")
                .column(int("id"))
                .column(bigint("seq"))
                .column(bigint("floor"))
                .key(&["id"]),
        )
        .await?;
        // Who is known already counts as changed now: a client that asks since when learns of them.
        let now = match m.get_database_backend() {
            DatabaseBackend::Sqlite => "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')",
            _ => "CURRENT_TIMESTAMP",
        };
        let known = format!(
            "INSERT INTO change (seq, kind, subject_id, scope_id, at) \
             SELECT ROW_NUMBER() OVER (ORDER BY id), 'CANDIDATE', id, organism_id, {now} FROM candidate"
        );
        sql(m, &known).await?;
        let head = "INSERT INTO change_head (id, seq, floor) SELECT 1, COUNT(*), 0 FROM change";
        sql(m, head).await?;
        sql(m, "ALTER TABLE outbox ADD COLUMN progress_done integer").await?;
        sql(m, "ALTER TABLE outbox ADD COLUMN progress_total integer").await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "ALTER TABLE outbox DROP COLUMN progress_total").await?;
        sql(m, "ALTER TABLE outbox DROP COLUMN progress_done").await?;
        drop(m, "change_head").await?;
        drop(m, "change").await
    }
}
