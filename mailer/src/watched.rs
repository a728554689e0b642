//! Whether mails leave at all, as the last of them showed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::{Accepted, CheckError, Outgoing, SendError, Transport};

/// A mail that waits is tried again within an hour and a half: a trouble that was not met for longer than
/// this is over, another process sent what waited.
const REMEMBERED: Duration = Duration::from_hours(2);

/// A transport that remembers the last trouble that kept every mail from leaving.
pub struct Watched {
    transport: Arc<dyn Transport>,
    trouble: Mutex<Option<(CheckError, Instant)>>,
}

impl Watched {
    /// Watches this transport.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, trouble: Mutex::default() }
    }

    /// Why no mail leaves; none when the last one left, or when none was tried for long.
    pub fn trouble(&self) -> Option<CheckError> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        trouble.filter(|(_, met)| met.elapsed() < REMEMBERED).map(|(error, _)| error)
    }

    fn remember(&self, trouble: Option<CheckError>) {
        let trouble = trouble.map(|error| (error, Instant::now()));
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

#[async_trait]
impl Transport for Watched {
    async fn send(&self, mail: &Outgoing) -> Result<Accepted, SendError> {
        let sent = self.transport.send(mail).await;
        match &sent {
            Ok(_) => self.remember(None),
            Err(SendError::Broken(error)) => self.remember(Some(error.clone())),
            // What is said of one mail says nothing of the others.
            Err(SendError::Temporary(_) | SendError::Permanent(_)) => {}
        }
        sent
    }

    async fn check(&self, patience: Duration) -> Result<(), CheckError> {
        let checked = self.transport.check(patience).await;
        // That the way is free is no proof that a mail leaves: only a trouble is news.
        if let Err(error) = &checked {
            self.remember(Some(error.clone()));
        }
        checked
    }

    fn describe(&self) -> String {
        self.transport.describe()
    }
}
