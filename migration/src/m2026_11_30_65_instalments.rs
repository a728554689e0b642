//! An invoice is paid in instalments under one reference; the very same movement is recorded twice on purpose alone.

use crate::build::sql;
use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "ALTER TABLE payment ADD COLUMN occurrence integer NOT NULL DEFAULT 1").await?;
        sql(m, "DROP INDEX payment_invoice_id_reference_idx").await?;
        sql(
            m,
            "CREATE UNIQUE INDEX payment_once ON payment \
             (invoice_id, reference, received_on, amount_cents, occurrence)",
        )
        .await
    }

    /// Fails, with nothing changed, once an invoice has two payments under one reference: they are money received.
    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "CREATE UNIQUE INDEX payment_invoice_id_reference_idx ON payment (invoice_id, reference)")
            .await?;
        sql(m, "DROP INDEX payment_once").await?;
        sql(m, "ALTER TABLE payment DROP COLUMN occurrence").await
    }
}
