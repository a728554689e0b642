//! What the application's role may do on PostgreSQL: everything that the acts need, nothing on what was
//! issued but read it and add to it (P12, X.b).
//!
//! The tables belong to another role, the owner, who alone runs the changes. Which tables never change
//! is read from their triggers, so that a table frozen by a later change is closed without a word here.

use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, Statement, TransactionTrait, Value,
};

/// Two sessions that grant at once would trip over each other.
const ADVISORY_LOCK: i64 = 0x00c1_ea00;
/// Whether a role can make tables after all.
const MAKES_TABLES: &str = "SELECT rolname AS name FROM pg_roles WHERE rolname = $1 \
    AND has_schema_privilege(oid, 'public', 'CREATE')";

/// Why this role must not be the application's, as the connected owner sees it; empty when nothing
/// stands against it. In English, for who installs.
pub async fn objections(db: &DatabaseConnection, role: &str) -> Result<Vec<String>, DbErr> {
    const QUESTION: &str = "SELECT r.rolsuper OR r.rolbypassrls AS above, \
        r.rolname = current_user AS same, \
        NOT r.rolsuper AND pg_has_role(r.oid, current_user, 'MEMBER') AS member, \
        EXISTS (SELECT 1 FROM pg_database d WHERE d.datname = current_database() AND d.datdba = r.oid) AS database, \
        EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relowner = r.oid) AS tables \
        FROM pg_roles r WHERE r.rolname = $1";
    let Some(row) = db.query_one_raw(statement(db, QUESTION, role)).await? else {
        return Ok(vec![format!("role {role} does not exist")]);
    };
    let found = [
        ("same", "is the owner itself"),
        ("above", "is a superuser"),
        ("member", "is a member of the owner"),
        ("database", "owns the database"),
        ("tables", "owns tables"),
    ];
    let mut objections = Vec::new();
    for (column, told) in found {
        if row.try_get::<bool>("", column)? {
            objections.push(format!("role {role} {told}"));
        }
    }
    Ok(objections)
}

/// Brings the role's rights up to date with the tables as they are, all at once.
///
/// # Errors
/// When the connected role may not grant, or the role can still make tables afterwards.
pub async fn grant(db: &DatabaseConnection, role: &str) -> Result<(), DbErr> {
    let tx = db.begin().await?;
    tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")).await?;
    let database = names(&tx, "SELECT quote_ident(current_database()) AS name").await?.join("");
    let who = quoted(role);
    for sql in [
        format!("GRANT CONNECT ON DATABASE {database} TO {who}"),
        format!("REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {who}"),
        format!("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {who}"),
        format!("GRANT USAGE ON SCHEMA public TO {who}"),
        format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {who}"),
    ] {
        tx.execute_unprepared(&sql).await?;
    }
    let frozen = frozen(&tx).await?;
    for table in tables(&tx).await? {
        let rights = if table == "seaql_migrations" {
            "SELECT"
        } else if frozen.contains(&table) {
            "SELECT, INSERT"
        } else {
            "SELECT, INSERT, UPDATE, DELETE"
        };
        tx.execute_unprepared(&format!("GRANT {rights} ON {} TO {who}", quoted(&table))).await?;
    }
    if tx.query_one_raw(statement(&tx, MAKES_TABLES, role)).await?.is_some() {
        let told = format!("role {role} may still create tables in the schema public");
        return Err(DbErr::Custom(told));
    }
    tx.commit().await
}

/// The tables that refuse to change, by their triggers.
pub async fn frozen(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT c.relname::text AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
               WHERE t.tgname = c.relname || '_frozen' AND NOT t.tgisinternal ORDER BY 1";
    names(db, sql).await
}

async fn tables(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT relname::text AS name FROM pg_class \
               WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1";
    names(db, sql).await
}

async fn names(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<String>, DbErr> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}

fn statement(db: &impl ConnectionTrait, sql: &str, role: &str) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, [Value::from(role)])
}

/// A name as SQL takes it, whatever it holds.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_no_statement() {
        assert_eq!(quoted("clea"), "\"clea\"");
        assert_eq!(quoted("a\"; DROP"), "\"a\"\"; DROP\"");
    }
}
