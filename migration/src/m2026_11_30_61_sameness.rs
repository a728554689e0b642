//! Computes the keys of persons and the words of searches anew, by one rule of sameness: « N’Guyen » is « Nguyen »,
//! « Jean Luc » is « Jeanluc ». Gives candidates the key of the person that they are.
//!
//! Persons who are one by the rule become one for the checks, as they would have been when they were declared: the
//! row that has the key already, else the oldest, stands for the others, which keep their keys and so can be told
//! apart from those that an officer merged.

use crate::build::*;
use domain::person::{name_key, names_key};
use domain::search::words;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DatabaseBackend, QueryResult};
use std::collections::{BTreeMap, BTreeSet};

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// How many rows are read and written at once.
const CHUNK: usize = 1_000;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        persons(m).await?;
        sql(m, "ALTER TABLE candidate ADD COLUMN person_key text NOT NULL DEFAULT ''").await?;
        candidates(m, "person_key", candidate_key, |row| {
            let names = [text(row, 1)?, text(row, 2)?, text(row, 3)?];
            Ok(words(names.iter().map(String::as_str)))
        })
        .await?;
        organisms(m, |name, siren| words([name, siren])).await?;
        sql(m, "CREATE INDEX candidate_person_key_idx ON candidate (person_key)").await?;
        sql(m, "DROP INDEX candidate_organism_id_name_key_idx").await?;
        sql(m, "ALTER TABLE candidate DROP COLUMN name_key").await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "ALTER TABLE candidate ADD COLUMN name_key text NOT NULL DEFAULT ''").await?;
        let names = |row: &QueryResult| {
            let names = [text(row, 1)?, text(row, 2)?, text(row, 3)?];
            Ok::<_, DbErr>(name_key(&names.join(" ")))
        };
        candidates(m, "name_key", names, |row| Ok(parts(&names(row)?))).await?;
        organisms(m, |name, siren| parts(&format!("{} {siren}", name_key(name)))).await?;
        let index =
            "CREATE INDEX candidate_organism_id_name_key_idx ON candidate (organism_id, name_key)";
        sql(m, index).await?;
        sql(m, "DROP INDEX candidate_person_key_idx").await?;
        sql(m, "ALTER TABLE candidate DROP COLUMN person_key").await?;
        for row in all_persons(m).await? {
            let old = format!("{}|{}|{}", name_key(&row.family), name_key(&row.first), row.birth);
            rekey(m, &row.id, &old).await?;
        }
        Ok(())
    }
}

/// The words of a name as they were kept before: each apart.
fn parts(key: &str) -> BTreeSet<String> {
    let cut = |word: &str| word.chars().take(32).collect();
    key.split(' ').filter(|word| !word.is_empty()).map(cut).collect()
}

/// A person's row; ids in hexadecimal, which sort as they do.
struct Person {
    id: String,
    family: String,
    first: String,
    birth: String,
    key: String,
    merged_into: Option<String>,
}

/// One rule of sameness for the keys of persons.
async fn persons(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let rows = all_persons(m).await?;
    let mut merged: BTreeMap<String, String> = BTreeMap::new();
    for row in &rows {
        merged.extend(row.merged_into.clone().map(|into| (row.id.clone(), into)));
    }
    let mut same: BTreeMap<String, Vec<&Person>> = BTreeMap::new();
    for row in &rows {
        let key = key_of(&row.family, &row.first, &row.birth);
        same.entry(key).or_default().push(row);
    }
    for (key, rows) in same {
        let stands = rows.iter().find(|row| row.key == key).unwrap_or(&rows[0]);
        let root = end(&merged, &stands.id);
        for row in &rows {
            let other = end(&merged, &row.id);
            if other != root {
                let (into, id) = (literal(m, &root), literal(m, &other));
                sql(m, &format!("UPDATE person SET merged_into_id = {into} WHERE id = {id}"))
                    .await?;
                merged.insert(other, root.clone());
            }
        }
        if stands.key != key {
            rekey(m, &stands.id, &key).await?;
        }
    }
    Ok(())
}

/// The end of a chain of merges.
fn end(merged: &BTreeMap<String, String>, id: &str) -> String {
    let mut last = id;
    // No chain is longer than there are merges.
    for _ in 0..merged.len() {
        match merged.get(last) {
            Some(next) => last = next,
            None => break,
        }
    }
    last.to_owned()
}

async fn all_persons(m: &SchemaManager<'_>) -> Result<Vec<Person>, DbErr> {
    let (id, merged) = (hexadecimal(m, "id"), hexadecimal(m, "merged_into_id"));
    let asked = format!(
        "SELECT {id}, family_name, first_names, CAST(birth_date AS text), person_key, {merged} \
         FROM person ORDER BY id"
    );
    let read = |row: &QueryResult| {
        Ok(Person {
            id: text(row, 0)?,
            family: text(row, 1)?,
            first: text(row, 2)?,
            birth: text(row, 3)?,
            key: text(row, 4)?,
            merged_into: row.try_get_by_index(5)?,
        })
    };
    rows(m, &asked).await?.iter().map(read).collect()
}

