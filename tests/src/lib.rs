//! What the end-to-end tests stand on: a whole application with its workers, a plain GraphQL client,
//! builders for the usual story, and a backend chosen by the environment.
//!
//! A test drives the public interface: GraphQL over HTTP, the pages, the mails that leave. It looks at
//! the database only to see that a refusal left nothing behind.

mod app;
mod backend;
mod client;
mod mails;
pub mod node;
pub mod rows;
mod smtp;
mod socket;
mod state;
mod story;
mod watched;

pub use app::{Api, BOUNCE_SECRET, CERTIFICATION_CODE, TestApp, uuid_of};
pub use backend::Backend;
pub use client::{Answer, Client, Patience, Refused, at};
pub use mails::Mails;
pub use smtp::{Envelope, Fault, File, Offer, Protection, Received, SmtpServer, Stage};
pub use socket::Socket;
pub use state::{State, texts};
pub use story::{CODES, Campaign, Findings, Organism, Staff, findings, results, siren, siret};
pub use watched::{Statements, Watched};

use chrono::NaiveDate;

/// A date from its text.
///
/// # Panics
/// When the text is no date: a mistake of the test.
pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date as 2026-11-24")
}
