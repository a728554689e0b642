//! The servers measured: started on a free port, waited for, killed when they go out of scope.

use anyhow::{Context as _, bail};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its process.
    pub(crate) pid: u32,
    child: Child,
}

impl Server {
    /// This service: no limit on rates, its other settings as they are by default but for these. `role` is the
    /// command, `api` or `worker`.
    pub(crate) async fn clea(
        role: &str,
        program: &Path,
        database: &str,
        settings: &[(&str, &str)],
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let address = free()?;
        let mut command = bare(&program.canonicalize().context("the program measured")?, folder);
        command
            .arg(role)
            .env(
                if role == "api" { "CLEA_LISTEN" } else { "CLEA_MONITOR_LISTEN" },
                address.to_string(),
            )
            .env("CLEA_DATABASE_URL", database)
            .envs(["CLEA_RATE_ADDRESS", "CLEA_RATE_READ", "CLEA_RATE_ACT"].map(|name| (name, "0")))
            .env("CLEA_LOG", "warn")
            .envs(settings.iter().copied());
        Self::start(command, address).await
    }

    /// PostGraphile, by its script.
    pub(crate) async fn postgraphile(
        node: &Path,
        script: &Path,
        database: &str,
    ) -> anyhow::Result<Self> {
        let address = free()?;
        let script = script.canonicalize().context("PostGraphile's script")?;
        let mut command = bare(node, script.parent().context("a folder")?);
        command
            .arg(&script)
            .env("NODE_ENV", "production")
            .env("DATABASE_URL", database)
            .env("PORT", address.port().to_string());
        Self::start(command, address).await
    }

    async fn start(mut command: Command, address: SocketAddr) -> anyhow::Result<Self> {
        let child = command.spawn().with_context(|| format!("{command:?}"))?;
        let mut server = Self { address, pid: child.id(), child };
        let began = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{command:?} ended with {status}");
            }
            if began.elapsed() > PATIENCE {
                bail!("{command:?} does not listen");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program with nothing of this process's settings.
fn bare(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
