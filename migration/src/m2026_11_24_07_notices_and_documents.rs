//! Creates the tables of notices and documents.

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
            table("document")
                .column(id())
                .column(text("kind"))
                .column(uuid("subject_id"))
                .column(text("file_name"))
                .column(text("media_type"))
                .column(text("sha256"))
                .column(bigint("size"))
                .column(instant("rendered_at"))
                .one_of("kind", &["DECISION_LETTER", "INVOICE", "PARCHMENT"])
                .unique(&["kind", "subject_id"]),
        )
        .await?;
        freeze(m, "document").await?;
        create(
            m,
            table("document_body")
                .column(uuid("document_id"))
                .column(bytes("bytes"))
                .key(&["document_id"])
                .points("document_id", "document"),
        )
        .await?;
        create(
            m,
            table("notice")
                .column(id())
                .column(text("kind"))
                .column(uuid("subject_id"))
                .column(text("dedup_key").unique())
                .column(text("recipient_email"))
                .column(uuid("organism_id").null())
                .column(uuid("candidate_id").null())
                .column(uuid("authority_id").null())
                .column(text("message_id").unique())
                .column(text("body_sha256"))
                .column(date("composed_on"))
                .column(instant("composed_at"))
                .points("organism_id", "organism")
                .points("candidate_id", "candidate")
                .points("authority_id", "authority")
                .index(&["subject_id"])
                .index(&["organism_id"]),
        )
        .await?;
        freeze(m, "notice").await?;
        create(
            m,
            table("notice_body")
                .column(uuid("notice_id"))
                .column(text("mail_subject"))
                .column(text("text"))
                .column(text("html"))
                .key(&["notice_id"])
                .points("notice_id", "notice"),
        )
        .await?;
        create(
            m,
            table("notice_attachment")
                .column(uuid("notice_id"))
                .column(uuid("document_id"))
                .key(&["notice_id", "document_id"])
                .points("notice_id", "notice")
                .points("document_id", "document"),
        )
        .await?;
        create(
            m,
            table("delivery")
                .column(id())
                .column(uuid("notice_id").unique())
                .column(instant("accepted_at"))
                .column(date("accepted_on"))
                .column(text("transport"))
                .column(text("response"))
                .points("notice_id", "notice"),
        )
        .await?;
        freeze(m, "delivery").await?;
        create(
            m,
            table("acknowledgement")
                .column(id())
                .column(uuid("notice_id").unique())
                .column(instant("acknowledged_at"))
                .column(date("acknowledged_on"))
                .points("notice_id", "notice"),
        )
        .await?;
        freeze(m, "acknowledgement").await?;
        create(
            m,
            table("notice_link")
                .column(id())
                .column(uuid("notice_id"))
                .column(text("token_hash").unique())
                .column(date("expires_on"))
                .points("notice_id", "notice"),
        )
        .await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, "notice_link").await?;
        drop(m, "acknowledgement").await?;
        drop(m, "delivery").await?;
        drop(m, "notice_attachment").await?;
        drop(m, "notice_body").await?;
        drop(m, "notice").await?;
        drop(m, "document_body").await?;
        drop(m, "document").await?;
        Ok(())
    }
}
