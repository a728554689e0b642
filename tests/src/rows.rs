//! Every row of every table in one form, whichever database holds it: to be compared, kept in a file and loaded
//! into another database of the same schema.
//!
//! An instant is a text in UTC with its microseconds, a uuid is a text with its dashes, bytes are Base64. What is
//! NULL is left out: a JSON `null` is not.

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, QueryResult,
    Statement, TransactionTrait, Value,
};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use uuid::Uuid;

/// The columns of a row that are not NULL.
pub type Cells = Map<String, Json>;
/// Rows by their table.
pub type Rows = BTreeMap<String, Vec<Cells>>;

/// The table in which the changes of the tables are noted.
const CHANGES: &str = "seaql_migrations";
/// Rows of one statement.
const CHUNK: usize = 100;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// An id.
    Uuid,
    /// Bytes.
    Bytes,
    /// A machine's instant.
    Instant,
    /// A legal date.
    Date,
    /// JSON.
    Json,
    /// True or false.
    Boolean,
    /// A number of 32 bits.
    Int,
    /// A number of 64 bits.
    Bigint,
    /// A text.
    Text,
}

impl Holds {
    /// By the type as the database calls it.
    fn of(declared: &str) -> Self {
        let declared = declared.to_lowercase();
        let known = [
            ("uuid", Self::Uuid),
            ("blob", Self::Bytes),
            ("bytea", Self::Bytes),
            ("timestamp", Self::Instant),
            ("date", Self::Date),
            ("json", Self::Json),
            ("bool", Self::Boolean),
            ("bigint", Self::Bigint),
            ("int", Self::Int),
        ];
        known.iter().find(|(word, _)| declared.contains(word)).map_or(Self::Text, |(_, is)| *is)
    }

    /// The column's value; none when it is NULL.
    fn read(self, row: &QueryResult, column: &str) -> anyhow::Result<Option<Json>> {
        Ok(match self {
            Self::Uuid => row.try_get::<Option<Uuid>>("", column)?.map(|id| json!(id.to_string())),
            Self::Bytes => {
                row.try_get::<Option<Vec<u8>>>("", column)?.map(|b| json!(BASE64.encode(b)))
            }
            Self::Instant => row
                .try_get::<Option<DateTime<Utc>>>("", column)?
                .map(|at| json!(at.to_rfc3339_opts(SecondsFormat::Micros, true))),
            Self::Date => row.try_get::<Option<NaiveDate>>("", column)?.map(|day| json!(day)),
            Self::Json => row.try_get::<Option<Json>>("", column)?,
            Self::Boolean => row.try_get::<Option<bool>>("", column)?.map(Json::from),
            Self::Int => row.try_get::<Option<i32>>("", column)?.map(Json::from),
            Self::Bigint => row.try_get::<Option<i64>>("", column)?.map(Json::from),
            Self::Text => row.try_get::<Option<String>>("", column)?.map(Json::from),
        })
    }

    /// The value as the driver takes it.
    fn bound(self, cell: Option<&Json>) -> anyhow::Result<Value> {
        let text = cell.and_then(Json::as_str);
        let number = cell.and_then(Json::as_i64);
        Ok(match self {
            Self::Uuid => text.map(Uuid::parse_str).transpose()?.into(),
            Self::Bytes => text.map(|t| BASE64.decode(t)).transpose()?.into(),
            Self::Instant => text.map(str::parse::<DateTime<Utc>>).transpose()?.into(),
            Self::Date => text.map(str::parse::<NaiveDate>).transpose()?.into(),
            Self::Json => cell.cloned().into(),
            Self::Boolean => cell.and_then(Json::as_bool).into(),
            Self::Int => number.map(i32::try_from).transpose()?.into(),
            Self::Bigint => number.into(),
            Self::Text => text.map(str::to_owned).into(),
        })
    }
}

/// The columns of every table, that of the changes left out.
///
/// # Errors
/// When they cannot be read.
pub async fn columns(
    db: &impl ConnectionTrait,
) -> anyhow::Result<BTreeMap<String, BTreeMap<String, Holds>>> {
    let sql = if db.get_database_backend() == DatabaseBackend::Postgres {
        "SELECT table_name::text AS t, column_name::text AS c, data_type::text AS declared \
         FROM information_schema.columns WHERE table_schema = 'public'"
    } else {
        "SELECT m.name AS t, c.name AS c, c.type AS declared \
         FROM sqlite_master m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
    };
    let mut tables: BTreeMap<String, BTreeMap<String, Holds>> = BTreeMap::new();
    for row in db.query_all_raw(statement(db, sql)).await? {
        let [table, column, declared] = ["t", "c", "declared"].map(|name| row.try_get("", name));
        let (table, declared): (String, String) = (table?, declared?);
        if table != CHANGES {
            tables.entry(table).or_default().insert(column?, Holds::of(&declared));
        }
    }
    Ok(tables)
}

