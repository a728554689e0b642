//! `clea deadline`: a time limit with its whole arithmetic, or a column of them.

mod table;
mod whole;

use crate::cli::DeadlineArgs;
use crate::failure::Failure;
use anyhow::Context as _;
use domain::calendar::Calendar;
use domain::deadline::{Span, compute, format_date_fr};
use std::io::Write;
use std::path::Path;

/// Computes one or a file of them.
pub(crate) fn run(args: &DeadlineArgs) -> Result<(), Failure> {
    match (&args.csv, args.date, args.add) {
        (Some(input), ..) => column(input, args.out.as_deref()),
        (None, Some(date), Some(amount)) => {
            let span = Span { amount, unit: args.unit, backwards: args.before };
            let found =
                compute(&Calendar::metropolitan(), date, span).map_err(anyhow::Error::from)?;
            let mut out = std::io::stdout().lock();
            let direction = if span.backwards { "avant" } else { "après" };
            writeln!(out, "{span} {direction} le {} : {}", format_date_fr(date), found.due_on)?;
            for sentence in found.sentences() {
                writeln!(out, "  {sentence}")?;
            }
            Ok(())
        }
        _ => Err(Failure::Fault(anyhow::anyhow!("a date with --add, or --csv, is needed"))),
    }
}

/// Completes a file; its faulty lines are told on standard error, and make the command answer no.
fn column(input: &Path, output: Option<&Path>) -> Result<(), Failure> {
    let told = || input.display().to_string();
    let bytes = std::fs::read(input).with_context(told)?;
    let complete = |out: &mut dyn Write| table::complete(&bytes, out).with_context(told);
    let done = match output {
        Some(path) => whole::write(path, complete),
        None => complete(&mut std::io::stdout().lock()),
    }?;
    for fault in &done.faulty {
        let column =
            if fault.column.is_empty() { "" } else { &format!(", colonne {}", fault.column) };
        eprintln!("ligne {}{column} : {}", fault.line, fault.reason);
    }
    eprintln!("{} délais calculés, {} lignes fautives.", done.computed, done.faulty.len());
    if done.faulty.is_empty() { Ok(()) } else { Err(Failure::Answered) }
}
