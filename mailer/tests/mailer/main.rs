//! Tests of the mailer through its public interface.

#![expect(clippy::unwrap_used, reason = "tests")]

mod files;
mod messages;
mod mime;
mod smtp;
mod support;
