//! What a play leaves behind, in a form that two plays of one seed share: every row of every table,
//! without ids, machine instants, numbers given in the order of concurrent acts, and what tells of tries.
//!
//! An id stands for what its row says: each is replaced by a digest of its row, in which ids are replaced
//! in turn, some rounds deep.

use crate::rows::{self, Cells, Holds};
use entity::ids::{OrganismId, TypedId};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// How deep ids are followed.
const ROUNDS: usize = 4;
/// Not compared: who signs in, links (one a sending), what serves twins, where the journal ends.
const TABLES_APART: &[&str] =
    &["session", "notice_link", "idempotency_key", "journal_head", "document_body"];
/// Not compared, whatever the table.
const COLUMNS_APART: &[&str] = &[
    // Given in the order of concurrent acts.
    "number",
    "sequence",
    "seq",
    "position",
    "verification_code",
    "token_prefix",
    "file_name",
    // Follow from ids, numbers and instants.
    "hash",
    "prev_hash",
    "sha256",
    "size",
    "body_sha256",
    "message_id",
    "password_hash",
    "token_hash",
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
pub struct State {
    rows: BTreeMap<String, usize>,
}

struct Row {
    table: String,
    id: Option<String>,
    cells: Cells,
}

/// What ids and numbers are called.
#[derive(Clone, Default)]
struct Names {
    /// The row of a table with this id. Rows of two tables may share one: a sanction that an earlier program
    /// wrote has its alert's.
    rows: HashMap<(String, String), String>,
    /// Whatever the table: the first that has it.
    anywhere: HashMap<String, String>,
}

impl Names {
    /// What is given in the order of concurrent acts is called alike.
    fn of_numbers(rows: &[Row]) -> Self {
        let given = |row: &Row| {
            let columns = ["number", "verification_code", "token_prefix"];
            columns.map(|column| row.cells.get(column).and_then(Value::as_str).map(str::to_owned))
        };
        let numbers = rows.iter().flat_map(given).flatten();
        let anywhere = numbers.map(|number| (number, "N°".to_owned())).collect();
        Self { anywhere, ..Self::default() }
    }
}

impl State {
    /// Reads the database.
    ///
    /// # Panics
    /// When it cannot be read.
    pub async fn of(db: &DatabaseConnection) -> Self {
        Self::of_with(db, |_, _| ()).await
    }

    /// Reads the database; each row is changed first, by its table, where two programs write it in two manners.
    ///
    /// # Panics
    /// When it cannot be read.
    pub async fn of_with(db: &DatabaseConnection, alike: impl Fn(&str, &mut Cells)) -> Self {
        let mut rows = rows(db).await.expect("readable");
        for row in &mut rows {
            alike(&row.table, &mut row.cells);
        }
        // Numbers have their name from the first round on: a digest of one would go on from row to row.
        let numbers = Names::of_numbers(&rows);
        let mut names = numbers.clone();
        for _ in 0..ROUNDS {
            let mut next = numbers.clone();
            for row in &rows {
                if let Some(id) = &row.id {
                    let name = digest(&row.text(&names));
                    next.anywhere.entry(id.clone()).or_insert_with(|| name.clone());
                    next.rows.insert((row.table.clone(), id.clone()), name);
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
    pub fn must_equal(&self, other: &Self) {
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

/// The texts that a statement finds, under the name `found`.
///
/// # Panics
/// When it finds something else.
pub async fn texts(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.expect("readable");
    rows.into_iter().map(|row| row.try_get("", "found").expect("a text")).collect()
}

async fn rows(db: &DatabaseConnection) -> anyhow::Result<Vec<Row>> {
    let columns = rows::columns(db).await?;
    let mut found = Vec::new();
    for (table, rows) in rows::read(db).await? {
        if TABLES_APART.contains(&table.as_str()) {
            continue;
        }
        let holds = &columns[&table];
        for cells in rows {
            let id = cells.get("id").and_then(Value::as_str).map(str::to_owned);
            let compared = |name: &str| !matches!(holds[name], Holds::Instant | Holds::Bytes);
            let cells = cells.into_iter().filter(|(name, _)| compared(name)).collect();
            found.push(Row { table: table.clone(), id, cells });
        }
    }
    Ok(found)
}

impl Row {
    /// The row, with ids and numbers replaced by what they are called.
    fn text(&self, names: &Names) -> String {
        let mut text = self.table.clone();
        for (name, value) in &self.cells {
            if name != "id" && !COLUMNS_APART.contains(&name.as_str()) && !value.is_null() {
                let value = plain(value);
                // `sanction_id` points to a sanction.
                let row = name.strip_suffix("_id").map(|table| (table.to_owned(), value.clone()));
                let called = match row.and_then(|row| names.rows.get(&row)) {
                    Some(called) => called.clone(),
                    None => called(&value, &names.anywhere),
                };
                let _ = write!(text, " {name}={called}");
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
