//! What an act holds until its transaction ends, where a row cannot be locked: rows that never change,
//! which the application's role may not lock, and rows that are counted rather than read.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};
use uuid::Uuid;

/// Waits until no other act holds `what` of this object, then holds it until the transaction ends. What
/// decides is read after it. On SQLite acts come one after the other anyway.
pub(crate) async fn hold(
    tx: &impl ConnectionTrait,
    what: &'static str,
    id: Uuid,
) -> Result<(), DbErr> {
    hold_name(tx, what, &id.to_string()).await
}

/// The same of what has a name and no id.
pub(crate) async fn hold_name(
    tx: &impl ConnectionTrait,
    what: &'static str,
    name: &str,
) -> Result<(), DbErr> {
    if tx.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
    let name = format!("clea:{what}:{name}");
    tx.execute_raw(Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, [name.into()]))
        .await
        .map(|_| ())
}