/// Gives a person another key, where nobody has it.
async fn rekey(m: &SchemaManager<'_>, id: &str, key: &str) -> Result<(), DbErr> {
    let (id, key) = (literal(m, id), quoted(key));
    let free = format!("NOT EXISTS (SELECT 1 FROM person AS other WHERE other.person_key = {key})");
    sql(m, &format!("UPDATE person SET person_key = {key} WHERE id = {id} AND {free}")).await
}

fn key_of(family: &str, first: &str, birth: &str) -> String {
    format!("{}|{birth}", names_key(family, first))
}

fn candidate_key(row: &QueryResult) -> Result<String, DbErr> {
    Ok(key_of(&text(row, 1)?, &text(row, 2)?, &text(row, 4)?))
}

/// Writes a column and the words of every candidate; `row` is id, name at birth, first names, name in use or
/// nothing, date of birth.
async fn candidates(
    m: &SchemaManager<'_>,
    column: &str,
    key: impl Fn(&QueryResult) -> Result<String, DbErr> + Send + Sync,
    words: impl Fn(&QueryResult) -> Result<BTreeSet<String>, DbErr> + Send + Sync,
) -> Result<(), DbErr> {
    sql(m, "DELETE FROM candidate_word").await?;
    let read = format!(
        "SELECT {}, birth_name, first_names, coalesce(used_name, ''), CAST(birth_date AS text) FROM candidate",
        hexadecimal(m, "id")
    );
    let mut last = None;
    loop {
        let chunk = chunk(m, &read, last.as_deref()).await?;
        let Some(end) = chunk.last() else { return Ok(()) };
        last = Some(text(end, 0)?);
        let (mut keys, mut found) = (Vec::new(), Vec::new());
        for row in &chunk {
            let id = literal(m, &text(row, 0)?);
            keys.push(format!("({id}, {})", quoted(&key(row)?)));
            found.extend(words(row)?.iter().map(|word| format!("({id}, {})", quoted(word))));
        }
        let change = format!(
            "UPDATE candidate SET {column} = changed.column2 FROM (VALUES {}) AS changed \
             WHERE candidate.id = changed.column1",
            keys.join(", ")
        );
        sql(m, &change).await?;
        insert_words(m, "candidate_word (candidate_id, word)", &found).await?;
    }
}

/// Writes the words of every organism.
async fn organisms(
    m: &SchemaManager<'_>,
    words: impl Fn(&str, &str) -> BTreeSet<String> + Send + Sync,
) -> Result<(), DbErr> {
    sql(m, "DELETE FROM organism_word").await?;
    let read = format!("SELECT {}, name, siren FROM organism", hexadecimal(m, "id"));
    let mut last = None;
    loop {
        let chunk = chunk(m, &read, last.as_deref()).await?;
        let Some(end) = chunk.last() else { return Ok(()) };
        last = Some(text(end, 0)?);
        let mut found = Vec::new();
        for row in &chunk {
            let id = literal(m, &text(row, 0)?);
            let words = words(&text(row, 1)?, &text(row, 2)?);
            found.extend(words.iter().map(|word| format!("({id}, {})", quoted(word))));
        }
        insert_words(m, "organism_word (organism_id, word)", &found).await?;
    }
}

async fn insert_words(m: &SchemaManager<'_>, table: &str, found: &[String]) -> Result<(), DbErr> {
    for found in found.chunks(CHUNK) {
        sql(m, &format!("INSERT INTO {table} VALUES {}", found.join(", "))).await?;
    }
    Ok(())
}

/// The next rows of a statement, after the one of this id.
async fn chunk(
    m: &SchemaManager<'_>,
    read: &str,
    last: Option<&str>,
) -> Result<Vec<QueryResult>, DbErr> {
    let after = last.map_or_else(String::new, |id| format!("WHERE id > {}", literal(m, id)));
    rows(m, &format!("{read} {after} ORDER BY id LIMIT {CHUNK}")).await
}

fn text(row: &QueryResult, index: usize) -> Result<String, DbErr> {
    row.try_get_by_index(index)
}

/// An id as hexadecimal digits.
fn hexadecimal(m: &SchemaManager<'_>, column: &str) -> String {
    match m.get_database_backend() {
        DatabaseBackend::Sqlite => {
            format!("CASE WHEN {column} IS NULL THEN NULL ELSE hex({column}) END")
        }
        _ => format!("replace(CAST({column} AS text), '-', '')"),
    }
}

/// The id of these hexadecimal digits, in a statement.
fn literal(m: &SchemaManager<'_>, id: &str) -> String {
    match m.get_database_backend() {
        DatabaseBackend::Sqlite => format!("X'{id}'"),
        _ => format!("CAST('{id}' AS uuid)"),
    }
}

/// A text in a statement.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
