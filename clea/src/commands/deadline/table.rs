//! A CSV file of time limits: `date;amount;unit;before`, to which `due_on` and `explanation` are added.

use chrono::NaiveDate;
use csv::{ByteRecord, ReaderBuilder, WriterBuilder};
use domain::calendar::Calendar;
use domain::date;
use domain::deadline::{Explanation, Span, compute};
use encoding_rs::{UTF_8, WINDOWS_1252};
use std::borrow::Cow;
use std::io::Write;

const SEPARATOR: u8 = b';';
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
/// The line by which a spreadsheet is told the separator.
const SEPARATOR_LINE: &[u8] = b"sep=";

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
    pub(super) line: usize,
    /// The column at fault; empty for the whole line.
    pub(super) column: &'static str,
    /// Why, in French.
    pub(super) reason: String,
}

impl Fault {
    fn of(line: usize, column: &'static str, reason: impl Into<String>) -> Self {
        Self { line, column, reason: reason.into() }
    }
}

/// Where the columns are; `before` may be missing.
struct Columns {
    date: usize,
    amount: usize,
    unit: usize,
    before: Option<usize>,
    /// How many there are.
    width: usize,
}

/// Copies the file with two more columns, byte for byte otherwise: its mark of byte order, quotes, spaces and ends of
/// lines included. What is added is in the file's own encoding: UTF-8, or Windows-1252 for whatever is no UTF-8.
///
/// # Errors
/// When the file is in UTF-16, has another separator or lacks a column, or its copy cannot be written.
pub(super) fn complete(input: &[u8], mut output: impl Write) -> anyhow::Result<Completed> {
    if UTF_16.iter().any(|mark| input.starts_with(mark)) {
        anyhow::bail!("le fichier est en UTF-16 ; enregistrez-le en « CSV UTF-8 »");
    }
    let encoding = if std::str::from_utf8(input).is_ok() { UTF_8 } else { WINDOWS_1252 };
    let (before, table) = input.split_at(preamble(input)?);
    output.write_all(before)?;
    let calendar = Calendar::metropolitan();
    let mut done = Completed { computed: 0, faulty: Vec::new() };
    let mut columns: Option<Columns> = None;
    let mut lines = 1 + line_ends(before);
    let mut reader = ReaderBuilder::new();
    let mut reader =
        reader.delimiter(SEPARATOR).flexible(true).has_headers(false).from_reader(table);
    let mut record = ByteRecord::new();
    let mut at = 0;
    while reader.read_byte_record(&mut record)? {
        let end = usize::try_from(reader.position().byte())?;
        let (blank, row, ending) = cut(&table[at..end]);
        let line = lines + line_ends(blank);
        lines += line_ends(&table[at..end]);
        at = end;
        let cells =
            |i: usize| encoding.decode_without_bom_handling(record.get(i).unwrap_or_default()).0;
        output.write_all(blank)?;
        output.write_all(row)?;
        match &columns {
            None => {
                columns = Some(Columns::find((0..record.len()).map(cells))?);
                output.write_all(b";due_on;explanation")?;
            }
            Some(_) if end == table.len() && is_open(row) => {
                done.faulty.push(Fault::of(line, "", "Un guillemet ouvert n’est pas fermé."));
            }
            Some(Columns { width, .. }) if record.len() > *width => {
                let reason = format!("{width} colonnes sont attendues, {} trouvées.", record.len());
                done.faulty.push(Fault::of(line, "", reason));
            }
            Some(columns) => {
                output.write_all(&b";".repeat(columns.width - record.len()))?;
                let found = columns.read(cells).and_then(|(date, span)| {
                    compute(&calendar, date, span).map_err(|error| ("date", error.to_string()))
                });
                match found {
                    Ok(found) => {
                        done.computed += 1;
                        output.write_all(&added(&found, encoding)?)?;
                    }
                    Err((column, reason)) => {
                        done.faulty.push(Fault::of(line, column, reason));
                        output.write_all(b";;")?;
                    }
                }
            }
        }
        output.write_all(ending)?;
    }
    anyhow::ensure!(columns.is_some(), "le fichier est vide");
    output.write_all(&table[at..])?;
    output.flush()?;
    Ok(done)
}

