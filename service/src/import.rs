//! The public list of training organisations: who has an activity declaration, and who is Qualiopi.
//!
//! Read as a stream and written by batches, so that its hundred thousand lines take little memory; safe
//! to run again, also after a stop half-way: what has not changed is left alone.

mod lines;
mod row;

pub use row::NOT_UTF_8;

use crate::clock::machine_now;
use crate::context::{Actor, App, Context, Tx};
use crate::error::ActResult;
use crate::journal::{DeclaredOrganisms, Deed, Entry};
use encoding_rs_io::DecodeReaderBytesBuilder;
use entity::declared_organism::{ActiveModel, Column, Entity};
use entity::ids::DeclaredOrganismId;
use lines::{Line, Lines};
use row::{Columns, Row};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;
use std::collections::HashMap;
use std::io::{BufReader, Read};
use uuid::Uuid;

/// Rows of one transaction.
const BATCH: usize = 500;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Lines read, the headings left out.
    pub read: u64,
    /// Organisms that were not known.
    pub inserted: u64,
    /// Organisms of which something changed.
    pub updated: u64,
    /// Organisms left alone.
    pub unchanged: u64,
    /// Every mistake found; a line with one is left out.
    pub faulty: Vec<Fault>,
}

/// A mistake in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line's number in the file, from 1.
    pub line: u64,
    /// The column's heading; empty for the whole line.
    pub column: String,
    /// In French.
    pub reason: String,
}

/// Imports the list, batch by batch; `progress` is told, after each, how many bytes are read in all.
///
/// Takes it in UTF-8, or in UTF-16 with its mark of byte order, headings in any case and with any signs. Lines with
/// mistakes are left out and reported, all of them; the rest is imported.
pub async fn organisms<R: Read + Send>(
    app: &App,
    reader: R,
    mut progress: impl FnMut(u64),
) -> ActResult<Report> {
    let ctx = Context::new(app.clone(), Actor::System, format!("import:{}", Uuid::now_v7()));
    let reader = DecodeReaderBytesBuilder::new().utf8_passthru(true).strip_bom(true).build(reader);
    let mut lines = Lines::new(BufReader::new(reader));
    let mut report = Report::default();
    let Some(columns) = headings(&mut lines, &mut report)? else { return Ok(report) };
    let mut seen = HashMap::new();
    loop {
        let (batch, ended) = read_batch(&mut lines, &columns, &mut seen, &mut report)?;
        write(&ctx, batch, &mut report).await?;
        progress(lines.bytes());
        if ended {
            break;
        }
    }
    tell(&ctx, &report).await?;
    Ok(report)
}

/// The headings; none when the file is not the list: it is then left alone, for one reason.
fn headings(lines: &mut Lines<impl Read>, report: &mut Report) -> ActResult<Option<Columns>> {
    let mut first = lines.next_record(0)?;
    if first.as_ref().is_some_and(Line::names_semicolon) {
        first = lines.next_record(0)?;
    }
    let Line { number, cells } = first.unwrap_or(Line { number: 1, cells: Ok(Vec::new()) });
    match cells.and_then(|cells| Columns::read(&cells)) {
        Ok(columns) => Ok(Some(columns)),
        Err(reason) => {
            report.faulty.push(Fault { line: number, column: String::new(), reason });
            Ok(None)
        }
    }
}

/// The next rows without mistakes, and whether the file has ended; mistakes go to the report.
fn read_batch(
    lines: &mut Lines<impl Read>,
    columns: &Columns,
    seen: &mut HashMap<String, u64>,
    report: &mut Report,
) -> ActResult<(Vec<Row>, bool)> {
    let mut batch = Vec::with_capacity(BATCH);
    // Lines with mistakes count too: a batch ends, and progress is told, even where none is right.
    for _ in 0..BATCH {
        let Some(line) = lines.next_record(columns.width())? else { return Ok((batch, true)) };
        report.read += 1;
        let row = line.cells.map_err(|reason| vec![(String::new(), reason)]);
        match row.and_then(|cells| columns.row(&cells)).and_then(|row| once(row, line.number, seen))
        {
            Ok(row) => batch.push(row),
            Err(mistakes) => {
                report.faulty.extend(mistakes.into_iter().map(|(column, reason)| Fault {
                    line: line.number,
                    column,
                    reason,
                }));
            }
        }
    }
    Ok((batch, false))
}

