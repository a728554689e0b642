//! What stood against the renewal of a habilitation is kept with its expiry.

use crate::build::sql;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite keeps all of it or nothing, too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "ALTER TABLE habilitation ADD COLUMN expiry_obstacles text").await?;
        // Of those expired so far the journal alone knows: their end may not be told yet.
        let joined = match m.get_database_backend() {
            DatabaseBackend::Sqlite => {
                "group_concat(o.value, ',') FROM json_each(j.data, '$.obstacles') AS o"
            }
            _ => {
                "string_agg(o.value, ',' ORDER BY o.place) \
                 FROM jsonb_array_elements_text(j.data -> 'obstacles') WITH ORDINALITY AS o (value, place)"
            }
        };
        let known = format!(
            "UPDATE habilitation SET expiry_obstacles = (SELECT coalesce((SELECT {joined}), '') FROM journal j \
             WHERE j.subject_id = habilitation.id AND j.act = 'expireHabilitation' ORDER BY j.seq DESC LIMIT 1) \
             WHERE expired_on IS NOT NULL"
        );
        sql(m, &known).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "ALTER TABLE habilitation DROP COLUMN expiry_obstacles").await
    }
}
