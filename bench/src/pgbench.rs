//! PostgreSQL alone: one prepared statement under pgbench, and the time of each transaction from its log.

use crate::page::Name;
use anyhow::{Context as _, ensure};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What new backends take to know tables and plans: not counted.
const WARM_UP: Duration = Duration::from_secs(1);

/// What a run of pgbench told.
pub(crate) struct Run {
    /// Of each transaction after the start.
    pub(crate) times: Vec<Duration>,
    /// How many there were with those of the start.
    pub(crate) all: usize,
}

/// Asks for a page with so many connections for so long, by random ranks.
pub(crate) async fn run(
    program: &Path,
    database: &str,
    (page, ranks): (Name, RangeInclusive<u64>),
    connections: usize,
    length: Duration,
) -> anyhow::Result<Run> {
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("page.sql");
    // pgbench ends a statement at a semicolon.
    let statement = page.sql().trim();
    std::fs::write(
        &script,
        format!("\\set key random({}, {})\n{statement};\n", ranks.start(), ranks.end()),
    )?;
    let threads = std::thread::available_parallelism()?.get().min(connections);
    let mut command = Command::new(program);
    command
        .args(["--no-vacuum", "--protocol=prepared", "--log", "--random-seed=1"])
        .arg(format!("--client={connections}"))
        .arg(format!("--jobs={threads}"))
        .arg(format!("--time={}", (length + WARM_UP).as_secs()))
        .arg(format!("--file={}", script.display()))
        .arg(format!("--log-prefix={}", folder.path().join("log").display()))
        .arg(database);
    let output = tokio::task::spawn_blocking(move || command.output()).await?;
    let output = output.with_context(|| program.display().to_string())?;
    ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
    let mut log = Vec::new();
    for entry in std::fs::read_dir(folder.path())? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("log") {
            let text = std::fs::read_to_string(entry.path())?;
            log.extend(
                text.lines()
                    .map(transaction)
                    .collect::<Option<Vec<_>>>()
                    .context("pgbench's log")?,
            );
        }
    }
    let began = log
        .iter()
        .map(|(end, time)| end.saturating_sub(*time))
        .min()
        .context("no transaction ended")?;
    let times = log.iter().filter(|(end, _)| *end >= began + WARM_UP).map(|(_, time)| *time);
    Ok(Run { times: times.collect(), all: log.len() })
}

/// When it ended, in time since 1970, and how long it took.
fn transaction(line: &str) -> Option<(Duration, Duration)> {
    let mut fields = line.split(' ').skip(2);
    let time = Duration::from_micros(fields.next()?.parse().ok()?);
    let seconds = Duration::from_secs(fields.nth(1)?.parse().ok()?);
    Some((seconds + Duration::from_micros(fields.next()?.parse().ok()?), time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_read() {
        let read = transaction("0 199 2241 0 1175850568 995598");
        assert_eq!(
            read,
            Some((Duration::new(1_175_850_568, 995_598_000), Duration::from_micros(2241)))
        );
        assert_eq!(transaction("0 199"), None);
    }
}
