//! Creates the tables of journal and outbox.

use crate::build::*;
use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("journal")
                .column(bigint("seq"))
                .column(instant("at"))
                .column(date("legal_on"))
                .column(uuid("account_id").null())
                .column(text("actor"))
                .column(text("act"))
                .column(text("article").null())
                .column(text("subject_kind"))
                .column(uuid("subject_id"))
                .column(uuid("organism_id").null())
                .column(text("summary"))
                .column(json("data"))
                .column(text("correlation_id"))
                .column(text("prev_hash"))
                .column(text("hash").unique())
                .key(&["seq"])
                .points("account_id", "account")
                .points("organism_id", "organism")
                .index(&["subject_id"])
                .index(&["organism_id"]),
        )
        .await?;
        freeze(m, "journal").await?;
        create(
            m,
            table("journal_head")
                .column(int("id"))
                .column(bigint("seq"))
                .column(text("hash"))
                .key(&["id"]),
        )
        .await?;
        create(
            m,
            table("outbox")
                .column(id())
                .column(text("kind"))
                .column(json("payload"))
                .column(text("dedup_key").null().unique())
                .column(text("status"))
                .column(int("attempts"))
                .column(int("max_attempts"))
                .column(instant("next_attempt_at"))
                .column(int("push_number"))
                .column(instant("pushed_at").null())
                .column(text("lease_owner").null())
                .column(instant("lease_until").null())
                .column(text("last_error").null())
                .column(text("correlation_id"))
                .column(instant("created_at"))
                .column(instant("finished_at").null())
                .one_of("status", &["PENDING", "DONE", "GIVEN_UP"])
                .index(&["status", "next_attempt_at"]),
        )
        .await?;
        create(
            m,
            table("idempotency_key")
                .column(uuid("account_id"))
                .column(text("key"))
                .column(text("mutation"))
                .column(text("payload_hash"))
                .column(text("result_id"))
                .column(instant("created_at"))
                .key(&["account_id", "key"])
                .points("account_id", "account"),
        )
        .await?;
        create(
            m,
            table("legal_clock")
                .column(int("id"))
                .column(date("today"))
                .column(date("target_on").null())
                .key(&["id"]),
        )
        .await?;
        sql(m, "INSERT INTO journal_head (id, seq, hash) VALUES (1, 0, '')").await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, "legal_clock").await?;
        drop(m, "idempotency_key").await?;
        drop(m, "outbox").await?;
        drop(m, "journal_head").await?;
        drop(m, "journal").await?;
        Ok(())
    }
}
