//! What a process used, as Linux counts it.

use anyhow::Context as _;
use std::fs;
use std::time::Duration;

/// How many ticks a second has in `/proc`: 100 on every architecture of Linux that Rust builds for.
const TICKS: u64 = 100;

/// One line of `/proc/<pid>/stat`, of which these matter.
struct Stat {
    parent: u32,
    /// Its own time, in ticks.
    own: u64,
    /// Its ended children's.
    ended: u64,
}

fn stat(pid: u32) -> anyhow::Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The program's name stands in parentheses and may hold anything.
    let rest = text.rsplit_once(')').context("a name in parentheses")?.1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number =
        |i: usize| -> anyhow::Result<u64> { Ok(fields.get(i).context("a field")?.parse()?) };
    Ok(Stat {
        parent: u32::try_from(number(1)?)?,
        own: number(11)? + number(12)?,
        ended: number(13)? + number(14)?,
    })
}

fn time(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// The CPU time of a process, its threads included.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<Duration> {
    Ok(time(stat(pid)?.own))
}

/// The CPU time of a process and of all its children, also of those that ended.
pub(crate) fn cpu_with_children(pid: u32) -> anyhow::Result<Duration> {
    loop {
        let before = stat(pid)?;
        let processes = fs::read_dir("/proc")?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let children = processes.filter_map(|child| stat(child).ok().filter(|s| s.parent == pid));
        let children: u64 = children.map(|child| child.own).sum();
        // A child that ended meanwhile may have been seen twice or not at all.
        if stat(pid)?.ended == before.ended {
            return Ok(time(before.own + before.ended + children));
        }
    }
}

/// The parent of a process.
pub(crate) fn parent(pid: u32) -> anyhow::Result<u32> {
    Ok(stat(pid)?.parent)
}

/// The most memory that a process had resident, in bytes.
pub(crate) fn memory(pid: u32) -> anyhow::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}