/// How many bytes stand before the table: a mark of byte order, a line `sep=;`.
fn preamble(input: &[u8]) -> anyhow::Result<usize> {
    let mark = if input.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let first = input[mark..].split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let said = first.trim_ascii().strip_prefix(b"\"").unwrap_or(first.trim_ascii());
    let said = said.strip_suffix(b"\"").unwrap_or(said).to_ascii_lowercase();
    match said.strip_prefix(SEPARATOR_LINE) {
        None => Ok(mark),
        Some([SEPARATOR]) => Ok(mark + first.len()),
        Some(_) => anyhow::bail!("le séparateur attendu est le point-virgule"),
    }
}

/// A record as it stands: the blank lines before it, itself, the end of its line.
fn cut(raw: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = raw.iter().take_while(|byte| is_end(byte)).count();
    let ends = raw[start..].iter().rev().take_while(|byte| is_end(byte)).count();
    let end = raw.len() - ends;
    (&raw[..start], &raw[start..end], &raw[end..])
}

/// How many lines end in it.
fn line_ends(raw: &[u8]) -> usize {
    raw.split(|byte| *byte == b'\n').count() - 1
}

/// Whether a cell of the row begins with a quote that is not closed.
fn is_open(row: &[u8]) -> bool {
    let (mut start, mut quoted, mut open) = (true, false, false);
    for byte in row {
        match byte {
            b'"' if open => open = false,
            // The first of the cell, or the second of two that stand for one.
            b'"' if start || quoted => (quoted, open) = (true, true),
            &SEPARATOR | b'\r' | b'\n' if !open => {
                (start, quoted) = (true, false);
                continue;
            }
            _ => {}
        }
        start = false;
    }
    open
}

/// The two cells, each after its separator.
fn added(found: &Explanation, encoding: &'static encoding_rs::Encoding) -> anyhow::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().delimiter(SEPARATOR).from_writer(Vec::new());
    let explanation = found.sentences().join(" ");
    writer.write_record(["", &found.due_on.to_string(), &explanation])?;
    let text = String::from_utf8(writer.into_inner()?)?;
    // Windows-1252 has one no-break space.
    let text = if encoding == UTF_8 { text } else { text.replace('\u{202f}', "\u{a0}") };
    Ok(encoding.encode(text.trim_start_matches("\"\"").trim_end()).0.into_owned())
}

