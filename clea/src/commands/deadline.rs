//! `clea deadline`: a time limit with its whole arithmetic, or a column of them.

mod table;

use crate::cli::DeadlineArgs;
use crate::failure::Failure;
use domain::calendar::Calendar;
use domain::deadline::{Span, compute, format_date_fr};
use std::fs::File;
use std::io::{BufWriter, Write};

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
fn column(input: &std::path::Path, output: Option<&std::path::Path>) -> Result<(), Failure> {
    let unreadable =
        |error: std::io::Error| Failure::Fault(anyhow::anyhow!("{}: {error}", input.display()));
    let reader = File::open(input).map_err(unreadable)?;
    let done = match output {
        Some(path) => {
            let file = File::create(path)
                .map_err(|error| Failure::Fault(anyhow::anyhow!("{}: {error}", path.display())))?;
            table::complete(reader, BufWriter::new(file))
        }
        None => table::complete(reader, std::io::stdout().lock()),
    };
    let done = done.map_err(|error| Failure::Fault(error.context(input.display().to_string())))?;
    for fault in &done.faulty {
        eprintln!("ligne {}, colonne {} : {}", fault.line, fault.column, fault.reason);
    }
    eprintln!("{} délais calculés, {} lignes fautives.", done.computed, done.faulty.len());
    if done.faulty.is_empty() { Ok(()) } else { Err(Failure::Answered) }
}
