//! How the mails of a play leave: kept in memory, until the mail server is away, or does not answer.

use async_trait::async_trait;
use mailer::{Accepted, MemoryTransport, Outgoing, SendError, Transport};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How the mail server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Server {
    /// It takes what comes.
    #[default]
    Up,
    /// It says that it cannot now.
    Away,
    /// It takes the connection and says nothing.
    Silent,
}

#[derive(Debug, Default)]
struct State {
    server: Server,
    /// The addresses that it does not know.
    unknown: BTreeSet<String>,
}

/// A mail server in memory.
#[derive(Debug, Default)]
pub(crate) struct Post {
    kept: MemoryTransport,
    state: Mutex<State>,
}

impl Post {
    /// One that takes everything.
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// From now on it is so.
    pub(crate) fn becomes(&self, server: Server) {
        self.state().server = server;
    }

    /// Refuses this address from now on.
    pub(crate) fn refuse(&self, address: &str) {
        self.state().unknown.insert(address.to_owned());
    }

    /// Takes mails for it again.
    pub(crate) fn take_again(&self, address: &str) {
        self.state().unknown.remove(address);
    }

    /// What it took so far, oldest first.
    pub(crate) fn sent(&self) -> Vec<Outgoing> {
        self.kept.sent()
    }

    /// The last mail to an address.
    pub(crate) fn last_to(&self, address: &str) -> Outgoing {
        let mails = self.sent().into_iter().rev();
        mails.into_iter().find(|mail| mail.to == address).unwrap_or_else(|| panic!("{address}"))
    }

    /// The link that begins with this path in the last mail to an address that had one: its path.
    pub(crate) fn link(&self, address: &str, path: &str) -> String {
        let mails = self.sent().into_iter().filter(|mail| mail.to == address);
        let mut links =
            mails.filter_map(|mail| Some(mail.text[mail.text.find(path)?..].to_owned()));
        let link = links.next_back().unwrap_or_else(|| panic!("{path} to {address}"));
        link.split_whitespace().next().expect("a link").to_owned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Post {
    async fn send(&self, mail: &Outgoing) -> Result<Accepted, SendError> {
        let (server, unknown) = {
            let state = self.state();
            (state.server, state.unknown.contains(&mail.to))
        };
        match server {
            _ if unknown => Err(SendError::Permanent("550 5.1.1 no such user".to_owned())),
            Server::Up => self.kept.send(mail).await,
            Server::Away => Err(SendError::Temporary("421 4.3.2 not now".to_owned())),
            Server::Silent => std::future::pending().await,
        }
    }

    fn describe(&self) -> String {
        self.kept.describe()
    }
}
