//! Keeps dates of birth as texts, of which parts may be unknown: `1984-03-05`, `1984-03` or `1984`.

use crate::build::*;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Who has a date of birth.
const BORN: [&str; 2] = ["person", "candidate"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // SQLite keeps dates as these texts already.
        if m.get_database_backend() != DatabaseBackend::Postgres {
            return Ok(());
        }
        for table in BORN {
            let typed = "ALTER COLUMN birth_date TYPE text USING to_char(birth_date, 'YYYY-MM-DD')";
            sql(m, &format!("ALTER TABLE {table} {typed}")).await?;
            let form = r"birth_date ~ '^\d{4}(-\d{2}(-\d{2})?)?$'";
            sql(
                m,
                &format!(
                    "ALTER TABLE {table} ADD CONSTRAINT {table}_birth_date_check CHECK ({form})"
                ),
            )
            .await?;
        }
        Ok(())
    }

    /// Of a part of a date, the first day on which it can be is left.
    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in BORN {
            let whole = "substr(birth_date || '-01-01', 1, 10)";
            if m.get_database_backend() == DatabaseBackend::Postgres {
                sql(m, &format!("ALTER TABLE {table} DROP CONSTRAINT {table}_birth_date_check"))
                    .await?;
                let typed = format!("ALTER COLUMN birth_date TYPE date USING ({whole})::date");
                sql(m, &format!("ALTER TABLE {table} {typed}")).await?;
            } else {
                sql(m, &format!("UPDATE {table} SET birth_date = {whole}")).await?;
            }
        }
        Ok(())
    }
}
