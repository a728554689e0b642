//! Creates the tables of habilitations.

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
            table("habilitation")
                .column(id())
                .column(uuid("organism_id"))
                .column(uuid("application_id").unique())
                .column(uuid("authority_id"))
                .column(uuid("framework_id"))
                .column(date("decided_on"))
                .column(date("notified_on").null())
                .column(date("term_ends_on").null())
                .column(date("renewed_on").null())
                .column(date("expired_on").null())
                .column(date("withdrawn_on").null())
                .column(date("renounced_on").null())
                .column(int("version"))
                .points("organism_id", "organism")
                .points("application_id", "application")
                .points("authority_id", "authority")
                .points("framework_id", "framework")
                .index(&["organism_id", "framework_id"])
                .index(&["term_ends_on"])
                .index(&["authority_id"]),
        )
        .await?;
        create(
            m,
            table("edof_alert")
                .column(id())
                .column(text("source"))
                .column(text("reference"))
                .column(text("allegation"))
                .column(date("received_on"))
                .column(text("siret").null())
                .column(text("siren").null())
                .column(text("offer_title"))
                .column(text("certification_code"))
                .column(date("offer_on"))
                .column(text("details"))
                .column(uuid("posted_by_id"))
                .column(text("status"))
                .column(uuid("organism_id").null())
                .column(uuid("habilitation_id").null())
                .column(boolean("habilitated").null())
                .column(boolean("qualiopi").null())
                .column(text("close_reason").null())
                .column(text("proposed_level").null())
                .column(text("proposed_grounds").null())
                .column(text("decided_level").null())
                .column(text("decision_reason").null())
                .column(date("decided_on").null())
                .column(uuid("decided_by_id").null())
                .column(date("notified_on").null())
                .column(int("version"))
                .one_of("source", &["CDC", "FRANCE_COMPETENCES"])
                .one_of("allegation", &["NOT_HABILITATED", "NOT_QUALIOPI", "NON_CONFORMING_OFFER"])
                .points("posted_by_id", "account")
                .one_of("status", &["POSTED", "PROPOSED", "UNMATCHED", "UNFOUNDED", "CONFIRMED"])
                .points("organism_id", "organism")
                .points("habilitation_id", "habilitation")
                .one_of("proposed_level", &["WARNING", "FORMAL_NOTICE", "SUSPENSION", "WITHDRAWAL"])
                .one_of("decided_level", &["WARNING", "FORMAL_NOTICE", "SUSPENSION", "WITHDRAWAL"])
                .points("decided_by_id", "account")
                .unique(&["source", "reference"])
                .index(&["organism_id", "decided_on"])
                .index(&["status"]),
        )
        .await?;
        create(
            m,
            table("suspension")
                .column(id())
                .column(uuid("habilitation_id"))
                .column(text("ground"))
                .column(uuid("edof_alert_id").null().unique())
                .column(text("conditions"))
                .column(boolean("enrolled_may_finish"))
                .column(date("decided_on"))
                .column(date("starts_on").null())
                .column(date("ends_on").null())
                .points("habilitation_id", "habilitation")
                .one_of("ground", &["EDOF_ALERT", "COMPLIANCE", "NON_PAYMENT"])
                .points("edof_alert_id", "edof_alert")
                .index(&["habilitation_id"]),
        )
        .await?;
        create(
            m,
            table("deadline")
                .column(id())
                .column(text("kind"))
                .column(uuid("subject_id"))
                .column(uuid("authority_id").null())
                .column(uuid("organism_id").null())
                .column(date("started_on"))
                .column(date("due_on"))
                .column(text("status"))
                .column(date("met_on").null())
                .one_of(
                    "kind",
                    &["OPINION_SETTLED", "DECISION_NOTIFIED", "APPEAL_LODGED", "INVOICE_PAID"],
                )
                .points("authority_id", "authority")
                .points("organism_id", "organism")
                .one_of("status", &["OPEN", "MET", "MISSED", "CANCELLED"])
                .unique(&["kind", "subject_id"])
                .index(&["status", "due_on"])
                .index(&["organism_id"]),
        )
        .await?;
        create(
            m,
            table("reminder")
                .column(id())
                .column(text("kind"))
                .column(uuid("subject_id"))
                .column(date("reference_on"))
                .column(int("step"))
                .column(date("sent_on"))
                .one_of("kind", &["TERM", "PAYMENT"])
                .unique(&["kind", "subject_id", "reference_on", "step"]),
        )
        .await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, "reminder").await?;
        drop(m, "deadline").await?;
        drop(m, "suspension").await?;
        drop(m, "edof_alert").await?;
        drop(m, "habilitation").await?;
        Ok(())
    }
}
