//! The tables of `docs/performance.md`.

use crate::Options;
use crate::data::Sizes;
use crate::jobs::Jobs;
use crate::page::Name;
use crate::rounds::{Cell, Measure, Measures, Who};
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

/// What a table needs of a measure.
#[derive(Clone, Copy)]
struct Figures {
    per_second: f64,
    p50: f64,
    p99: f64,
    server_ms: f64,
    database_ms: f64,
}

impl Figures {
    fn of(measure: &Measure) -> Self {
        let mut times = measure.times.clone();
        times.sort_unstable();
        let at = |percent: usize| {
            let i = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            times.get(i).copied().unwrap_or_default().as_secs_f64() * 1000.0
        };
        let each = |cpu: Duration| cpu.as_secs_f64() * 1000.0 / count(measure.requests);
        Self {
            per_second: count(times.len()) / measure.elapsed.as_secs_f64(),
            p50: at(50),
            p99: at(99),
            server_ms: each(measure.server_cpu),
            database_ms: each(measure.database_cpu),
        }
    }
}

fn count(n: usize) -> f64 {
    u32::try_from(n).unwrap_or(u32::MAX).into()
}

/// The whole report.
pub(crate) fn write(
    command: &str,
    sizes: &Sizes,
    options: &Options,
    measures: &Measures,
    jobs: Option<&Jobs>,
) -> String {
    let mut text = format!(
        "# Performance\n\n`{command}` measured this, on {}, PostgreSQL {}, with {} organisms, {} candidates, {} results, \
         {} certificates, {} invoices (seed {}); {} of {} s each, the servers in turn. Ratios are what counts: \
         the load generators share the machine with the servers. Before anything was timed, the answers of all were compared \
         on a sample of each page.\n\n",
        machine(),
        measures.postgres,
        sizes.organisms,
        sizes.candidates,
        (sizes.enrolments + sizes.finals) * 17,
        sizes.certificates,
        sizes.organisms * sizes.quarters,
        sizes.seed,
        if options.rounds == 1 {
            "1 round".to_owned()
        } else {
            format!("{} rounds", options.rounds)
        },
        options.seconds,
    );
    text.push_str(
        "- **PostgreSQL**: one hand-written statement that builds the JSON, prepared, under pgbench.\n\
         - **this service**: `clea api`, a signed-in account of Certif Pro, rates without limit, other settings as by default.\n\
         - **PostGraphile**: version 5, one process, its Amber preset and default pool, without any authorisation.\n\n\
         PostgreSQL runs as in the tests, with a larger cache: `fsync` and `full_page_writes` off, 1 GB of shared buffers. Its CPU \
         time is that of all its processes.\n\n",
    );
    let _ =
        writeln!(text, "Most memory resident of `clea api`: {} MB.\n", measures.memory / 1_000_000);
    for page in &options.pages {
        text.push_str(&table(*page, options, measures));
    }
    if let Some(jobs) = jobs {
        text.push_str(&of_jobs(jobs));
    }
    text
}

fn table(page: Name, options: &Options, measures: &Measures) -> String {
    let title = page.title();
    let mut text = format!(
        "## {}{}\n\n| connections | | requests/s | relative to PostgreSQL | p50 ms | p99 ms | CPU ms a request: server | PostgreSQL |\n\
         |---|---|---|---|---|---|---|---|\n",
        title[..1].to_uppercase(),
        &title[1..]
    );
    let figures = |connections, who| {
        let cell = Cell { page, connections, who };
        measures.cells.iter().find(|(known, _)| *known == cell).map(|(_, m)| Figures::of(m))
    };
    for connections in options.connections.iter().copied() {
        let Some(alone) = figures(connections, Who::Postgres) else { continue };
        for who in [Who::Postgres, Who::Clea, Who::PostGraphile] {
            let Some(f) = figures(connections, who) else { continue };
            let (name, server) = match who {
                Who::Postgres => ("PostgreSQL", "–".to_owned()),
                Who::Clea => ("this service", format!("{:.3}", f.server_ms)),
                Who::PostGraphile => ("PostGraphile", format!("{:.3}", f.server_ms)),
            };
            let _ = writeln!(
                text,
                "| {connections} | {name} | {:.0} | {:.2} | {:.2} | {:.2} | {server} | {:.3} |",
                f.per_second,
                f.per_second / alone.per_second,
                f.p50,
                f.p99,
                f.database_ms,
            );
        }
    }
    for connections in options.connections.iter().copied() {
        let both = (figures(connections, Who::Clea), figures(connections, Who::PostGraphile));
        let (Some(clea), Some(other)) = both else { continue };
        let _ = write!(
            text,
            "\nCPU a request at {connections} connections, PostGraphile's relative to ours: {:.2} for the servers alone, {:.2} with PostgreSQL.",
            other.server_ms / clea.server_ms,
            (other.server_ms + other.database_ms) / (clea.server_ms + clea.database_ms),
        );
        text.push('\n');
    }
    text.push('\n');
    text
}

fn of_jobs(jobs: &Jobs) -> String {
    let (quarter, documents) = (&jobs.quarter, &jobs.documents);
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    format!(
        "## Workers\n\n| | alone | the worker | ratio |\n|---|---|---|---|\n\
         | a quarter, {} invoices with {} lines | {:.2} s, one `INSERT … SELECT` | {:.2} s, its memory grows by {} MB | {:.2} |\n\
         | CPU of an invoice of {} lines as PDF | {:.1} ms, typst alone | {:.1} ms, loaded, kept and mailed to a folder | {:.2} |\n\n\
         With ten times the certificates, {} lines, the quarter takes {:.2} s and the memory grows by {} MB.\n\n\
         A worker ends {:.0} invoices a second, and {:.0} tasks a second that have next to nothing to do: from the outbox \
         through Redis and back.\n",
        quarter.invoices,
        quarter.lines,
        quarter.statement.as_secs_f64(),
        quarter.worker.as_secs_f64(),
        quarter.memory / 1_000_000,
        quarter.worker.as_secs_f64() / quarter.statement.as_secs_f64(),
        quarter.lines / quarter.invoices.max(1),
        ms(documents.rendered),
        ms(documents.worker),
        ms(documents.worker) / ms(documents.rendered),
        quarter.ten_times.lines,
        quarter.ten_times.worker.as_secs_f64(),
        quarter.ten_times.memory / 1_000_000,
        documents.per_second,
        jobs.tasks_per_second,
    )
}

/// Processor, cores and memory.
fn machine() -> String {
    let file = |name| fs::read_to_string(name).unwrap_or_default();
    let after = |text: &str, key: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(key)?.split_once(':'));
        value.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = after(&file("/proc/meminfo"), "MemTotal");
    let gigabytes = memory.trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1_000_000;
    format!(
        "{cores} cores of {}, {gigabytes} GB of memory",
        after(&file("/proc/cpuinfo"), "model name")
    )
}
