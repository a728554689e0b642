//! How sockets are kept.

use std::time::Duration;
use tokio_util::task::TaskTracker;

/// How sockets are kept: their number, their patience, and those that are open.
#[derive(Debug, Clone)]
pub struct Sockets {
    /// How long a client may take to say who it is.
    pub init_patience: Duration,
    /// How often it is asked whether the session still holds, and what other processes committed.
    pub recheck: Duration,
    /// How long a client may say nothing at all: it is pinged three times before.
    pub silence: Duration,
    /// How long a client may take to read what it is sent.
    pub write_patience: Duration,
    /// How many sockets a process keeps open.
    pub most: usize,
    /// How many sockets an account keeps open at a process, and an address those that are nobody's.
    pub most_per_account: usize,
    /// How many operations run on a socket at once.
    pub most_operations: usize,
    /// The largest message of a client, in bytes.
    pub largest_message: usize,
    /// Those that are open.
    pub open: TaskTracker,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            init_patience: Duration::from_secs(10),
            recheck: Duration::from_secs(1),
            silence: Duration::from_mins(1),
            write_patience: Duration::from_secs(10),
            most: 5_000,
            most_per_account: 50,
            most_operations: 50,
            largest_message: 1_000_000,
            open: TaskTracker::new(),
        }
    }
}

impl Sockets {
    /// Waits until all are closed, once the process stops: each client is told to come back.
    pub async fn closed(&self, patience: Duration) {
        self.open.close();
        if tokio::time::timeout(patience, self.open.wait()).await.is_err() {
            tracing::warn!(sockets = self.open.len(), "cut: they took too long to end");
        }
    }
}
