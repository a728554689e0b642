//! The product's own processes, and what can be done to them.

use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How a process is started.
#[derive(Clone)]
pub(crate) struct Spec {
    /// The command of `clea`.
    pub(crate) command: &'static str,
    /// Its settings.
    pub(crate) settings: Vec<(String, String)>,
    /// Where its log goes: appended.
    pub(crate) log: PathBuf,
}

/// A running `clea`. Killed when dropped.
pub(crate) struct Process {
    child: Child,
}

/// The binary, beside the test's own.
pub(crate) fn clea() -> PathBuf {
    let own = std::env::current_exe().expect("the test has a path");
    let path = own.parent().and_then(Path::parent).expect("a target folder").join("clea");
    assert!(path.exists(), "{} is missing: cargo build --workspace", path.display());
    path
}

impl Spec {
    /// Starts it with these faults (`CLEA_FAULTS`).
    pub(crate) fn start(&self, faults: &str) -> Process {
        let open = File::options().create(true).append(true).open(&self.log).expect("a log");
        let mut command = Command::new(clea());
        for ours in ["SEEDS", "FIRST", "KILLS", "TASKS"] {
            command.env_remove(format!("CLEA_PROMISE_{ours}"));
        }
        let child = command
            .arg(self.command)
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .env("CLEA_FAULTS", faults)
            .stdin(Stdio::null())
            .stdout(open.try_clone().expect("a log"))
            .stderr(open)
            .spawn()
            .expect("clea starts");
        Process { child }
    }
}

impl Process {
    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a pid");
        let _ = kill_process(pid, signal);
    }

    /// SIGKILL, and waits for its end.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM: it may finish what it does.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// SIGCONT.
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Whether it stands still.
    pub(crate) fn is_frozen(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        stat.is_ok_and(|s| s.rsplit_once(')').is_some_and(|(_, rest)| rest.trim().starts_with('T')))
    }

    /// Its end, when it has come.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    /// Waits for its end.
    pub(crate) async fn end(&mut self, patience: Duration) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(started.elapsed() < patience, "the process does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that nothing listens on.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
