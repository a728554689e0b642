//! A transport for tests: keeps what is sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::{Accepted, Outgoing, SendError, Transport};

/// Keeps mails in memory; clones share them. Refuses what the other transports
/// would refuse (an invalid address, for one), and fails on demand.
#[derive(Debug, Clone, Default)]
pub struct MemoryTransport {
    sent: Arc<Mutex<Vec<Outgoing>>>,
    failures: Arc<Mutex<VecDeque<SendError>>>,
}

impl MemoryTransport {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was accepted so far, oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<Outgoing> {
        lock(&self.sent).clone()
    }

    /// The next sends fail with these errors, one each, in this order.
    pub fn fail_next(&self, errors: Vec<SendError>) {
        lock(&self.failures).extend(errors);
    }
}

#[async_trait]
impl Transport for MemoryTransport {
    async fn send(&self, mail: &Outgoing) -> Result<Accepted, SendError> {
        mail.to_mime()?;
        if let Some(error) = lock(&self.failures).pop_front() {
            return Err(error);
        }
        let mut sent = lock(&self.sent);
        sent.push(mail.clone());
        let response = format!("kept in memory as number {}", sent.len());
        Ok(Accepted { response, server_id: None })
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
