//! A CSV file of time limits: `date;amount;unit;before`, to which `due_on` and `explanation` are added.

use chrono::NaiveDate;
use csv::{ByteRecord, ReaderBuilder, StringRecord, Trim, WriterBuilder};
use domain::calendar::Calendar;
use domain::deadline::{Explanation, Span, compute};
use std::io::{Read, Write};

const SEPARATOR: u8 = b';';
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What completing a file led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Completed {
    /// How many limits were computed.
    pub(super) computed: usize,
    /// The lines that were not, left as they are in the output.
    pub(super) faulty: Vec<Fault>,
}

/// Why a line has no limit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Its number, the header being the first.
    pub(super) line: u64,
    /// The column at fault.
    pub(super) column: &'static str,
    /// Why, in French.
    pub(super) reason: String,
}

/// Where the columns are; `before` may be missing.
struct Columns {
    date: usize,
    amount: usize,
    unit: usize,
    before: Option<usize>,
}

/// Copies the file with two more columns. Other columns are kept as they are.
pub(super) fn complete(input: impl Read, output: impl Write) -> anyhow::Result<Completed> {
    let mut reader =
        ReaderBuilder::new().delimiter(SEPARATOR).flexible(true).trim(Trim::All).from_reader(input);
    let mut writer = WriterBuilder::new().delimiter(SEPARATOR).from_writer(output);
    let mut header = text(reader.byte_headers()?.clone());
    let columns = Columns::find(&header)?;
    let width = header.len();
    header.push_field("due_on");
    header.push_field("explanation");
    writer.write_record(&header)?;
    let calendar = Calendar::metropolitan();
    let mut done = Completed { computed: 0, faulty: Vec::new() };
    for record in reader.byte_records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let record = text(record);
        let found = columns.read(&record, width).and_then(|(date, span)| {
            compute(&calendar, date, span).map_err(|error| ("date", error.to_string()))
        });
        let mut row: StringRecord = (0..width).map(|i| record.get(i).unwrap_or_default()).collect();
        match found {
            Ok(found) => {
                done.computed += 1;
                add(&mut row, &found);
            }
            Err((column, reason)) => {
                done.faulty.push(Fault { line, column, reason });
                row.push_field("");
                row.push_field("");
            }
        }
        writer.write_record(&row)?;
    }
    writer.flush()?;
    Ok(done)
}

/// The record as text, what is no UTF-8 shown as such.
fn text(record: ByteRecord) -> StringRecord {
    StringRecord::from_byte_record_lossy(record)
}

fn add(row: &mut StringRecord, found: &Explanation) {
    row.push_field(&found.due_on.to_string());
    row.push_field(&found.sentences().join(" "));
}

impl Columns {
    fn find(header: &StringRecord) -> anyhow::Result<Self> {
        let at =
            |name: &str| header.iter().position(|h| h.trim_start_matches(BYTE_ORDER_MARK) == name);
        let needed = |name: &str| {
            at(name).ok_or_else(|| {
                anyhow::anyhow!(
                    "la colonne « {name} » manque (attendues : date;amount;unit;before)"
                )
            })
        };
        Ok(Self {
            date: needed("date")?,
            amount: needed("amount")?,
            unit: needed("unit")?,
            before: at("before"),
        })
    }

    fn read(
        &self,
        record: &StringRecord,
        width: usize,
    ) -> Result<(NaiveDate, Span), (&'static str, String)> {
        if record.len() > width {
            return Err((
                "date",
                format!("{width} colonnes sont attendues, {} trouvées.", record.len()),
            ));
        }
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let date = date(cell(self.date))
            .ok_or(("date", "Une date est attendue : 2026-12-24 ou 24/12/2026.".to_owned()))?;
        let amount = cell(self.amount)
            .parse()
            .map_err(|_| ("amount", "Un nombre entier est attendu.".to_owned()))?;
        let unit = cell(self.unit)
            .parse()
            .map_err(|error: domain::deadline::UnknownName| ("unit", error.to_string()))?;
        let backwards = match self.before.map(cell).unwrap_or_default().to_lowercase().as_str() {
            "" | "0" | "false" | "no" | "non" => false,
            "1" | "true" | "yes" | "oui" | "before" => true,
            _ => return Err(("before", "« oui » ou « non » est attendu.".to_owned())),
        };
        Ok((date, Span { amount, unit, backwards }))
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    text.parse().ok().or_else(|| NaiveDate::parse_from_str(text, "%d/%m/%Y").ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(input: &str) -> (Completed, String) {
        let mut out = Vec::new();
        let done = complete(input.as_bytes(), &mut out).expect("readable");
        (done, String::from_utf8(out).expect("text"))
    }

    // III.5.d and III.4.b: both directions, one a line.
    #[test]
    fn each_line_is_completed_and_its_other_columns_kept() {
        let (done, out) = completed(
            "\u{feff}dossier;date;amount;unit;before\nA;2026-12-24;20;working-days;\nB;25/01/2027;5;jours ouvrés;oui\n",
        );
        assert_eq!(done, Completed { computed: 2, faulty: Vec::new() });
        let lines: Vec<_> = out.lines().collect();
        assert!(lines[1].starts_with("A;2026-12-24;20;working-days;;2027-01-25;"), "{}", lines[1]);
        assert!(lines[1].contains("Le 25 décembre 2026 ne compte pas (Noël)."), "{}", lines[1]);
        assert!(
            lines[2].starts_with("B;25/01/2027;5;jours ouvrés;oui;2027-01-18;"),
            "{}",
            lines[2]
        );
    }

    #[test]
    fn a_faulty_line_is_told_and_stops_nothing() {
        let (done, out) = completed(
            "date;amount;unit\n2026-02-30;1;months\n2026-01-05;x;months\n2026-01-05;1;weeks\n2026-01-31;1;months\n2026-01-05;9999;years\n",
        );
        let faults: Vec<_> = done.faulty.iter().map(|f| (f.line, f.column)).collect();
        assert_eq!(faults, [(2, "date"), (3, "amount"), (4, "unit"), (6, "date")]);
        assert_eq!(done.computed, 1);
        assert!(out.contains("2026-01-31;1;months;2026-02-28;"));
        assert!(out.lines().any(|l| l == "2026-01-05;1;weeks;;"));
    }

    #[test]
    fn a_file_without_its_columns_is_refused() {
        assert!(complete("day;amount;unit\n".as_bytes(), Vec::new()).is_err());
    }
}
