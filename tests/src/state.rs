//! What a play leaves behind, in a form that two plays of one seed share: every row of every table,
//! without ids, machine instants, numbers given in the order of concurrent acts, and what tells of tries.
//!
//! An id stands for what its row says: each is replaced by a digest of its row, in which ids are replaced
//! in turn, some rounds deep.

use entity::ids::{OrganismId, TypedId};
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, Statement};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// How deep ids are followed.
const ROUNDS: usize = 4;
/// Not compared: who is signed in, links (one a sending), what serves twins, where the journal ends.
const TABLES_APART: &[&str] = &[
    "seaql_migrations",
    "session",
    "notice_link",
    "idempotency_key",
    "journal_head",
    "document_body",
];
/// Not compared, whatever the table.
const COLUMNS_APART: &[&str] = &[
    // Given in the order of concurrent acts.
    "number",
    "sequence",
    "seq",
    "position",
    "verification_code",
    "file_name",
    // Follow from ids, numbers and instants.
    "hash",
    "prev_hash",
    "sha256",
    "size",
    "body_sha256",
    "message_id",
    "password_hash",
    // Tell of tries.
    "attempts",
    "progress_done",
    "progress_total",
    "push_number",
    "last_error",
    "lease_owner",
    "correlation_id",
    "response",
    "transport",
];

/// Every row, as text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    rows: BTreeMap<String, usize>,
}

struct Row {
    table: String,
    id: Option<String>,
    cells: BTreeMap<String, Value>,
}

impl State {
    /// Reads the database.
    pub(crate) async fn of(db: &DatabaseConnection) -> Self {
        let rows = rows(db).await;
        let numbers: HashMap<String, String> = rows
            .iter()
            .flat_map(|row| ["number", "verification_code"].map(|n| row.cells.get(n)))
            .flatten()
            .filter_map(|number| Some((number.as_str()?.to_owned(), "N°".to_owned())))
            .collect();
        let mut names = numbers.clone();
        for _ in 0..ROUNDS {
            let mut next = numbers.clone();
            for row in &rows {
                if let Some(id) = &row.id {
                    next.insert(id.clone(), digest(&row.text(&names)));
                }
            }
            names = next;
        }
        let mut counted = BTreeMap::new();
        for row in &rows {
            *counted.entry(row.text(&names)).or_default() += 1;
        }
        Self { rows: counted }
    }

    /// Checks that another play left the same.
    ///
    /// # Panics
    /// When it did not: the rows that one has and the other has not.
    pub(crate) fn must_equal(&self, other: &Self) {
        let mut told = String::new();
        let mut tell = |sign: char, rows: &Self, others: &Self| {
            for (row, count) in &rows.rows {
                let there = others.rows.get(row).copied().unwrap_or_default();
                if *count > there {
                    let _ = writeln!(told, "{sign}{} {row}", count - there);
                }
            }
        };
        tell('-', self, other);
        tell('+', other, self);
        assert!(told.is_empty(), "undisturbed (-) and disturbed (+) differ:\n{told}");
    }
}

async fn query(db: &DatabaseConnection, sql: &str) -> Vec<Value> {
    let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
    let found = db.query_all_raw(statement).await.expect("readable");
    found.into_iter().map(|row| row.try_get("", "found").expect("JSON")).collect()
}

/// The texts that a statement finds, under the name `found`.
pub(crate) async fn texts(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.expect("readable");
    rows.into_iter().map(|row| row.try_get("", "found").expect("a text")).collect()
}

async fn rows(db: &DatabaseConnection) -> Vec<Row> {
    let columns = query(
        db,
        "SELECT to_jsonb(c) AS found FROM (SELECT table_name, column_name, data_type \
         FROM information_schema.columns WHERE table_schema = 'public') c",
    )
    .await;
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for column in &columns {
        let (table, name) = (text(&column["table_name"]), text(&column["column_name"]));
        let apart = tables.entry(table).or_default();
        let kind = text(&column["data_type"]);
        if kind.starts_with("timestamp") || kind == "bytea" {
            apart.push(name);
        }
    }
    let mut rows = Vec::new();
    for (table, apart) in tables.iter().filter(|(t, _)| !TABLES_APART.contains(&t.as_str())) {
        for found in query(db, &format!("SELECT to_jsonb(t) AS found FROM {table} t")).await {
            let Value::Object(cells) = found else { continue };
            let id = cells.get("id").and_then(Value::as_str).map(str::to_owned);
            let cells = cells.into_iter().filter(|(name, _)| !apart.contains(name)).collect();
            rows.push(Row { table: table.clone(), id, cells });
        }
    }
    rows
}

impl Row {
    /// The row, with ids and numbers replaced by what they are called.
    fn text(&self, names: &HashMap<String, String>) -> String {
        let mut text = self.table.clone();
        for (name, value) in &self.cells {
            if name != "id" && !COLUMNS_APART.contains(&name.as_str()) && !value.is_null() {
                let _ = write!(text, " {name}={}", called(&plain(value), names));
            }
        }
        text
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The text, each word that is an id or a number replaced by what it is called.
fn called(text: &str, names: &HashMap<String, String>) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            word.push(c);
            continue;
        }
        out.push_str(&name_of(&word, names));
        word.clear();
        out.push(c);
    }
    out.pop();
    out
}

fn name_of(word: &str, names: &HashMap<String, String>) -> String {
    if let Some(name) = names.get(word) {
        return name.clone();
    }
    // A typed id, `org_…`: the same uuid whatever the kind.
    let tail = word.rsplit_once('_').map_or(word, |(_, tail)| tail);
    let uuid = format!("org_{tail}").parse::<OrganismId>().ok().map(|id| id.uuid().to_string());
    match uuid {
        Some(uuid) => names.get(&uuid).cloned().unwrap_or_else(|| "?".to_owned()),
        None if uuid::Uuid::parse_str(word).is_ok() => "?".to_owned(),
        None => word.to_owned(),
    }
}

fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(6).fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
