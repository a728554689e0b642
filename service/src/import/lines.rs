//! The lines of the file, each read on its own: a quote left open spoils its line, not those after it.

use crate::error::ActResult;
use std::io::{BufRead, BufReader, Read};

/// A longer line is no line of the list: it is skipped without being kept in memory.
const LONGEST: usize = 64 * 1024;
/// The lines that one record may span, inside quotes.
const SPAN: usize = 8;

/// A record with the number of its first line, from 1.
pub(super) struct Line {
    /// Its first line.
    pub(super) number: u64,
    /// Its cells, or why it has none, in French.
    pub(super) cells: Result<Vec<Vec<u8>>, String>,
}

impl Line {
    /// Whether it only tells a spreadsheet that semicolons separate: `sep=;`.
    pub(super) fn names_semicolon(&self) -> bool {
        let text = self.cells.as_ref().map(|cells| cells.concat()).unwrap_or_default();
        let text = text.trim_ascii().to_ascii_lowercase();
        text == b"sep=" || text == b"sep=;"
    }
}

/// The records of a file.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    /// Lines read ahead, then given back.
    ahead: Vec<Vec<u8>>,
    /// The number of the last line given.
    number: u64,
    bytes: u64,
}

impl<R: Read> Lines<R> {
    /// From its first line on.
    pub(super) fn new(reader: BufReader<R>) -> Self {
        Self { reader, ahead: Vec::new(), number: 0, bytes: 0 }
    }

    /// The bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next record, blank lines skipped; none at the file's end. A cell in quotes may go on over
    /// several lines: they are one record if it then has `width` cells (0 for any number).
    pub(super) fn next_record(&mut self, width: usize) -> ActResult<Option<Line>> {
        loop {
            let Some(line) = self.take()? else { return Ok(None) };
            let number = self.number;
            if line.len() > LONGEST {
                let reason = format!("La ligne dépasse {LONGEST} octets.");
                return Ok(Some(Line { number, cells: Err(reason) }));
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let cells =
                if open_quote(&line) { self.over_lines(line, width)? } else { cells(&line) };
            return Ok(Some(Line { number, cells }));
        }
    }

    /// The record that begins with a line whose last quote is open.
    fn over_lines(
        &mut self,
        first: Vec<u8>,
        width: usize,
    ) -> ActResult<Result<Vec<Vec<u8>>, String>> {
        let mut text = first;
        let mut taken = Vec::new();
        while open_quote(&text) && taken.len() + 1 < SPAN && text.len() <= LONGEST {
            let Some(line) = self.take()? else { break };
            text.extend_from_slice(&line);
            taken.push(line);
        }
        if !open_quote(&text) {
            let found = cells(&text);
            if found.as_ref().is_ok_and(|cells| width == 0 || cells.len() == width) {
                return Ok(found);
            }
        }
        // The quote was a mistake of its line: those after it are lines of their own.
        self.number -= taken.len() as u64;
        self.ahead.extend(taken.into_iter().rev());
        Ok(Err("Un guillemet ouvert n’est pas fermé.".to_owned()))
    }

    /// The next line with its end; what exceeds the longest is left out, but for one byte that tells.
    fn take(&mut self) -> ActResult<Option<Vec<u8>>> {
        if let Some(line) = self.ahead.pop() {
            self.number += 1;
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        let mut part = Vec::new();
        loop {
            part.clear();
            let limit = LONGEST as u64 + 1;
            let read = (&mut self.reader).take(limit).read_until(b'\n', &mut part);
            let read = read.map_err(anyhow::Error::from)?;
            self.bytes += read as u64;
            let room = (LONGEST + 1).saturating_sub(line.len());
            line.extend_from_slice(&part[..part.len().min(room)]);
            if read == 0 || part.ends_with(b"\n") {
                break;
            }
        }
        if line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(line))
    }
}

/// Whether a quote is open at the end: quotes come in pairs, doubled ones included.
fn open_quote(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'"').count().is_multiple_of(2)
}

/// The cells of one record.
fn cells(text: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(text.len().max(1))
        .from_reader(text);
    let mut record = csv::ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) => Ok(record.iter().map(<[u8]>::to_vec).collect()),
        Ok(false) => Err("La ligne est vide.".to_owned()),
        Err(_) => Err("La ligne ne se lit pas.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, width: usize) -> Vec<(u64, Option<Vec<String>>)> {
        let mut lines = Lines::new(BufReader::new(text.as_bytes()));
        let mut found = Vec::new();
        while let Some(line) = lines.next_record(width).expect("readable") {
            let text = |cell: Vec<u8>| String::from_utf8(cell).expect("UTF-8");
            let cells = line.cells.ok().map(|cells| cells.into_iter().map(text).collect());
            found.push((line.number, cells));
        }
        assert_eq!(lines.bytes(), text.len() as u64);
        found
    }

    fn cells(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn quotes_protect_semicolons_quotes_and_line_ends() {
        let found = read("a;\"b;c\"\r\n\nd;\"e \"\"f\"\"\"\n\"g\nh\";i", 2);
        assert_eq!(found[0], (1, Some(cells(&["a", "b;c"]))));
        assert_eq!(found[1], (3, Some(cells(&["d", "e \"f\""]))));
        assert_eq!(found[2], (4, Some(cells(&["g\nh", "i"]))));
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn an_open_quote_spoils_its_line_only() {
        let found = read("a;\"b\n\"c\";d\ne;f\n", 2);
        assert_eq!(
            found,
            [(1, None), (2, Some(cells(&["c", "d"]))), (3, Some(cells(&["e", "f"])))]
        );
        assert_eq!(read("a;b\nc;\"d", 2), [(1, Some(cells(&["a", "b"]))), (2, None)]);
    }

    #[test]
    fn an_endless_line_is_skipped() {
        let text = format!("{}\na;b\n", "x".repeat(3 * LONGEST));
        assert_eq!(read(&text, 2), [(1, None), (2, Some(cells(&["a", "b"])))]);
    }
}