/// Every row of every table, in the order of one of its columns.
///
/// # Errors
/// When they cannot be read.
pub async fn read(db: &impl ConnectionTrait) -> anyhow::Result<Rows> {
    let mut rows = Rows::new();
    for (table, columns) in columns(db).await? {
        // A statement of its own for each form of the table: drivers keep what they know of a statement's columns.
        let names: Vec<_> = columns.keys().map(|column| format!("\"{column}\"")).collect();
        let kinds: Vec<_> = columns.values().map(|holds| format!("{holds:?}")).collect();
        let (names, kinds) = (names.join(", "), kinds.join(" "));
        let sql = format!("SELECT {names} FROM {table} ORDER BY 1 -- {kinds}");
        let found = db.query_all_raw(statement(db, &sql));
        for row in found.await? {
            let mut cells = Cells::new();
            for (column, holds) in &columns {
                let read = holds.read(&row, column);
                if let Some(cell) = read.with_context(|| format!("{table}.{column}"))? {
                    cells.insert(column.clone(), cell);
                }
            }
            rows.entry(table.clone()).or_default().push(cells);
        }
    }
    Ok(rows)
}

/// Puts rows into a database that has their tables and no others' rows but those that the changes of the tables
/// made, which are replaced. Its owner must be at `url`.
///
/// # Errors
/// When a table or column is missing, a row breaks a rule of its table, or points to none.
pub async fn load(url: &str, rows: &Rows) -> anyhow::Result<()> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(|o| o.foreign_keys(false));
    let db = Database::connect(options).await?;
    let loaded = load_all(&db, rows).await;
    db.close().await?;
    loaded
}

async fn load_all(db: &DatabaseConnection, rows: &Rows) -> anyhow::Result<()> {
    let tables = columns(db).await?;
    let tx = db.begin().await?;
    // In any order: tables may point to one another.
    let pointers = pointers(&tx).await?;
    for (drop, _) in &pointers {
        tx.execute_unprepared(drop).await?;
    }
    for (table, known) in &tables {
        let some = format!("SELECT 1 FROM {table} LIMIT 1");
        if tx.query_one_raw(statement(&tx, &some)).await?.is_some() {
            tx.execute_unprepared(&format!("DELETE FROM {table}")).await?;
        }
        for chunk in rows.get(table).map(Vec::as_slice).unwrap_or_default().chunks(CHUNK) {
            insert(&tx, table, known, chunk).await.with_context(|| table.clone())?;
        }
    }
    if let Some(unknown) = rows.keys().find(|table| !tables.contains_key(*table)) {
        bail!("there is no table {unknown}");
    }
    for (_, add) in &pointers {
        tx.execute_unprepared(add).await?;
    }
    if tx.get_database_backend() == DatabaseBackend::Sqlite {
        let broken = tx.query_all_raw(statement(&tx, "PRAGMA foreign_key_check")).await?;
        if let Some(row) = broken.first() {
            bail!("a row of {} points to none", row.try_get::<String>("", "table")?);
        }
    }
    Ok(tx.commit().await?)
}

async fn insert(
    tx: &impl ConnectionTrait,
    table: &str,
    columns: &BTreeMap<String, Holds>,
    rows: &[Cells],
) -> anyhow::Result<()> {
    let mut insert = Query::insert();
    insert.into_table(Alias::new(table)).columns(columns.keys().map(Alias::new));
    for row in rows {
        if let Some(unknown) = row.keys().find(|column| !columns.contains_key(*column)) {
            bail!("there is no column {unknown}");
        }
        let values: anyhow::Result<Vec<_>> = columns
            .iter()
            .map(|(column, holds)| Ok(Expr::value(holds.bound(row.get(column))?)))
            .collect();
        insert.values(values?)?;
    }
    tx.execute(&insert).await?;
    Ok(())
}

/// The foreign keys of PostgreSQL, each with what takes it away and what brings it back, which checks every row.
async fn pointers(tx: &impl ConnectionTrait) -> anyhow::Result<Vec<(String, String)>> {
    if tx.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(Vec::new());
    }
    let sql = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop, \
               format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) \
               AS add FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace";
    let found = tx.query_all_raw(statement(tx, sql)).await?;
    found.iter().map(|row| Ok((row.try_get("", "drop")?, row.try_get("", "add")?))).collect()
}

/// Rows as a file holds them: a line each.
pub fn to_lines(rows: &Rows) -> String {
    let mut lines = String::new();
    for (table, row) in rows.iter().flat_map(|(table, rows)| rows.iter().map(move |r| (table, r))) {
        let _ = writeln!(lines, "{}", json!({ "table": table, "row": row }));
    }
    lines
}

/// The rows of a file.
///
/// # Errors
/// When a line is none.
pub fn from_lines(lines: &str) -> anyhow::Result<Rows> {
    #[derive(serde::Deserialize)]
    struct Line {
        table: String,
        row: Cells,
    }
    let mut rows = Rows::new();
    for line in lines.lines() {
        let line: Line = serde_json::from_str(line)?;
        rows.entry(line.table).or_default().push(line.row);
    }
    Ok(rows)
}

fn statement(db: &impl ConnectionTrait, sql: &str) -> Statement {
    Statement::from_string(db.get_database_backend(), sql)
}
