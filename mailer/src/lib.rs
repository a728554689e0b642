//! Mails: what they say ([`Message`], in French, from the templates beside the
//! code), what they look like on the wire ([`Outgoing`]) and how they leave
//! ([`Transport`]: SMTP, a directory, or memory for tests).
//!
//! A mail leaves at least once and is never silently lost: whoever calls
//! [`Transport::send`] tries again after [`SendError::Temporary`] and [`SendError::Broken`],
//! with the same [`Outgoing::message_id`], and tells a person about [`SendError::Permanent`].

mod clean;
mod directory;
mod hello;
mod mail;
mod memory;
mod message;
mod refusal;
mod smtp;
mod smtp_pool;
mod subject;
mod transport;
mod watched;
mod wrap;

pub use directory::DirectoryTransport;
pub use hello::Hello;
pub use mail::{Attachment, Outgoing, is_mailbox};
pub use memory::MemoryTransport;
pub use message::{Ground, Message, RenderError, Rendered, TermOutcome};
pub use smtp::{Security, SmtpSettings, SmtpTransport};
pub use transport::{Accepted, CheckError, SendError, Transport};
pub use watched::Watched;
