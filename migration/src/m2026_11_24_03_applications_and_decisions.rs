//! Creates the tables of applications and decisions.

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
            table("meeting")
                .column(id())
                .column(uuid("authority_id"))
                .column(date("held_on"))
                .column(text("place"))
                .points("authority_id", "authority")
                .unique(&["authority_id", "held_on"]),
        )
        .await?;
        create(
            m,
            table("campaign")
                .column(id())
                .column(uuid("authority_id"))
                .column(uuid("framework_id"))
                .column(uuid("meeting_id"))
                .column(text("title"))
                .column(date("opens_on"))
                .column(date("closes_on"))
                .points("authority_id", "authority")
                .points("framework_id", "framework")
                .points("meeting_id", "meeting")
                .index(&["authority_id"])
                .check("closes_on >= opens_on"),
        )
        .await?;
        create(
            m,
            table("application")
                .column(id())
                .column(text("number").unique())
                .column(uuid("organism_id"))
                .column(uuid("campaign_id"))
                .column(uuid("authority_id"))
                .column(uuid("framework_id"))
                .column(uuid("meeting_id"))
                .column(text("status"))
                .column(date("filed_on"))
                .column(uuid("filed_by_id"))
                .column(uuid("provider_id").null())
                .column(text("contact_email"))
                .column(uuid("convention_version_id"))
                .column(int("version"))
                .points("organism_id", "organism")
                .points("campaign_id", "campaign")
                .points("authority_id", "authority")
                .points("framework_id", "framework")
                .points("meeting_id", "meeting")
                .one_of("status", &["FILED", "INSTRUCTED", "ACCEPTED", "REFUSED"])
                .points("filed_by_id", "account")
                .points("provider_id", "account")
                .points("convention_version_id", "convention_version")
                .unique(&["organism_id", "campaign_id"])
                .index(&["authority_id", "status"])
                .index(&["meeting_id"]),
        )
        .await?;
        create(
            m,
            table("application_site")
                .column(uuid("application_id"))
                .column(uuid("site_id"))
                .key(&["application_id", "site_id"])
                .points("application_id", "application")
                .points("site_id", "site"),
        )
        .await?;
        create(
            m,
            table("opinion")
                .column(id())
                .column(uuid("application_id").unique())
                .column(date("given_on"))
                .column(uuid("given_by_id"))
                .points("application_id", "application")
                .points("given_by_id", "account"),
        )
        .await?;
        freeze(m, "opinion").await?;
        create(
            m,
            table("opinion_finding")
                .column(id())
                .column(uuid("opinion_id"))
                .column(uuid("criterion_id"))
                .column(boolean("satisfied"))
                .column(text("grounds"))
                .points("opinion_id", "opinion")
                .points("criterion_id", "criterion")
                .unique(&["opinion_id", "criterion_id"]),
        )
        .await?;
        freeze(m, "opinion_finding").await?;
        create(
            m,
            table("decision")
                .column(id())
                .column(uuid("application_id").unique())
                .column(uuid("meeting_id"))
                .column(text("outcome"))
                .column(date("decided_on"))
                .column(uuid("decided_by_id"))
                .column(instant("recorded_at"))
                .column(int("duration_years").null())
                .column(text("professional_field").null())
                .points("application_id", "application")
                .points("meeting_id", "meeting")
                .one_of("outcome", &["ACCEPTED", "REFUSED"])
                .points("decided_by_id", "account")
                .index(&["meeting_id"]),
        )
        .await?;
        freeze(m, "decision").await?;
        create(
            m,
            table("decision_finding")
                .column(id())
                .column(uuid("decision_id"))
                .column(uuid("criterion_id"))
                .column(boolean("satisfied"))
                .column(text("grounds"))
                .points("decision_id", "decision")
                .points("criterion_id", "criterion")
                .unique(&["decision_id", "criterion_id"]),
        )
        .await?;
        freeze(m, "decision_finding").await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, "decision_finding").await?;
        drop(m, "decision").await?;
        drop(m, "opinion_finding").await?;
        drop(m, "opinion").await?;
        drop(m, "application_site").await?;
        drop(m, "application").await?;
        drop(m, "campaign").await?;
        drop(m, "meeting").await?;
        Ok(())
    }
}
