//! What every way of sending has in common.

use std::time::Duration;

use async_trait::async_trait;

use crate::Outgoing;

/// The mail was taken in charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What the server answered (`250 2.0.0 Ok: queued as …`), or the name of the
    /// file written.
    pub response: String,
    /// How the server calls the mail from now on, when its answer says so: what it
    /// reports afterwards may name it so, and not by the mail's own id.
    pub server_id: Option<String>,
}

/// The mail did not leave, or nobody can tell whether it did.
///
/// The text says why, for officers and operators; a server's answer may quote
/// the recipient's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Worth another try later, with the same message id: the server said so of
    /// this mail (4xx), did not answer in time, or hung up before it answered (it
    /// may then have taken the mail).
    #[error("temporary failure: {0}")]
    Temporary(String),
    /// No mail can leave for now, this one no more than any other: worth other tries
    /// until what is broken is mended, with the same message id.
    #[error("no mail leaves: {0}")]
    Broken(CheckError),
    /// Another try would fail too: the server refused this recipient or this content
    /// for good (5xx), or the mail itself is not valid.
    #[error("permanent failure: {0}")]
    Permanent(String),
}

/// Why no mail could leave if one had to now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Nobody answers, or not now: mails wait.
    #[error("{0}")]
    Away(String),
    /// It will not work until something is mended, here or there: the certificate does not verify, the
    /// greeting, the account or the sender is refused, there is no `STARTTLS`.
    #[error("{0}")]
    Unfit(String),
}

/// A way for mails to leave.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one mail. `Ok` means that the other side has durably taken it.
    async fn send(&self, mail: &Outgoing) -> Result<Accepted, SendError>;

    /// Tries the way up to where a mail would be handed over, for so long at most.
    async fn check(&self, _patience: Duration) -> Result<(), CheckError> {
        Ok(())
    }

    /// Where mails go, for logs and the health page; without any secret.
    fn describe(&self) -> String;
}
