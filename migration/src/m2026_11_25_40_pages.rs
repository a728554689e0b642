//! Indexes in the order of lists, the id included: a page is read where its cursor stands.

use crate::build::sql;
use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "CREATE INDEX organism_name_key_id_idx ON organism (name_key, id)").await?;
        sql(m, "DROP INDEX organism_name_key_idx").await?;
        sql(m, "CREATE INDEX deadline_due_on_id_idx ON deadline (due_on, id)").await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "DROP INDEX deadline_due_on_id_idx").await?;
        sql(m, "CREATE INDEX organism_name_key_idx ON organism (name_key)").await?;
        sql(m, "DROP INDEX organism_name_key_id_idx").await
    }
}
