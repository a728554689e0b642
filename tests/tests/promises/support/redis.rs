//! A Redis of the experiment's own, which may be emptied and killed.

use super::process::free_port;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running Redis, kept in memory alone.
pub(crate) struct Redis {
    port: u16,
    child: Option<Child>,
}

impl Redis {
    /// Starts it.
    pub(crate) async fn start() -> Self {
        let mut redis = Self { port: free_port(), child: None };
        redis.restart().await;
        redis
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Kills it: what it held is lost.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Kills it and starts it empty on the same port.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        let port = self.port.to_string();
        let child = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--dir", "/tmp"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        self.child = Some(child);
        let started = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "Redis does not listen");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Empties it: FLUSHALL.
    pub(crate) async fn flush(&self) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream =
            tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.expect("Redis");
        stream.write_all(b"FLUSHALL\r\n").await.expect("Redis");
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.expect("Redis");
        assert_eq!(&answer, b"+OK\r\n");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
