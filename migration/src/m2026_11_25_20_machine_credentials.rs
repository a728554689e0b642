//! Creates the credentials of organisms' tools, and lets a tool hold idempotency keys as an account does.

use crate::build::*;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("machine_credential")
                .column(id())
                .column(uuid("origin_id"))
                .column(uuid("organism_id"))
                .column(text("name"))
                .column(json("scopes"))
                .column(text("token_hash").unique())
                .column(text("token_prefix"))
                .column(uuid("created_by_id"))
                .column(instant("created_at"))
                .column(instant("expires_at"))
                .column(instant("revoked_at").null())
                .column(instant("last_used_at").null())
                .column(uuid("replaced_by_id").null().unique())
                .points("origin_id", "machine_credential")
                .points("organism_id", "organism")
                .points("created_by_id", "account")
                .points("replaced_by_id", "machine_credential")
                .index(&["organism_id"])
                .index(&["origin_id"])
                .index(&["expires_at"]),
        )
        .await?;
        hold_keys(m, "holder_id", "account_id").await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // What tools held no account can hold.
        let of_tools =
            "DELETE FROM idempotency_key WHERE holder_id NOT IN (SELECT id FROM account)";
        sql(m, of_tools).await?;
        hold_keys(m, "account_id", "holder_id").await?;
        drop(m, "machine_credential").await
    }
}

/// Renames who holds an idempotency key. A holder is an account or a tool and points nowhere; an account
/// points to its table.
async fn hold_keys(m: &SchemaManager<'_>, to: &'static str, from: &str) -> Result<(), DbErr> {
    let points = to == "account_id";
    if m.get_database_backend() == DatabaseBackend::Postgres {
        if !points {
            sql(m, "ALTER TABLE idempotency_key DROP CONSTRAINT idempotency_key_account_id_fkey")
                .await?;
        }
        sql(m, &format!("ALTER TABLE idempotency_key RENAME COLUMN {from} TO {to}")).await?;
        if points {
            sql(
                m,
                "ALTER TABLE idempotency_key ADD CONSTRAINT idempotency_key_account_id_fkey \
                 FOREIGN KEY (account_id) REFERENCES account (id)",
            )
            .await?;
        }
        return Ok(());
    }
    // SQLite drops no constraint: the table is made again.
    sql(m, "ALTER TABLE idempotency_key RENAME TO idempotency_key_before").await?;
    let made = table("idempotency_key")
        .column(uuid(to))
        .column(text("key"))
        .column(text("mutation"))
        .column(text("payload_hash"))
        .column(text("result_id"))
        .column(instant("created_at"))
        .key(&[to, "key"]);
    create(m, if points { made.points("account_id", "account") } else { made }).await?;
    sql(
        m,
        &format!(
            "INSERT INTO idempotency_key ({to}, key, mutation, payload_hash, result_id, created_at) \
             SELECT {from}, key, mutation, payload_hash, result_id, created_at \
             FROM idempotency_key_before"
        ),
    )
    .await?;
    sql(m, "DROP TABLE idempotency_key_before").await
}
