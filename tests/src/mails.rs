//! How a test's mails leave: kept in memory on the embedded backend, through a real conversation with
//! a mail server on PostgreSQL and Redis.

use crate::{Backend, Fault, Received, SmtpServer, Stage};
use mailer::{CheckError, MemoryTransport, SendError, SmtpTransport, Transport};
use std::sync::Arc;
use worker::Queue;

/// The mails of one test.
#[derive(Clone)]
pub struct Mails(Way);

#[derive(Clone)]
enum Way {
    Memory(MemoryTransport),
    Server { server: Arc<SmtpServer>, transport: Arc<SmtpTransport> },
    Own(Arc<dyn Transport>),
}

impl Mails {
    /// The way that goes with the backend.
    pub(crate) async fn of(backend: &Backend) -> Self {
        match backend.queue {
            Queue::InProcess => Self(Way::Memory(MemoryTransport::new())),
            Queue::Redis { .. } => Self::through(SmtpServer::start().await),
        }
    }

    /// Through this server.
    ///
    /// # Panics
    /// When its settings are refused.
    pub fn through(server: Arc<SmtpServer>) -> Self {
        let transport = SmtpTransport::new(server.settings()).expect("settings that hold");
        Self(Way::Server { server, transport: Arc::new(transport) })
    }

    /// In a way of the test's own, which knows what it kept.
    pub fn by(transport: Arc<dyn Transport>) -> Self {
        Self(Way::Own(transport))
    }

    /// What a worker sends with.
    pub fn transport(&self) -> Arc<dyn Transport> {
        match &self.0 {
            Way::Own(transport) => transport.clone(),
            Way::Memory(memory) => Arc::new(memory.clone()),
            Way::Server { transport, .. } => transport.clone(),
        }
    }

    /// The mail server, where there is one.
    pub fn server(&self) -> Option<&Arc<SmtpServer>> {
        match &self.0 {
            Way::Memory(_) | Way::Own(_) => None,
            Way::Server { server, .. } => Some(server),
        }
    }

    /// What was accepted so far, oldest first.
    pub fn sent(&self) -> Vec<Received> {
        match &self.0 {
            Way::Own(_) => Vec::new(),
            Way::Memory(memory) => memory.sent().iter().map(Received::of).collect(),
            Way::Server { server, .. } => server.sent(),
        }
    }

    /// The next mails fail with these errors, one each, in this order. A text that begins with a code
    /// (`550 no such user`) is what the server answers.
    pub fn fail_next(&self, errors: Vec<SendError>) {
        match &self.0 {
            Way::Own(_) => {}
            Way::Memory(memory) => memory.fail_next(errors),
            Way::Server { server, .. } => server.plan(errors.into_iter().map(fault)),
        }
    }
}

fn fault(error: SendError) -> Fault {
    let (stage, usual, text) = match error {
        SendError::Temporary(text) => (Stage::Body, 451, text),
        SendError::Permanent(text) => (Stage::Body, 554, text),
        SendError::Broken(CheckError::Away(text)) => (Stage::Mail, 451, text),
        SendError::Broken(CheckError::Unfit(text)) => (Stage::Mail, 530, text),
    };
    let (code, text) = match text.split_once(' ').map(|(code, rest)| (code.parse::<u16>(), rest)) {
        Some((Ok(code), rest)) => (code, rest.to_owned()),
        _ => (usual, text),
    };
    Fault::Reply(stage, code, text)
}
