//! Creates the tables of authorities and frameworks.

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
            table("authority")
                .column(id())
                .column(text("kind"))
                .column(text("name"))
                .column(text("email"))
                .column(text("appeal_contact"))
                .column(text("address"))
                .column(text("postal_code"))
                .column(text("city"))
                .column(text("siren").null())
                .column(instant("created_at"))
                .one_of("kind", &["CERTIF_PRO", "CPNE"]),
        )
        .await?;
        create(
            m,
            table("delegation")
                .column(id())
                .column(uuid("authority_id"))
                .column(text("professional_field").null())
                .column(text("geographic_field").null())
                .column(date("starts_on"))
                .column(date("ends_on").null())
                .column(date("suspended_on").null())
                .column(date("withdrawn_on").null())
                .points("authority_id", "authority")
                .index(&["authority_id"])
                .check("ends_on IS NULL OR ends_on >= starts_on"),
        )
        .await?;
        create(
            m,
            table("convention_version")
                .column(id())
                .column(text("version").unique())
                .column(date("starts_on"))
                .column(text("url")),
        )
        .await?;
        create(
            m,
            table("framework")
                .column(id())
                .column(uuid("authority_id").null())
                .column(text("title"))
                .column(text("version"))
                .column(text("certification_code"))
                .column(date("starts_on"))
                .points("authority_id", "authority")
                .unique(&["title", "version"]),
        )
        .await?;
        create(
            m,
            table("framework_domain")
                .column(id())
                .column(uuid("framework_id"))
                .column(int("number"))
                .column(text("title"))
                .points("framework_id", "framework")
                .unique(&["framework_id", "number"])
                .check("number BETWEEN 1 AND 3"),
        )
        .await?;
        create(
            m,
            table("competence")
                .column(id())
                .column(uuid("framework_id"))
                .column(text("code"))
                .column(int("domain_number"))
                .column(text("title"))
                .column(json("criteria"))
                .column(boolean("transversal"))
                .points("framework_id", "framework")
                .unique(&["framework_id", "code"]),
        )
        .await?;
        create(
            m,
            table("criterion")
                .column(id())
                .column(uuid("framework_id"))
                .column(text("code"))
                .column(int("position"))
                .column(text("label"))
                .column(boolean("contextual"))
                .points("framework_id", "framework")
                .unique(&["framework_id", "code"]),
        )
        .await?;
        create(
            m,
            table("tariff")
                .column(id())
                .column(date("starts_on").unique())
                .column(date("decided_on"))
                .column(bigint("application_fee"))
                .column(bigint("site_fee"))
                .column(bigint("certificate_fee"))
                .check("application_fee >= 0 AND site_fee >= 0 AND certificate_fee >= 0"),
        )
        .await?;
        sql(m, "CREATE UNIQUE INDEX authority_one_certif_pro ON authority (kind) WHERE kind = 'CERTIF_PRO'").await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, "tariff").await?;
        drop(m, "criterion").await?;
        drop(m, "competence").await?;
        drop(m, "framework_domain").await?;
        drop(m, "framework").await?;
        drop(m, "convention_version").await?;
        drop(m, "delegation").await?;
        drop(m, "authority").await?;
        Ok(())
    }
}
