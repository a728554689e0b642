//! Creates the tables of organisms and people.

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
            table("organism")
                .column(id())
                .column(text("siren").unique())
                .column(text("name"))
                .column(text("name_key"))
                .column(text("kind"))
                .column(text("nda").null())
                .column(text("email"))
                .column(text("address"))
                .column(text("postal_code"))
                .column(text("city"))
                .column(date("registered_on"))
                .column(int("version"))
                .one_of("kind", &["LEGAL_PERSON", "NATURAL_PERSON"])
                .index(&["name_key"])
                .check("length(siren) = 9"),
        )
        .await?;
        create(
            m,
            table("site")
                .column(id())
                .column(uuid("organism_id"))
                .column(text("name"))
                .column(text("siret").null().unique())
                .column(text("address"))
                .column(text("postal_code"))
                .column(text("city"))
                .column(boolean("is_seat"))
                .column(date("registered_on"))
                .column(date("closed_on").null())
                .points("organism_id", "organism")
                .index(&["organism_id"])
                .check("siret IS NULL OR length(siret) = 14"),
        )
        .await?;
        create(
            m,
            table("person")
                .column(id())
                .column(text("family_name"))
                .column(text("first_names"))
                .column(date("birth_date"))
                .column(text("person_key").unique())
                .column(uuid("merged_into_id").null())
                .points("merged_into_id", "person"),
        )
        .await?;
        create(
            m,
            table("practitioner")
                .column(id())
                .column(uuid("organism_id"))
                .column(uuid("person_id"))
                .column(text("legal_status"))
                .column(text("cv_reference"))
                .column(boolean("is_trainer"))
                .column(boolean("is_evaluator"))
                .column(boolean("is_jury_member"))
                .column(boolean("evaluates_domain_1"))
                .column(boolean("evaluates_domain_2"))
                .column(boolean("evaluates_domain_3"))
                .column(boolean("remote_capable"))
                .column(date("declared_on"))
                .column(date("validated_on").null())
                .points("organism_id", "organism")
                .points("person_id", "person")
                .index(&["organism_id"])
                .index(&["person_id"]),
        )
        .await?;
        create(
            m,
            table("declared_organism")
                .column(id())
                .column(text("nda").unique())
                .column(text("siren"))
                .column(text("siret").null())
                .column(text("name"))
                .column(text("address"))
                .column(text("postal_code"))
                .column(text("city"))
                .column(text("region_code"))
                .column(boolean("qualiopi_training").null())
                .column(date("last_declared_on").null())
                .column(text("content_hash"))
                .column(instant("imported_at"))
                .index(&["siren"])
                .index(&["siret"]),
        )
        .await?;
        create(
            m,
            table("account")
                .column(id())
                .column(text("email").unique())
                .column(text("display_name"))
                .column(text("password_hash"))
                .column(instant("disabled_at").null())
                .column(instant("created_at")),
        )
        .await?;
        create(
            m,
            table("account_grant")
                .column(id())
                .column(uuid("account_id"))
                .column(text("role"))
                .column(uuid("authority_id").null())
                .column(uuid("organism_id").null())
                .column(uuid("candidate_id").null())
                .column(date("granted_on"))
                .column(uuid("granted_by_id").null())
                .column(instant("revoked_at").null())
                .points("account_id", "account")
                .one_of(
                    "role",
                    &[
                        "DECIDER",
                        "CASE_OFFICER",
                        "PROVIDER",
                        "FINANCE",
                        "AUTHORITY_ADMIN",
                        "ORGANISM_ADMIN",
                        "ORGANISM_STAFF",
                        "MANDATARY",
                        "CANDIDATE",
                        "OPERATOR",
                    ],
                )
                .points("authority_id", "authority")
                .points("organism_id", "organism")
                .points("granted_by_id", "account")
                .index(&["account_id"])
                .index(&["organism_id"]),
        )
        .await?;
        create(
            m,
            table("session")
                .column(id())
                .column(uuid("account_id"))
                .column(text("token_hash").unique())
                .column(instant("created_at"))
                .column(instant("expires_at"))
                .column(instant("revoked_at").null())
                .points("account_id", "account")
                .index(&["account_id"]),
        )
        .await?;
        sql(m, "CREATE UNIQUE INDEX site_one_seat ON site (organism_id) WHERE is_seat").await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, "session").await?;
        drop(m, "account_grant").await?;
        drop(m, "account").await?;
        drop(m, "declared_organism").await?;
        drop(m, "practitioner").await?;
        drop(m, "person").await?;
        drop(m, "site").await?;
        drop(m, "organism").await?;
        Ok(())
    }
}
