//! Indexes in the order of lists, the id included: a page is read where its cursor stands.

use crate::build::sql;
use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables, what each list begins with, and the index that the new one replaces.
const LISTS: [(&str, &str, Option<&str>); 5] = [
    ("organism", "name_key", Some("organism_name_key_idx")),
    ("deadline", "due_on", None),
    ("candidate", "organism_id", None),
    ("enrolment", "habilitation_id", Some("enrolment_habilitation_id_idx")),
    ("notice", "organism_id", Some("notice_organism_id_idx")),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, column, replaced) in LISTS {
            let index = format!("CREATE INDEX {table}_{column}_id_idx ON {table} ({column}, id)");
            sql(m, &index).await?;
            if let Some(replaced) = replaced {
                sql(m, &format!("DROP INDEX {replaced}")).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, column, replaced) in LISTS {
            if let Some(replaced) = replaced {
                sql(m, &format!("CREATE INDEX {replaced} ON {table} ({column})")).await?;
            }
            sql(m, &format!("DROP INDEX {table}_{column}_id_idx")).await?;
        }
        Ok(())
    }
}