impl Columns {
    fn find<'a>(header: impl Iterator<Item = Cow<'a, str>>) -> anyhow::Result<Self> {
        let header: Vec<_> = header.map(|heading| heading.trim().to_owned()).collect();
        let at = |name: &str| header.iter().position(|heading| heading == name);
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
            width: header.len(),
        })
    }

    fn read<'a>(
        &self,
        cell: impl Fn(usize) -> Cow<'a, str>,
    ) -> Result<(NaiveDate, Span), (&'static str, String)> {
        let date = cell(self.date);
        let date = date::parse_either(&date).map_err(|error| {
            let expected = "une date est attendue, 2026-12-24 ou 24/12/2026";
            let told = format!("« {date} » : {expected} ({error}).");
            ("date", told)
        })?;
        let amount = cell(self.amount);
        let amount = amount.trim().parse();
        let amount = amount.map_err(|_| ("amount", "Un nombre entier est attendu.".to_owned()))?;
        let unit = cell(self.unit)
            .parse()
            .map_err(|error: domain::vocabulary::UnknownName| ("unit", error.to_string()))?;
        let before = self.before.map(cell).unwrap_or_default().trim().to_lowercase();
        let backwards = match before.as_str() {
            "" | "0" | "false" | "no" | "non" => false,
            "1" | "true" | "yes" | "oui" | "before" => true,
            _ => return Err(("before", "« oui » ou « non » est attendu.".to_owned())),
        };
        Ok((date, Span { amount, unit, backwards }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(input: impl AsRef<[u8]>) -> (Completed, Vec<u8>) {
        let mut out = Vec::new();
        let done = complete(input.as_ref(), &mut out).expect("readable");
        (done, out)
    }

    fn text(input: &str) -> (Completed, String) {
        let (done, out) = completed(input);
        (done, String::from_utf8(out).expect("text"))
    }

    /// What stands in the file, with what was added to each row taken away.
    fn without_additions(out: &[u8]) -> Vec<u8> {
        let mut kept = Vec::new();
        for line in out.split_inclusive(|byte| *byte == b'\n') {
            let (_, row, ending) = cut(line);
            let ends: Vec<_> =
                (0..row.len()).filter(|i| row[*i] == SEPARATOR).rev().take(2).collect();
            kept.extend_from_slice(&row[..ends[1]]);
            kept.extend_from_slice(ending);
        }
        kept
    }

    // III.5.d and III.4.b: both directions, one a line.
    #[test]
    fn each_line_is_completed_and_its_other_columns_kept() {
        let (done, out) = text(
            "\u{feff}dossier;date;amount;unit;before\nA;2026-12-24;20;working-days;\nB;25/01/2027;5;jours ouvrés;oui\n",
        );
        assert_eq!(done, Completed { computed: 2, faulty: Vec::new() });
        let lines: Vec<_> = out.lines().collect();
        assert_eq!(lines[0], "\u{feff}dossier;date;amount;unit;before;due_on;explanation");
        assert!(lines[1].starts_with("A;2026-12-24;20;working-days;;2027-01-25;"), "{}", lines[1]);
        assert!(lines[1].contains("Le 25 décembre 2026 ne compte pas (Noël)."), "{}", lines[1]);
        assert!(
            lines[2].starts_with("B;25/01/2027;5;jours ouvrés;oui;2027-01-18;"),
            "{}",
            lines[2]
        );
    }

    #[test]
    fn every_other_byte_is_kept() {
        for input in [
            &b"dossier;date;amount;unit\n  A  ;2026-12-24;20;working-days\n"[..],
            b"\xef\xbb\xbf\"date\";amount;unit;note\r\n2026-12-24;1;months;\"a \"\"b\"\" c\"\r\n",
            b"date;amount;unit;note\r\n2026-12-24;1;months; \xe9t\xe9 \r\n2026-12-24;1;ans;\x80",
            b"date;amount;unit;note;\n2026-12-24;1;months;\"x\";\n",
            b"date;amount;unit;note\n2026-12-24;1;months;5\" disque\n2026-12-24;1;months;z\n",
        ] {
            let (done, out) = completed(input);
            assert!(done.faulty.is_empty() && done.computed > 0, "{done:?}");
            assert_eq!(without_additions(&out), input, "{}", String::from_utf8_lossy(&out));
        }
    }

    #[test]
    fn a_cell_over_several_lines_and_blank_lines_are_kept_and_counted() {
        let (done, out) =
            text("date;amount;unit;note\n\n2026-12-24;1;months;\"a\nb\"\n\nx;1;months;c\n\n");
        let lines: Vec<_> = out.lines().collect();
        assert_eq!(lines[1..3], ["", "2026-12-24;1;months;\"a"], "{out}");
        assert!(lines[3].starts_with("b\";2027-01-24;"), "{out}");
        assert_eq!(lines[4..], ["", "x;1;months;c;;", ""], "{out}");
        assert_eq!(
            done.faulty.iter().map(|f| (f.line, f.column)).collect::<Vec<_>>(),
            [(6, "date")]
        );
    }

    #[test]
    fn what_is_added_is_in_the_encoding_of_the_file() {
        let (done, out) = completed(
            b"dossier;date;amount;unit\nSoci\xe9t\xe9 A ;2026-12-24;20;jours ouvr\xe9s\n",
        );
        assert_eq!(done, Completed { computed: 1, faulty: Vec::new() });
        let (read, _, _) = WINDOWS_1252.decode(&out);
        assert!(read.contains("Société A ;2026-12-24;20;jours ouvrés;2027-01-25;"), "{read}");
        assert!(read.contains("Le 25 décembre 2026 ne compte pas (Noël)."), "{read}");
        assert!(!read.contains('\u{fffd}') && !read.contains("&#"), "{read}");
    }

    #[test]
    fn a_faulty_line_is_told_and_stops_nothing() {
        let (done, out) = text(
            "date;amount;unit\n2026-02-30;1;months\n2026-01-05;x;months\n2026-01-05;1;weeks\n2026-01-31;1;months\n2026-01-05;9999;years\n2026-01-05;1;months;more\n2026-01-05;1\n",
        );
        let faults: Vec<_> = done.faulty.iter().map(|f| (f.line, f.column)).collect();
        assert_eq!(
            faults,
            [(2, "date"), (3, "amount"), (4, "unit"), (6, "date"), (7, ""), (8, "unit")]
        );
        assert_eq!(done.computed, 1);
        assert!(out.contains("2026-01-31;1;months;2026-02-28;"));
        for left in ["2026-01-05;1;weeks;;", "2026-01-05;1;months;more", "2026-01-05;1;;;"] {
            assert!(out.lines().any(|line| line == left), "{left} in {out}");
        }
    }

    #[test]
    fn a_date_has_one_form_of_two() {
        let dates = [
            "24/12/26",
            "2026-1-5",
            " 2026-12-24",
            "2026-12-24 ",
            "+2026-12-24",
            "0026-12-24",
            "46380",
        ];
        let lines: String = dates.map(|date| format!("{date};1;months\n")).concat();
        let (done, _) = text(&format!("date;amount;unit\n{lines}"));
        assert_eq!((done.computed, done.faulty.len()), (0, dates.len()), "{done:?}");
        assert!(done.faulty.iter().all(|fault| fault.column == "date"));
        assert_eq!(
            done.faulty[0].reason,
            "« 24/12/26 » : une date est attendue, 2026-12-24 ou 24/12/2026 (l’année s’écrit en quatre chiffres, comme 24/11/2026)."
        );
    }

    #[test]
    fn a_quote_left_open_is_told() {
        for (row, open) in [
            ("a;\"b", true),
            ("a;\"b\nc", true),
            ("a;\"b\"\"", true),
            ("a;\"\"\"b", true),
            ("a;5\" b", false),
            ("a;5\"\" b", false),
            ("a;\"b\"\"c\";\"\"", false),
            ("a;\"\"\"b\"\"\"", false),
        ] {
            assert_eq!(is_open(row.as_bytes()), open, "{row:?}");
        }
        let (done, out) = text(
            "date;amount;unit;note\n2026-12-24;1;months;a\n2026-12-24;1;months;\"b\n2026-12-24;1;months;c\n",
        );
        assert_eq!(done.computed, 1);
        assert_eq!(done.faulty.iter().map(|f| (f.line, f.column)).collect::<Vec<_>>(), [(3, "")]);
        assert!(out.ends_with("months;\"b\n2026-12-24;1;months;c\n"), "{out}");
    }

    #[test]
    fn a_file_that_is_no_such_table_is_refused() {
        let refused = |input: &[u8]| complete(input, Vec::new()).expect_err("refused").to_string();
        assert!(refused(b"day;amount;unit\n").contains("« date »"));
        assert!(refused(b"").contains("vide"));
        let utf_16: Vec<u8> =
            "\u{feff}date;amount;unit\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(refused(&utf_16).contains("UTF-16"));
        assert!(refused(b"sep=,\ndate,amount,unit\n").contains("point-virgule"));
        let (done, out) =
            text("\u{feff}sep=;\r\ndate;amount;unit\r\n2026-12-24;1;months\r\nx;1;months\r\n");
        assert_eq!((done.computed, done.faulty[0].line), (1, 4));
        assert!(
            out.starts_with("\u{feff}sep=;\r\ndate;amount;unit;due_on;explanation\r\n"),
            "{out}"
        );
    }
}
