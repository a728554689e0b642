//! Creates the tables of what follows a delivery: bounces, mails sent again, registered letters.

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
            table("bounce")
                .column(id())
                .column(uuid("notice_id"))
                .column(text("status"))
                .column(date("bounced_on"))
                .column(text("diagnostic"))
                .column(boolean("voids"))
                .column(text("source"))
                .column(uuid("recorded_by_id").null())
                .column(date("recorded_on"))
                .column(instant("recorded_at"))
                .one_of("source", &["OFFICER", "MAIL_SERVER"])
                .points("notice_id", "notice")
                .points("recorded_by_id", "account")
                .unique(&["notice_id", "status", "bounced_on"]),
        )
        .await?;
        freeze(m, "bounce").await?;
        create(
            m,
            table("resending")
                .column(uuid("notice_id"))
                .column(uuid("supersedes_id").unique())
                .column(uuid("asked_by_id"))
                .column(date("asked_on"))
                .key(&["notice_id"])
                .points("notice_id", "notice")
                .points("supersedes_id", "notice")
                .points("asked_by_id", "account"),
        )
        .await?;
        freeze(m, "resending").await?;
        create(
            m,
            table("registered_letter")
                .column(id())
                .column(uuid("notice_id").unique())
                .column(date("received_on"))
                .column(text("tracking_number"))
                .column(uuid("recorded_by_id"))
                .column(date("recorded_on"))
                .column(instant("recorded_at"))
                .points("notice_id", "notice")
                .points("recorded_by_id", "account"),
        )
        .await?;
        freeze(m, "registered_letter").await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, "registered_letter").await?;
        drop(m, "resending").await?;
        drop(m, "bounce").await
    }
}
