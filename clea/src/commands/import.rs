//! `clea import`: public data, streamed, with every faulty line told.

use crate::cli::{ImportArgs, ImportWhat};
use crate::config::Config;
use crate::failure::Failure;
use crate::{database, running};
use indicatif::{ProgressBar, ProgressStyle};
use service::import::{Fault, NOT_UTF_8, Report};
use std::fmt::Write as _;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// How many lines of a file in another encoding are named.
const LINES_SHOWN: usize = 10;

/// Imports it; the command answers no where a line is faulty.
pub(crate) async fn run(config: &Config, args: &ImportArgs) -> Result<(), Failure> {
    match &args.what {
        ImportWhat::Organisms { file } => organisms(config, file).await,
    }
}

async fn organisms(config: &Config, path: &Path) -> Result<(), Failure> {
    let unreadable =
        |error: std::io::Error| Failure::Fault(anyhow::anyhow!("{}: {error}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    database::bring_up_to_date(config, None).await?;
    let db = database::open(config, database::Purpose::Command).await?;
    let app = running::application(config, db).await?;
    let bar = progress(length)?;
    let report =
        service::import::organisms(&app, BufReader::new(file), |bytes| bar.set_position(bytes))
            .await;
    bar.finish_and_clear();
    let report = report?;
    tell(&report);
    if report.faulty.is_empty() { Ok(()) } else { Err(Failure::Answered) }
}

fn progress(length: u64) -> Result<ProgressBar, Failure> {
    let template = "{bar:40} {percent:>3} %  {bytes} / {total_bytes}  {eta}";
    let style = ProgressStyle::with_template(template).map_err(anyhow::Error::from)?;
    Ok(ProgressBar::new(length).with_style(style))
}

fn tell(report: &Report) {
    let (encoded, others): (Vec<_>, Vec<_>) =
        report.faulty.iter().cloned().partition(|fault| fault.reason == NOT_UTF_8);
    if faulty_lines(&encoded) > 1 {
        print!("{}{}", table(&others), in_another_encoding(&encoded));
    } else {
        print!("{}", table(&report.faulty));
    }
    println!(
        "{} lignes lues : {} ajoutées, {} modifiées, {} inchangées, {} fautives.",
        report.read,
        report.inserted,
        report.updated,
        report.unchanged,
        faulty_lines(&report.faulty)
    );
}

/// How many lines have a fault; one line may have several.
fn faulty_lines(faults: &[Fault]) -> usize {
    let mut lines: Vec<_> = faults.iter().map(|f| f.line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.len()
}

/// A file in another encoding is told once, with the first of its lines.
fn in_another_encoding(faults: &[Fault]) -> String {
    let mut lines: Vec<_> = faults.iter().map(|fault| fault.line).collect();
    lines.dedup();
    let shown: Vec<_> = lines.iter().take(LINES_SHOWN).map(u64::to_string).collect();
    let more = if lines.len() > LINES_SHOWN { "…" } else { "" };
    format!(
        "{} lignes ne sont pas en UTF-8 ({}{more}) : le fichier est sans doute en Windows-1252 ; enregistrez-le \
         en « CSV UTF-8 ».\n\n",
        lines.len(),
        shown.join(", ")
    )
}

/// The faults, a line each.
fn table(faults: &[Fault]) -> String {
    if faults.is_empty() {
        return String::new();
    }
    let width =
        faults.iter().map(|f| f.column.chars().count()).max().unwrap_or(0).max("Colonne".len());
    let mut text = format!("{:>7}  {:<width$}  Motif\n", "Ligne", "Colonne");
    for fault in faults {
        let (line, column, reason) = (fault.line, &fault.column, &fault.reason);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line:>7}  {column:<width$}  {reason}");
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_aligned_and_lines_counted_once() {
        let fault = |line, column: &str| Fault {
            line,
            column: column.to_owned(),
            reason: "Motif.".to_owned(),
        };
        let faults = [fault(3, "siren"), fault(3, "denomination"), fault(12, "siren")];
        assert_eq!(faulty_lines(&faults), 2);
        assert_eq!(
            table(&faults),
            "  Ligne  Colonne       Motif\n      3  siren         Motif.\n      3  denomination  Motif.\n     12  siren         Motif.\n\n"
        );
    }
}
