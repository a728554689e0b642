//! Scripts of `tests/node`, which meet the API as frontends and tools do (`scripts/node`).
//!
//! Where Node cannot be had the test fails; `CLEA_TEST_NODE=off` leaves it out, and says so.

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// How long a script may take: several of them share a machine with everything else.
const PATIENCE: Duration = Duration::from_mins(3);

/// A script that serves until it is dropped.
pub struct Server {
    /// The first line that it printed: where it listens.
    pub address: String,
    child: Child,
    // A script ends with its standard input, so that none survives a test that was killed.
    _input: ChildStdin,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The top of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn is_left_out(script: &str) -> bool {
    let off = std::env::var("CLEA_TEST_NODE").is_ok_and(|value| value == "off");
    if off {
        eprintln!("left out (CLEA_TEST_NODE=off): tests/node/{script}");
    }
    off
}

fn command(script: &str, env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(root().join("scripts/node"));
    command.arg(script).envs(env.iter().copied());
    command
}

/// Runs a script with these variables beside the test's own, and gives what it printed; nothing where
/// these tests are left out.
///
/// # Panics
/// When the script fails, takes longer than three minutes, or Node cannot be had.
pub async fn run(script: &str, env: &[(&str, &str)]) -> Option<String> {
    if is_left_out(script) {
        return None;
    }
    let mut command = command(script, env);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("scripts/node starts");
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a pid");
    // The application answers on this runtime: waiting is done elsewhere.
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    let Ok(ended) = tokio::time::timeout(PATIENCE, ended).await else {
        let _ = kill_process(pid, Signal::KILL);
        panic!("{script} did not end within {PATIENCE:?}");
    };
    let output = ended.expect("the wait ends").expect("the script is waited for");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {}\n{printed}\n{errors}", output.status);
    Some(printed)
}

/// Starts a script that serves, and waits for the line that tells where; nothing where these tests are
/// left out.
///
/// # Panics
/// When it ends without one, prints none within three minutes, or Node cannot be had.
pub async fn start(script: &str, env: &[(&str, &str)]) -> Option<Server> {
    if is_left_out(script) {
        return None;
    }
    let mut command = command(script, env);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().expect("scripts/node starts");
    let input = child.stdin.take().expect("it has an input");
    let mut output = BufReader::new(child.stdout.take().expect("it has an output"));
    let mut server = Server { address: String::new(), child, _input: input };
    let line = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        output.read_line(&mut line)?;
        // Whatever else it prints is read, so that it never waits for a reader.
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        std::io::Result::Ok(line)
    });
    let line =
        tokio::time::timeout(PATIENCE, line).await.expect("it tells where it listens in time");
    line.expect("the wait ends").expect("readable").trim().clone_into(&mut server.address);
    assert!(!server.address.is_empty(), "{script} ended before it listened");
    Some(server)
}