/// The row, unless an earlier line of the file declares the same organism.
fn once(
    row: Row,
    number: u64,
    seen: &mut HashMap<String, u64>,
) -> Result<Row, Vec<(String, String)>> {
    if let Some(earlier) = seen.get(&row.nda) {
        let reason = format!("Ce numéro figure déjà à la ligne {earlier}.");
        return Err(vec![(row::NDA.to_owned(), reason)]);
    }
    seen.insert(row.nda.clone(), number);
    Ok(row)
}

/// Writes what is new or has changed, in one transaction and three statements at most.
async fn write(ctx: &Context, batch: Vec<Row>, report: &mut Report) -> ActResult<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let tx = ctx.begin().await?;
    let known = known(&tx, &batch).await?;
    let (mut inserted, mut updated, mut unchanged) = (0, 0, 0);
    let mut rows = Vec::with_capacity(batch.len());
    for row in batch {
        match known.get(&row.nda) {
            Some(hash) if *hash == row.content_hash => {
                unchanged += 1;
                continue;
            }
            Some(_) => updated += 1,
            None => inserted += 1,
        }
        rows.push(active(row));
    }
    if !rows.is_empty() {
        Entity::insert_many(rows)
            .on_conflict(replacing())
            .exec_without_returning(tx.conn())
            .await?;
    }
    tx.seal(()).await?;
    report.inserted += inserted;
    report.updated += updated;
    report.unchanged += unchanged;
    Ok(())
}

/// The hashes of the organisms that are known, by NDA.
async fn known(tx: &Tx, batch: &[Row]) -> ActResult<HashMap<String, String>> {
    let rows: Vec<(String, String)> = Entity::find()
        .select_only()
        .columns([Column::Nda, Column::ContentHash])
        .filter(Column::Nda.is_in(batch.iter().map(|row| row.nda.as_str())))
        .into_tuple()
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().collect())
}

/// A known organism keeps its id; the rest is as the list says now.
fn replacing() -> OnConflict {
    let columns = [
        Column::Siren,
        Column::Siret,
        Column::Name,
        Column::Address,
        Column::PostalCode,
        Column::City,
        Column::RegionCode,
        Column::QualiopiTraining,
        Column::LastDeclaredOn,
        Column::ContentHash,
        Column::ImportedAt,
    ];
    OnConflict::column(Column::Nda).update_columns(columns).to_owned()
}

fn active(row: Row) -> ActiveModel {
    ActiveModel {
        id: Set(DeclaredOrganismId::new()),
        nda: Set(row.nda),
        siren: Set(row.siren),
        siret: Set(row.siret),
        name: Set(row.name),
        address: Set(row.address),
        postal_code: Set(row.postal_code),
        city: Set(row.city),
        region_code: Set(row.region_code),
        qualiopi_training: Set(row.qualiopi_training),
        last_declared_on: Set(row.last_declared_on),
        content_hash: Set(row.content_hash),
        imported_at: Set(machine_now()),
    }
}

/// One entry for the import, where it changed something.
async fn tell(ctx: &Context, report: &Report) -> ActResult<()> {
    if report.inserted + report.updated == 0 {
        return Ok(());
    }
    let summary = format!(
        "Liste publique des organismes de formation importée : {} ajouts, {} mises à jour",
        report.inserted, report.updated
    );
    let data = json!({
        "read": report.read,
        "inserted": report.inserted,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "faulty": report.faulty.len(),
    });
    let tx = ctx.begin().await?;
    let entry = Entry::new(DeclaredOrganisms, summary).under("III.2.h").with(data);
    tx.record(Deed::ImportOrganisms, entry);
    tx.seal(()).await
}
