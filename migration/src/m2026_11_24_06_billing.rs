//! Creates the tables of billing.

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
            table("billable_fact")
                .column(id())
                .column(uuid("organism_id"))
                .column(text("kind"))
                .column(uuid("subject_id"))
                .column(date("fact_on"))
                .column(uuid("tariff_id"))
                .column(bigint("amount_cents"))
                .column(instant("recorded_at"))
                .points("organism_id", "organism")
                .one_of("kind", &["APPLICATION_FEE", "SITE_FEE", "CERTIFICATE_FEE"])
                .points("tariff_id", "tariff")
                .unique(&["kind", "subject_id", "fact_on"])
                .index(&["fact_on"])
                .index(&["organism_id"]),
        )
        .await?;
        freeze(m, "billable_fact").await?;
        create(
            m,
            table("quarter_run")
                .column(text("quarter"))
                .column(date("run_on"))
                .column(int("invoice_count"))
                .column(bigint("total_cents"))
                .column(instant("run_at"))
                .key(&["quarter"]),
        )
        .await?;
        freeze(m, "quarter_run").await?;
        create(
            m,
            table("invoice")
                .column(id())
                .column(text("number").unique())
                .column(text("series"))
                .column(int("year"))
                .column(int("sequence"))
                .column(uuid("organism_id"))
                .column(text("quarter"))
                .column(date("issued_on"))
                .column(date("due_on"))
                .column(bigint("total_cents"))
                .column(json("buyer"))
                .points("organism_id", "organism")
                .unique(&["series", "year", "sequence"])
                .unique(&["organism_id", "quarter"])
                .index(&["quarter"])
                .index(&["due_on"])
                .check("due_on >= issued_on AND total_cents > 0"),
        )
        .await?;
        freeze(m, "invoice").await?;
        create(
            m,
            table("invoice_line")
                .column(id())
                .column(uuid("invoice_id"))
                .column(int("position"))
                .column(uuid("billable_fact_id").unique())
                .column(text("label"))
                .column(bigint("amount_cents"))
                .points("invoice_id", "invoice")
                .points("billable_fact_id", "billable_fact")
                .unique(&["invoice_id", "position"]),
        )
        .await?;
        freeze(m, "invoice_line").await?;
        create(
            m,
            table("payment")
                .column(id())
                .column(uuid("invoice_id"))
                .column(date("received_on"))
                .column(bigint("amount_cents"))
                .column(text("method"))
                .column(text("reference"))
                .column(uuid("recorded_by_id"))
                .column(date("recorded_on"))
                .points("invoice_id", "invoice")
                .points("recorded_by_id", "account")
                .unique(&["invoice_id", "reference"])
                .check("amount_cents > 0"),
        )
        .await?;
        freeze(m, "payment").await?;
        create(
            m,
            table("counter")
                .column(text("series"))
                .column(int("year"))
                .column(int("last"))
                .key(&["series", "year"]),
        )
        .await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, "counter").await?;
        drop(m, "payment").await?;
        drop(m, "invoice_line").await?;
        drop(m, "invoice").await?;
        drop(m, "quarter_run").await?;
        drop(m, "billable_fact").await?;
        Ok(())
    }
}
