//! A PostgreSQL cluster of the experiment's own, which may be restarted in the middle of anything.

use super::process::free_port;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A running cluster.
pub(crate) struct Postgres {
    port: u16,
    dir: TempDir,
}

fn tool(name: &str) -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> =
        installed.map(|v| v.path().join("bin").join(name)).filter(|p| p.exists()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}

/// PostgreSQL does not run as root.
fn command(program: &Path) -> Command {
    let mut command = if rustix::process::getuid().is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/tmp").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn run(mut command: Command) {
    let done = command.output().expect("it starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

impl Postgres {
    /// Starts one that holds a copy of the database at `url`.
    pub(crate) fn copying(url: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("clea-pg").tempdir_in("/tmp").expect("a folder");
        if rustix::process::getuid().is_root() {
            let mut own = Command::new("chown");
            own.arg("postgres").arg(dir.path());
            run(own);
        }
        let cluster = Self { port: free_port(), dir };
        let mut make = command(&tool("initdb"));
        make.arg("-D").arg(cluster.data());
        make.args(["-U", "clea", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
        run(make);
        cluster.control(&["start"]);
        let mut copy = Command::new("sh");
        copy.arg("-c").arg(format!(
            "{} --no-owner --no-privileges '{url}' | psql -q -v ON_ERROR_STOP=1 '{}'",
            tool("pg_dump").display(),
            cluster.url()
        ));
        copy.stdout(Stdio::null());
        run(copy);
        cluster
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Where its database is.
    pub(crate) fn url(&self) -> String {
        format!("postgres://clea@127.0.0.1:{}/postgres", self.port)
    }

    fn control(&self, what: &[&str]) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=60",
            self.port,
            self.dir.path().display()
        );
        let mut control = command(&tool("pg_ctl"));
        control.arg("-D").arg(self.data()).arg("-l").arg(self.dir.path().join("log"));
        control.args(["-w", "-t", "60", "-o", &options]).args(what).stderr(Stdio::null());
        let done = control.status().expect("pg_ctl starts");
        assert!(done.success() || what.contains(&"stop"), "pg_ctl {what:?}");
    }

    /// Ends it as a power cut does, and starts it again: it recovers from its log.
    pub(crate) fn crash_and_restart(&self) {
        self.control(&["-m", "immediate", "restart"]);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.control(&["-m", "immediate", "stop"]);
    }
}
