//! Gives addresses kept under an internationalised domain the form in which they are compared: its `xn--` labels.
//!
//! Two accounts may turn out to be of one address: whoever has the form already keeps it, else the account opened
//! first takes it. The other keeps its address as it was; no text typed in finds it any more, and
//! `service::account::apart` lists both.

use crate::build::*;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Where addresses are kept, whatever their number; of accounts each is there once.
const KEPT: [(&str, &str); 6] = [
    ("invitation", "email"),
    ("password_reset", "email"),
    ("organism", "email"),
    ("authority", "email"),
    ("candidate", "email"),
    ("application", "contact_email"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in KEPT {
            for old in beyond_ascii(m, table, column, "1").await? {
                rewrite(m, (table, column), &old, "").await?;
            }
        }
        for old in beyond_ascii(m, "account", "email", "min(created_at)").await? {
            let free = "AND NOT EXISTS (SELECT 1 FROM account AS other WHERE other.email = $1)";
            rewrite(m, ("account", "email"), &old, free).await?;
        }
        Ok(())
    }

    /// The addresses name the same mailboxes: there is nothing to undo.
    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

/// The texts of a column that have other letters, in an order.
async fn beyond_ascii(
    m: &SchemaManager<'_>,
    table: &str,
    column: &str,
    order: &str,
) -> Result<Vec<String>, DbErr> {
    let bytes = match m.get_database_backend() {
        DatabaseBackend::Sqlite => format!("length(CAST({column} AS BLOB))"),
        _ => format!("octet_length({column})"),
    };
    let asked = format!(
        "SELECT {column} FROM {table} WHERE {bytes} > length({column}) GROUP BY {column} ORDER BY {order}, {column}"
    );
    rows(m, &asked).await?.iter().map(|row| row.try_get_by_index(0)).collect()
}

async fn rewrite(
    m: &SchemaManager<'_>,
    (table, column): (&str, &str),
    old: &str,
    condition: &str,
) -> Result<(), DbErr> {
    let Some(new) = domain::email::key(old).filter(|new| new != old) else { return Ok(()) };
    let change = format!("UPDATE {table} SET {column} = $1 WHERE {column} = $2 {condition}");
    let values = [new.into(), old.into()];
    let backend = m.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, change, values);
    m.get_connection().execute_raw(statement).await.map(|_| ())
}
